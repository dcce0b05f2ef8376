import pytest

from tactus.errors import ProcedureError, ProcedureSyntaxError
from tests.tactus.lua.machines import machine, run

HINTS = {
    "x = \u201chi\u201d": "typographic quotes",
    "x = \u2018hi\u2019": "typographic quotes",
    "```lua\nreturn 1\n```": "Markdown fence",
    "if a != b then end": "~= for",
    "if a === b then end": "== for",
    "x = !a": "Lua writes not",
    "if a && b then end": "and, or",
    "if a || b then end": "and, or",
    "a++": "no ++",
    "a += 1": "no +=",
    'a ..= "x"': "no +=",
    "t.x -= 1": "no +=",
    "for i = 1, 3 do continue end": "goto continue",
    "while true do\n  continue\nend": "goto continue",
    "x = a ? b : c": "no a ? b : c",
    "x = b if a else c": "no b if a else c",
    "for (i = 0; i < 3; i++) { }": "for i = 1, 10",
    "for v of t do end": "in pairs(t)",
    "x = [1, 2]": "with braces",
    't = {"a": 1}': "key = value",
    "t = {a: 1}": "key = value",
    "t = {a => 1}": "key = value",
    "function f() {\n return 1\n}": "braces around code",
    "while (true) {": "braces around code",
    "// a comment": "begins with --",
    "/* c */": "begins with --",
    "x = 1\n# a comment": "begins with --",
    "a = " + "(" * 300: "nested too deeply",
    "if a then\nelif b then\nend": "elseif",
    "if a then\nelse if b then\nend": "elseif",
    "let x = 1": "local name",
    "const x = 1": "local name",
    "def f():\n  return 1": "local name",
    "func f() end": "local name",
    "async function f() end": "local name",
    "import os": "nothing to import",
    "try\n  f()\ncatch": "pcall(f)",
    "await f()": "leave out await",
    "if a == 1\n  x = 2\nend": "needs then",
    "while a\n  x = 1\nend": "needs do",
    "for i = 1, 3\n  x = 1\nend": "needs do",
    "local function f() return 1 end end": "one end too many",
    "function f()\n": "its own end",
    "return 1\nx = 2": "last thing in its block",
    'x = "abc': "does not end on its line",
}


@pytest.mark.parametrize("text", HINTS)
def test_a_habit_of_another_language_is_answered_with_luas(text: str) -> None:
    with pytest.raises(ProcedureSyntaxError) as raised:
        machine().load(text, "story.lua")
    assert HINTS[text] in (raised.value.hint or "")
    assert raised.value.file == "story.lua"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("local x\nlocal y = 'a' .. x", "give it a default"),
        ("local y = 'a' .. {}", "Json.encode(t)"),
        ("tostirng(1)", 'Did you mean "tostring"?'),
        ("math.pow(1, 2)", "x ^ y"),
        ("table.instert({}, 1)", 'Did you mean "insert"?'),
        ("table.contains({}, 1)", "table has concat, insert, move, pack, remove, sort, unpack."),
    ],
)
async def test_a_common_runtime_error_has_a_hint(text: str, hint: str) -> None:
    with pytest.raises(ProcedureError) as raised:
        await run(text)
    assert hint in (raised.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "{" * 150 + "!" + " " * 900_000,
        "x = 1 ! " + "a" * 900_000,
        "x = 1 !" + "a =" * 300_000,
    ],
    ids=["blanks", "a name", "many"],
)
@pytest.mark.timeout(10)
def test_a_syntax_error_on_a_line_of_a_megabyte_is_told_at_once(text: str) -> None:
    with pytest.raises(ProcedureSyntaxError):
        machine().load(text, "story.lua")


@pytest.mark.timeout(20)
async def test_a_misspelt_word_among_a_million_names_is_told_soon() -> None:
    with pytest.raises(ProcedureError, match="attempt to call a nil value") as raised:
        await run("for i = 1, 200000 do _G['name' .. i] = i end\nnaem7()")
    assert raised.value.hint
