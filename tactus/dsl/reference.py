"""Generates the editor's types and the language reference from the surface files.

`python -m tactus.dsl.reference` writes both; with `--check` it fails when one is stale.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tactus.dsl.surface import surface

TYPES = Path(__file__).parent / "tactus.d.lua"
REFERENCE = Path(__file__).parents[2] / "docs" / "language.md"

_BLOCK = re.compile(r"((?:^---.*\n)+)([^\n]*)", re.MULTILINE)
_FUNCTION = re.compile(r"(?:local )?function ([\w.]+)\((.*?)\)")
_EXPORT = re.compile(r'host\.(?:export|guard)\("(\w+)"')
_EXAMPLE = re.compile(r"```lua\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Word:
    """A word of the language: its documentation, its LuaCATS tags, and its signature."""

    name: str
    parameters: str | None  # None: a value, not a function
    text: str
    tags: tuple[str, ...]

    @property
    def example(self) -> str:
        """The Lua source of its example, the empty string without one."""
        found = _EXAMPLE.search(self.text)
        return found.group(1) if found else ""


@dataclass(frozen=True)
class Language:
    """All words and all classes of the surface, in the order of its files."""

    words: list[Word] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)


def language() -> Language:
    """Read the surface files."""
    found = Language()
    for source in surface():
        documented = set()
        for block, following in _BLOCK.findall(source.text):
            if "---@class" in block:
                found.classes.append(block.rstrip("\n"))
            elif word := _word(block, following):
                found.words.append(word)
                documented.add(word.name)
        for name in _EXPORT.findall(source.text):
            if name not in documented and any(known.startswith(f"{name}.") for known in documented):
                found.tables.append(name)
    return found


def types() -> str:
    """The LuaCATS definitions of every word, for lua-language-server and its kin."""
    found = language()
    parts = ["---@meta tactus", "-- Generated from the surface files; do not edit.", *found.classes]
    parts += [f"{name} = {{}}" for name in found.tables]
    for word in found.words:
        lines = [f"--- {line}".rstrip() for line in word.text.splitlines()]
        lines += [f"---{tag}" for tag in word.tags]
        if word.parameters is None:
            lines.append(f"{word.name} = {{}}")
        else:
            lines.append(f"function {word.name}({word.parameters}) end")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def reference() -> str:
    """The language reference, in Markdown."""
    found = language()
    parts = [
        "# The language",
        "Generated from the surface files by `python -m tactus.dsl.reference`; do not edit.\n"
        "Every example is a procedure and runs as it stands (`tactus run FILE --model demo`).",
        "## Words",
    ]
    for word in found.words:
        call = word.name if word.parameters is None else f"{word.name}({word.parameters})"
        parts += [f"### `{call}`", word.text.strip()]
        if rows := _rows(word):
            parts.append(_table(rows))
    parts.append("## Types")
    for block in found.classes:
        parts += _class(block)
    return "\n\n".join(parts) + "\n"


def _word(block: str, following: str) -> Word | None:
    lines = [line.removeprefix("---") for line in block.splitlines()]
    tags = tuple(line for line in lines if line.startswith("@"))
    text = "\n".join(line.removeprefix(" ") for line in lines if not line.startswith("@"))
    if function := _FUNCTION.match(following):
        return Word(function.group(1), function.group(2), text, tags)
    if export := _EXPORT.match(following):
        return Word(export.group(1), None, text, tags)
    return None


def _rows(word: Word) -> list[tuple[str, str, str]]:
    """What a function takes, or what a value is."""
    rows = []
    for tag in word.tags:
        kind, _, rest = tag.partition(" ")
        if kind == "@param":
            rows.append(_field(rest))
        elif kind == "@type":
            rows.append(_field(f"{word.name} {rest}"))
    return rows


def _class(block: str) -> list[str]:
    head, *rest = [line.removeprefix("---@") for line in block.splitlines()]
    _, name, *text = head.split(" ", 2)
    parts = [f"### {name}", *text]
    rows = [_field(line.removeprefix("field ")) for line in rest if line.startswith("field ")]
    if rows:
        parts.append(_table(rows))
    return parts


def _field(line: str) -> tuple[str, str, str]:
    """Split `name type description`; a type may hold spaces within brackets or after a comma."""
    name, rest = line.split(" ", 1)
    depth = 0
    for position, char in enumerate(rest):
        depth += (char in "(<{") - (char in ")>}")
        if char == " " and depth == 0 and rest[position - 1] not in ",:":
            return name, rest[:position], rest[position + 1 :]
    return name, rest, ""


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    lines = ["| name | type | |", "|---|---|---|"]
    for name, kind, text in rows:
        cells = [cell.replace("|", "\\|") for cell in (f"`{name}`", f"`{kind}`", text)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Write both files, or with `--check` tell which are stale."""
    wanted = {TYPES: types(), REFERENCE: reference()}
    if "--check" not in sys.argv:
        for path, text in wanted.items():
            path.write_text(text, encoding="utf-8")
        return
    stale = [
        path.name
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if stale:
        sys.exit(f"stale: {', '.join(stale)}; run `python -m tactus.dsl.reference`")


if __name__ == "__main__":
    main()
