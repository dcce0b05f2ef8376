"""The files below one folder: `files.list`, `files.read`, `files.write`. Nothing outside of it.

Names that begin with a dot are not seen at all (keys stand in `.env`, programs in `.git/hooks`),
and the settings file, which says what may be reached and which programs are started, is not
written.
"""

import os
import stat
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from tactus.errors import ToolError
from tactus.settings import SETTINGS_FILE

_LARGEST = 1_048_576  # bytes of a file
_MOST = 1_000  # entries of a folder that are told


class Folder:
    """The folder `root` as a tool may use it. Every error is a `ToolError`, with the path asked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, path: str) -> dict[str, Any]:
        """The entries of a folder by name: `{entries = {{name, type, size}}, more}`.

        `type` is file, folder or other; `more` says that there are more than are told.
        """
        found = self._found(path)
        try:
            names = sorted(entry.name for entry in os.scandir(found) if entry.name[0] != ".")
        except OSError as error:
            raise _failed(path, error) from None
        entries = [self._entry(found / name) for name in names[:_MOST]]
        return {"entries": entries, "more": len(names) > _MOST}

    def read(self, path: str) -> dict[str, Any]:
        """The text of a file: `{text, size}`, the size in bytes."""
        found = self._found(path)
        try:
            # what is no file could make the opening wait for ever
            descriptor = os.open(found, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise ToolError(f"{path} is no file", hint="files.list shows what is there.")
                data = file.read(_LARGEST + 1)
        except OSError as error:
            raise _failed(path, error) from None
        if len(data) > _LARGEST:
            raise ToolError(f"{path} is larger than {_LARGEST} bytes")
        try:
            return {"text": data.decode("utf-8"), "size": len(data)}
        except UnicodeDecodeError:
            raise ToolError(f"{path} is not UTF-8 text") from None

    def write(self, path: str, text: str) -> dict[str, Any]:
        """Put `text` in place of the file, wholly or not at all; `{size}` in bytes."""
        found = self._found(path)
        if found.name.lower() == SETTINGS_FILE:
            raise ToolError(f"{path} is the settings file, which no tool may write")
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError:
            raise ToolError(f"what {path} shall hold is not UTF-8 text") from None
        if len(data) > _LARGEST:
            raise ToolError(f"what {path} shall hold is larger than {_LARGEST} bytes")
        if found.exists() and not found.is_file():
            raise ToolError(f"{path} is no file", hint="Take another name.")
        try:
            found.parent.mkdir(parents=True, exist_ok=True)
            _replace(found, data)
        except OSError as error:
            raise _failed(path, error) from None
        return {"size": len(data)}

    def _found(self, path: str) -> Path:
        """The place that `path` names, links followed; it need not exist."""
        if "\0" in path or path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise _outside(path)
        try:
            root = self._root.resolve(strict=True)
            found = (root / path).resolve()
        except FileNotFoundError:
            raise ToolError(f"the granted folder {self._root} does not exist") from None
        except (OSError, ValueError, RuntimeError) as error:  # a circle of links is the last one
            raise _failed(path, error) from None
        if not found.is_relative_to(root):
            raise _outside(path)
        below = found.relative_to(root).parts
        if any(part.startswith(".") for part in (*below, *PurePosixPath(path).parts)):
            raise ToolError(f"{path} is hidden: names that begin with a dot cannot be reached")
        return found

    def _entry(self, place: Path) -> dict[str, Any]:
        kind, size = "other", None
        try:
            target = place.resolve()
            if target.is_relative_to(self._root.resolve()):
                status = target.stat()
                if stat.S_ISREG(status.st_mode):
                    kind, size = "file", status.st_size
                elif stat.S_ISDIR(status.st_mode):
                    kind = "folder"
        except (OSError, RuntimeError):  # it leads nowhere
            pass
        name = os.fsencode(place.name).decode("utf-8", "replace")
        return {"name": name, "type": kind} | ({} if size is None else {"size": size})


def _replace(place: Path, data: bytes) -> None:
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o644
    descriptor, made = tempfile.mkstemp(dir=place.parent, prefix=".tactus-")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(data)
            os.fchmod(descriptor, mode)
        os.replace(made, place)  # noqa: PTH105 - a string
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _outside(path: str) -> ToolError:
    return ToolError(
        f"{path!r} leads out of the granted folder",
        hint="Write a path below it, as notes/today.md; without .. and without a / at its start.",
    )


def _failed(path: str, error: Exception) -> ToolError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else "no such path"
    return ToolError(f"{path!r}: {why}", hint="files.list shows what is there.")
