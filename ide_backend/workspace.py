"""The files of one folder: listed, read and written; never one outside of it."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ide_backend.problem import Problem

SUFFIXES = (".lua", ".toml", ".json", ".md", ".txt")
LARGEST = 1_048_576  # bytes of a file
MOST_FILES = 2_000

_LEFT_OUT = "node_modules"
_MASK = os.umask(0o077)  # can only be read by setting it
os.umask(_MASK)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text; `version` is the SHA-256 of its bytes."""

    path: str
    text: str
    version: str

    def plain(self) -> dict[str, str]:
        """As JSON-ready data."""
        return {"path": self.path, "text": self.text, "version": self.version}


class Workspace:
    """The folder that the IDE works in. Paths are relative to it, with `/`.

    Every method may raise a Problem; all of them touch the disk: call them in a thread.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve(strict=True)

    def files(self) -> list[dict[str, Any]]:
        """What there is to open, at most 2,000 files, without hidden folders."""
        found: list[dict[str, Any]] = []
        for path in self._walk():
            try:
                info = path.stat(follow_symlinks=False)
            except OSError:  # gone meanwhile
                continue
            if stat.S_ISREG(info.st_mode):
                name = path.relative_to(self.root).as_posix()
                modified = info.st_mtime_ns // 1_000_000
                found.append({"path": name, "size": info.st_size, "modified_ms": modified})
            if len(found) == MOST_FILES:
                break
        return found

    def read(self, path: str) -> SourceFile:
        """The text of a file."""
        content = self._content(self._place(path), path)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Problem(422, "not_text", f"{path} is not UTF-8 text", file=path) from None
        return SourceFile(path, text, _version(content))

    def write(self, path: str, text: str, version: str | None) -> SourceFile:
        """Write a file whole or not at all; `version` is what it replaces, None makes a new one."""
        place = self._place(path)
        content = _encoded(path, text)
        if version is not None:
            self._expect(place, path, version)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.resolve().is_relative_to(self.root):
                raise _outside(path)
            with _written_beside(place, content) as written:
                if version is None:
                    os.link(written, place)  # fails where there is a file, unlike a rename
                else:
                    with suppress(OSError):
                        written.chmod(stat.S_IMODE(place.stat().st_mode))
                    written.replace(place)
        except FileExistsError:
            raise self._conflict(place, path, f"{path} is there already") from None
        except OSError as error:
            reason = error.strerror or "the disk refused"
            raise Problem(422, "unwritable", f"{path}: {reason}", file=path) from None
        return SourceFile(path, text, _version(content))

    def delete(self, path: str, version: str) -> None:
        """Delete a file that is still the one that `version` names."""
        place = self._place(path)
        self._expect(place, path, version)
        place.unlink(missing_ok=True)

    def _walk(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(
                name for name in folders if not name.startswith(".") and name != _LEFT_OUT
            )
            for name in sorted(names):
                if name.endswith(SUFFIXES) and not name.startswith("."):
                    yield Path(folder, name)

    def _place(self, path: str) -> Path:
        """Where `path` is in truth, links resolved; refused when it is not within the folder."""
        parts = path.split("/")
        hidden = any(part.startswith(".") or part == _LEFT_OUT for part in parts)
        unsafe = any(ord(char) < 32 or char in '\\:*?"<>|\x7f' for char in path)
        if not path or len(path) > 400 or "" in parts or hidden or unsafe:
            raise _outside(path)
        try:
            place = self.root.joinpath(*parts).resolve()
        except (OSError, RuntimeError, ValueError):  # a circle of links, a name too long
            raise _outside(path) from None
        if not place.is_relative_to(self.root):
            raise _outside(path)
        within = PurePosixPath(place.relative_to(self.root))
        if any(part.startswith(".") or part == _LEFT_OUT for part in within.parts):
            raise _outside(path)
        if within.suffix not in SUFFIXES or not path.endswith(SUFFIXES):
            raise Problem(403, "kind", f"only {', '.join(SUFFIXES)} files are opened here")
        return place

    def _content(self, place: Path, path: str) -> bytes:
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Problem(404, "no_file", f"there is no file {path}", file=path) from None
        except OSError as error:
            raise Problem(403, "unreadable", f"{path}: {error.strerror}", file=path) from None
        with open(descriptor, "rb") as file:  # noqa: PTH123  # a descriptor has no path
            opened = os.fstat(file.fileno())
            if not stat.S_ISREG(opened.st_mode):
                raise Problem(403, "kind", f"{path} is not a file", file=path)
            self._check_still_there(place, path, opened)
            if opened.st_size > LARGEST:
                raise Problem(413, "too_large", f"{path} has more than {LARGEST:,} bytes")
            return file.read(LARGEST + 1)

    def _check_still_there(self, place: Path, path: str, opened: os.stat_result) -> None:
        """What was opened is what is at `place`, within the folder: no link slipped in between."""
        try:
            now = place.resolve(strict=True)
            inside = now == place and now.is_relative_to(self.root)
            if not inside or not os.path.samestat(now.stat(), opened):
                raise _outside(path)
        except OSError:
            raise _outside(path) from None

    def _expect(self, place: Path, path: str, version: str) -> None:
        if _version(self._content(place, path)) != version:
            raise self._conflict(place, path, f"{path} was changed by something else")

    def _conflict(self, place: Path, path: str, message: str) -> Problem:
        current: dict[str, str] | None = None
        with suppress(Problem, UnicodeDecodeError):
            content = self._content(place, path)
            current = {"text": content.decode("utf-8"), "version": _version(content)}
        hint = "Compare both, then save over it, or take what is there."
        return Problem(409, "conflict", message, hint, file=path, more={"current": current})


class _written_beside:  # noqa: N801  # used as a context manager
    """A hidden file next to `place` with the content on disk; gone at the end if still there."""

    def __init__(self, place: Path, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(prefix=".tactus-", dir=place.parent)
        self._path = Path(name)
        with open(descriptor, "wb") as file:  # noqa: PTH123  # a descriptor has no path
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(0o666 & ~_MASK)

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


def _encoded(path: str, text: str) -> bytes:
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError:
        raise Problem(422, "not_text", "the text holds half a character", file=path) from None
    if len(content) > LARGEST:
        raise Problem(413, "too_large", f"a file has at most {LARGEST:,} bytes", file=path)
    return content


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _outside(path: str) -> Problem:
    return Problem(403, "outside", f"{path[:80]!r} is no file of this workspace")
