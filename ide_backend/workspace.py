"""The files of one folder: listed, read and written; never one outside of it."""

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ide_backend.problem import Problem

SUFFIXES = (".lua", ".toml", ".json", ".md", ".txt")
LARGEST = 1_048_576  # bytes of a file
MOST_FILES = 2_000

_LEFT_OUT = "node_modules"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows' devices
_LONGEST_NAME = 240  # bytes; file systems bear 255
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


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
            with self._folder(place, make=True) as folder, _written(folder, content) as written:
                if version is None:  # fails where there is a file, unlike a rename
                    os.link(written, place.name, src_dir_fd=folder, dst_dir_fd=folder)
                else:
                    with suppress(OSError):
                        mode = os.stat(place.name, dir_fd=folder, follow_symlinks=False).st_mode
                        os.chmod(written, stat.S_IMODE(mode), dir_fd=folder)
                    os.replace(written, place.name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileExistsError:
            raise self._conflict(place, path, f"{path} is there already") from None
        except OSError as error:
            raise _unwritable(path, error) from None
        return SourceFile(path, text, _version(content))

    def delete(self, path: str, version: str) -> None:
        """Delete a file that is still the one that `version` names."""
        place = self._place(path)
        self._expect(place, path, version)
        try:
            with self._folder(place) as folder:
                os.unlink(place.name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unwritable(path, error) from None

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
        strange = any(_is_strange(part) for part in parts)
        if not path or len(path) > 400 or hidden or unsafe or strange:
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
            with self._folder(place) as folder:
                descriptor = os.open(place.name, _READ, dir_fd=folder)
        except FileNotFoundError:
            raise Problem(404, "no_file", f"there is no file {path}", file=path) from None
        except OSError as error:
            raise Problem(403, "unreadable", f"{path}: {error.strerror}", file=path) from None
        try:
            opened = os.fstat(descriptor)
            if not stat.S_ISREG(opened.st_mode):
                raise Problem(403, "kind", f"{path} is not a file", file=path)
            if opened.st_size > LARGEST:
                raise Problem(413, "too_large", f"{path} has more than {LARGEST:,} bytes")
            with open(descriptor, "rb", closefd=False) as file:  # it has no path
                return file.read(LARGEST + 1)
        finally:
            os.close(descriptor)

    @contextmanager
    def _folder(self, place: Path, *, make: bool = False) -> Iterator[int]:
        """The folder of `place`, opened name by name, so that no link can slip in between."""
        descriptor = os.open(self.root, _FOLDER)
        try:
            for name in place.parent.relative_to(self.root).parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=descriptor)
                inner = os.open(name, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

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


@contextmanager
def _written(folder: int, content: bytes) -> Iterator[str]:
    """The name of a hidden file in `folder` with the content on disk; gone at the end."""
    name = f".tactus-{secrets.token_hex(8)}"
    with open(os.open(name, _NEW, 0o666, dir_fd=folder), "wb") as file:  # noqa: PTH123
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            yield name
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)


def _is_strange(part: str) -> bool:
    """Whether no file of this name can be on every system."""
    too_long = len(part.encode("utf-8", "replace")) > _LONGEST_NAME
    return too_long or part.endswith((" ", ".")) or not part or bool(_RESERVED.fullmatch(part))


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


def _unwritable(path: str, error: OSError) -> Problem:
    reason = error.strerror or "the disk refused"
    return Problem(422, "unwritable", f"{path}: {reason}", file=path)
