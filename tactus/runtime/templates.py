"""The example procedures that a new one begins with."""

from pathlib import Path

import tactus

FIRST = "storyteller"  # what one begins with who has no wish
_PACKAGE = Path(tactus.__file__).parent


def templates() -> dict[str, Path]:
    """The examples by name, the simplest first: the package's, or the repository's beside it."""
    folders = (_PACKAGE / "procedures", _PACKAGE.parent / "procedures")
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    found = sorted(folder.glob("*.lua"), key=lambda path: (path.stem != FIRST, path.name))
    return {path.stem: path for path in found}


def text_for(template: str, path: str) -> str:
    """The text of an example, as it begins the file `path`."""
    text = templates()[template].read_text(encoding="utf-8")
    name = path.rsplit("/", 1)[-1]
    return text.replace(f"procedures/{template}.lua", path).replace(
        f"-- {template}.lua:", f"-- {name}:"
    )
