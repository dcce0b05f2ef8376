"""`tactus`, also as `python -m tactus`."""

from tactus.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
