"""Reading a procedure's file."""

import os
from pathlib import Path

from tactus.errors import InputError
from tactus.fields import nearest


def name_of(path: Path) -> str:
    """What events and errors call the file at `path`: text, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_source(path: Path) -> str:
    """The text of the file at `path`.

    Raises:
        InputError: it cannot be read, and why; a misspelt name gets the nearest one.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        names = [other.name for other in path.parent.glob("*.lua")]
        raise InputError(f"there is no file {path}.{nearest(path.name, names)}") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text: byte {error.start} is no part of a character"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
