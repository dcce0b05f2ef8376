"""What to do about an error: habits of other languages, and misspelt names."""

import re

from tactus.fields import nearest

ABSENT = {
    "os": "os is not available in a procedure: it cannot see the clock, files or the environment.",
    "io": "io is not available in a procedure: it cannot see files. To write, use print.",
    "require": "require is not available: a procedure is one file.",
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
}

_SYNTAX = (
    (r"near '!'|unexpected symbol near '='", r"!=", 'Lua writes ~= for "is not equal".'),
    (
        r"near '[+\-*/]'|near '='|near '\.\.'",
        r"[\w\])]\s*(\+|-|\*|/|\.\.)=",
        "Lua has no +=; write a = a + 1.",
    ),
    (r"near", r"\+\+", "Lua has no ++; write a = a + 1."),
    (
        r"near|label",
        r"\bcontinue\b",
        "Lua has no continue; use goto continue with a label ::continue::.",
    ),
    (r"", "[\u201c\u201d\u2018\u2019]", "These are typographic quotes; write \" or '."),
    (r"", r"^\s*```", "Remove the Markdown fence (```); a procedure is plain Lua."),
    (r"near", r"&&|\|\|", "Lua writes and, or."),
    (r"near '!'", r"!", "Lua writes not."),
    (r"near '\{'|near '\}'", r"\{.*=>|\w+\s*:\s*", "A table's keys are written key = value."),
    (r"'then' expected", r"\bif\b", "An if needs then: if a == b then … end."),
    (r"'do' expected", r"\b(for|while)\b", "A loop needs do: while a do … end."),
    (r"'=' expected near 'end'|near 'elif'|near 'elseif'", r"\belif\b", "Lua writes elseif."),
    (
        r"",
        r"\b(var|let|const|def|func)\s+\w",
        "Lua writes local name = …, and function name() … end.",
    ),
)  # (what Lua says, what the line has, what to do)

_NIL = re.compile(r"\(global '(\w+)'\)")
_FIELD = re.compile(r"\((?:field|method) '(\w+)'\)")


def syntax_hint(message: str, line: str) -> str | None:
    """What to do about a syntax error that Lua told with `message`, in a source `line`."""
    for said, written, hint in _SYNTAX:
        if re.search(said, message) and re.search(written, line):
            return hint
    return None


def runtime_hint(message: str, line: str, names: list[str]) -> str | None:
    """What to do about an uncaught error, where `names` are the globals of the procedure."""
    if "a nil value" in message:
        if found := _NIL.search(message):
            return ABSENT.get(found.group(1)) or _misspelt(found.group(1), names)
        if found := _FIELD.search(message):
            for absent, hint in ABSENT.items():
                if "." in absent and absent in line:
                    return hint
    if "attempt to concatenate a nil value" in message:
        return 'A nil cannot be joined with ..; give it a default: (x or "").'
    if "attempt to concatenate a table value" in message:
        return "A table cannot be joined with ..; use Json.encode(t), or the field that you mean."
    return None


def _misspelt(name: str, names: list[str]) -> str | None:
    near = nearest(name, (known for known in names if known != name)).strip()
    return near or f'"{name}" was never assigned.'
