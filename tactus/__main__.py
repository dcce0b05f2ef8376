"""`tactus`, also as `python -m tactus`."""

from tactus.cli.main import app


def main() -> None:
    """Run the command line and exit with its code."""
    app(prog_name="tactus")


if __name__ == "__main__":
    main()
