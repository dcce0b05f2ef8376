"""What to do about an error: habits of other languages, and misspelt names."""

import re

from tactus.fields import nearest

ABSENT = {
    "os": "os is not available in a procedure: now() is the time; it cannot see files.",
    "io": "io is not available in a procedure: it cannot see files. To write, use print.",
    "require": "require is not available: a procedure is one file; run_procedure runs others.",
    "package": "package is not available: a procedure is one file.",
    "load": "load is not available: a procedure cannot run text as code.",
    "loadstring": "loadstring is not available: a procedure cannot run text as code.",
    "dofile": "dofile is not available: a procedure is one file.",
    "loadfile": "loadfile is not available: a procedure is one file.",
    "debug": "debug is not available in a procedure.",
    "collectgarbage": "collectgarbage is not available: memory is looked after by the run.",
    "python": "A procedure cannot reach Python; what it can do are the words of the language.",
    "unpack": "unpack is table.unpack since Lua 5.2.",
    "setfenv": "setfenv is gone since Lua 5.2.",
    "table.getn": "Write #t for the length of a table.",
    "table.foreach": "Write for k, v in pairs(t) do … end.",
    "table.maxn": "Write #t for the length of a table.",
    "string.dump": "string.dump is not available: compiled Lua is not run in a procedure.",
    "string.pack": "string.pack is not available in a procedure.",
    "string.unpack": "string.unpack is not available in a procedure.",
    "string.gfind": "string.gfind is string.gmatch since Lua 5.1.",
    "math.randomseed": "math.randomseed is not available: the seed of the run seeds math.random.",
    "math.pow": "Write x ^ y for a power.",
    "math.mod": "Write x % y, or math.fmod(x, y).",
}

# What Lua says, what the line has, what to do. Lua tells the line of the next word, so that the
# line before is looked at, too.
_SYNTAX = (
    (r"", "[\u201c\u201d\u2018\u2019]", "These are typographic quotes; write \" or '."),
    (r"", r"^\s*```", "Remove the Markdown fence (```); a procedure is plain Lua."),
    (r"near '(?:!|=|==)'", r"!=|===", 'Lua writes == for "is equal" and ~= for "is not equal".'),
    (r"near '!'", r"!", "Lua writes not."),
    (r"near", r"&&|\|\|", "Lua writes and, or."),
    (r"near '\+'|near <eof>", r"\+\+", "Lua has no ++; write a = a + 1."),
    (r"near", r"[\w\])]\s?(?:\+|-|\*|/|\.\.)=", "Lua has no +=; write a = a + 1."),
    (
        r"near|label",
        r"\bcontinue\b",
        "Lua has no continue; use goto continue with a label ::continue::.",
    ),
    (r"near '(?:\?|:)'", r" \? ", "Lua has no a ? b : c; write a and b or c."),
    (r"near 'else'", r"\bif\b.{0,200} else\b", "Lua has no b if a else c; write a and b or c."),
    (r"<name> expected near '\('", r"\bfor\s?\(", "Lua writes for i = 1, 10 do … end."),
    (r"'in' expected", r"\bfor\b.{0,200}\bof\b", "Lua writes for k, v in pairs(t) do … end."),
    (r"near '\['", r"[=(,{]\s?\[", "Lua writes a list with braces: {1, 2, 3}."),
    (
        r"near '(?::|=>|>|\d)|<name> expected near",
        r"\{.{0,200}[\w\"'\]]\s?(?::|=>)",
        'The keys of a table are written key = value, or ["a key"] = value.',
    ),
    (r"near '\{'", r"\)\s?\{|\belse\s?\{", "Lua has no braces around code; a block ends with end."),
    (
        r"near <eof>|near '\}'",
        r"\)\s?\{\s*$",
        "Lua has no braces around code; a block ends with end.",
    ),
    (r"near '//'|near '/'", r"//|/\*", "A comment begins with --, and a long one is --[[ … ]]."),
    (r"near '#'", r"^\s*#", "A comment begins with --."),
    (r"near", r"\b(?:elif|else if)\b", "Lua writes elseif."),
    (
        r"near",
        r"\b(?:var|let|const|def|func|async)\s+\w",
        "Lua writes local name = …, and function name() … end.",
    ),
    (r"near", r"^\s*(?:import|from)\s+\w", "There is nothing to import: a procedure is one file."),
    (r"near", r"^\s*(?:try|catch|except)\b", "Lua writes local ok, problem = pcall(f)."),
    (r"near", r"\bawait\s", "A call waits by itself; leave out await."),
    (r"'then' expected", r"\bif\b", "An if needs then: if a == b then … end."),
    (r"'do' expected", r"\b(?:for|while)\b", "A loop needs do: while a do … end."),
    (r"<eof> expected near 'end'", r"\bend\b", "There is one end too many."),
    (r"'end' expected", r"", "Each function, if, for and while needs its own end."),
    (r"<eof> expected near", r"^\s*return\b", "A return is the last thing in its block."),
    (r"C stack overflow", r"", "This is nested too deeply: Lua takes about 200 levels."),
    (r"unfinished string", r"", "The text does not end on its line; a long one is [[ … ]]."),
)
_LONGEST = 400  # characters of a line that are looked at
_FEW = 12  # names that are told when none is near

_NIL = re.compile(r"\(global '(\w+)'\)")
_FIELD = re.compile(r"\((?:field|method) '(\w+)'\)")


def syntax_hint(message: str, line: str, before: str = "") -> str | None:
    """What to do about a syntax error.

    Args:
        message: what Lua said, without the place.
        line: the source line that Lua named.
        before: the source line before it.
    """
    for said, written, hint in _SYNTAX:
        if re.search(said, message) and any(
            re.search(written, text[:_LONGEST]) for text in (line, before)
        ):
            return hint
    return None


def runtime_hint(message: str, line: str, names: list[str]) -> str | None:
    """What to do about an uncaught error.

    Args:
        message: what Lua said, without the place.
        line: the source line that Lua named.
        names: the globals of the procedure, and what is in the language's tables, as `Log.info`.
    """
    if "a nil value" in message:
        if found := _NIL.search(message):
            return ABSENT.get(found.group(1)) or _misspelt(found.group(1), names)
        if (found := _FIELD.search(message)) and (hint := _absent(found.group(1), line, names)):
            return hint
    if "attempt to concatenate a nil value" in message:
        return 'A nil cannot be joined with ..; give it a default: (x or "").'
    if "attempt to concatenate a table value" in message:
        return "A table cannot be joined with ..; use Json.encode(t), or the field that you mean."
    return None


def _absent(field: str, line: str, names: list[str]) -> str | None:
    """What to do about a `field` that a table of the language, named in `line`, does not have."""
    for table in re.findall(rf"\b([A-Za-z_]\w{{0,100}})[.:]{field}\b", line[:_LONGEST]):
        if hint := ABSENT.get(f"{table}.{field}"):
            return hint
        prefix = f"{table}."
        members = sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))
        if near := nearest(field, members).strip():
            return near
        if 0 < len(members) <= _FEW:
            return f"{table} has {', '.join(members)}."
    return None


def _misspelt(name: str, names: list[str]) -> str | None:
    globals_ = (known for known in names if known != name and "." not in known)
    near = nearest(name, globals_).strip()
    return near or f'"{name}" was never assigned.'
