"""Reading a procedure's file."""

import os
from pathlib import Path

from tactus.errors import InputError
from tactus.fields import nearest

LARGEST = 1_048_576  # bytes


def name_of(path: Path) -> str:
    """What events and errors call the file at `path`: text, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_source(path: Path) -> str:
    """The text of the file at `path`.

    Raises:
        InputError: it cannot be read, and why; a misspelt name gets the nearest one.
    """
    try:
        if not path.is_file() and path.exists():
            raise InputError(f"{path} is no file that can be read", hint="Give a .lua file.")
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} has more than {LARGEST:,} bytes; a procedure has fewer")
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
