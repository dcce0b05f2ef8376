# ruff: noqa: E501  a row of Lua stays a row
import pytest

from tactus.errors import LimitError, ProcedureError, ProcedureSyntaxError, TactusError
from tactus.settings import Limits
from tests.tactus.lua.machines import machine, run


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = = 1", 1, "unexpected symbol near '='"),
        ("local x = 1\n\nx = }", 3, "unexpected symbol near '}'"),
        ("function f(\nend", 2, "expected near 'end'"),
        ("goto nowhere", 1, "no visible label 'nowhere' for <goto> at line 1"),
        ("break", 1, "break outside loop at line 1"),
        ("local x <const> = 1\nx = 2", 2, "attempt to assign to const variable 'x'"),
        ("x = 1\r\ny = = 2", 2, "unexpected symbol near '='"),
        ("x = '\u2028'\ny = = 2", 2, "unexpected symbol near '='"),
        ("a = " + "(" * 300 + "1" + ")" * 300, None, "C stack overflow"),
        ("x = '\\q'", 1, "invalid escape sequence"),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: int | None, message: str) -> None:
    with pytest.raises(ProcedureSyntaxError) as raised:
        machine().load(text, "story.lua")
    assert raised.value.line == line
    assert message in raised.value.message


@pytest.mark.parametrize("head", ["\ufeff", "#!/usr/bin/env tactus\n", "\ufeff#!/usr/bin/tactus\n"])
async def test_what_lua_does_not_read_at_the_head_leaves_line_numbers_as_they_are(
    head: str,
) -> None:
    assert await run(head + "return 7") == 7
    with pytest.raises(ProcedureError) as raised:
        await run(head + "\nerror('x')")
    assert raised.value.line == (head + "\nerror('x')").count("\n") + 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\x1bLua", "compiled Lua"),
        ("\ufeff\x1bLua", "compiled Lua"),
        ("x = 1\n" * 200_000, "1,200,000 bytes"),
        ("-- " + "\u00e4" * 600_000, "a procedure has at most 1,048,576"),
    ],
    ids=["compiled", "compiled behind a mark", "long", "long in bytes"],
)
def test_what_is_no_source_is_refused(text: str, message: str) -> None:
    with pytest.raises(ProcedureSyntaxError, match=message):
        machine().load(text, "story.lua")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("local x\nlocal y = x.z", 2, "attempt to index a nil value (local 'x')"),
        ("return 1 + {}", 1, "attempt to perform arithmetic on a table value"),
        ("return 'a' < 1", 1, "attempt to compare string with number"),
        ("local t = {}\nt.f()", 2, "attempt to call a nil value (field 'f')"),
        ("error('mine')", 1, "mine"),
        ("\n\nerror('no place', 0)", 3, "no place"),
        ("local function f() error('caller', 2) end\nf()", 2, "caller"),
        ("table.insert({}, 1, 2, 3)", 1, "wrong number of arguments to 'insert'"),
        ("table.sort({1, 'x'})", 1, "attempt to compare"),
        ("table.sort({2, 1}, function(a, b)\nreturn a.x < b.x end)", 2, "attempt to index a number"),
        ("\n('x'):rep({})", 2, "bad argument #2 to 'rep' (number expected, got table)"),
        ("('x'):find('[')", 1, "malformed pattern (missing ']')"),
        ("local s = '%d'\ns:format('x')", 2, "bad argument #2 to 'format' (number expected, got string)"),
        ("coroutine.wrap(function()\nerror('inner') end)()", 2, "inner"),
        ("setmetatable(1, {})", 1, "bad argument #1 to 'setmetatable' (table expected, got number)"),
        ("for i = 1, 'x' do end", 1, "bad 'for' limit (number expected, got string)"),
        ("math.random(0, -1)", 1, "bad argument #1 to 'random' (interval is empty)"),
        ("ask({[true] = 1})", 1, "the value: has a key that is a boolean"),
        ("local x = 2^53 | 1.5", 1, "number has no integer representation"),
        ("return #5", 1, "attempt to get length of a number value"),
    ],
)  # fmt: skip
async def test_a_runtime_error_names_the_line_of_the_procedure(
    text: str, line: int, message: str
) -> None:
    with pytest.raises(ProcedureError) as raised:
        await run(text)
    assert (raised.value.file, raised.value.line) == ("story.lua", line)
    assert raised.value.message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "table.sort({1, 'x'})",
        "table.insert({1}, 9, 9)",
        "('x'):rep(-1, {})",
        "('x'):find('%')",
        "('x'):gsub('(', function() end)",
        "table.concat({{}})",
        "string.format('%d', {})",
        "tostring()",
        "coroutine.resume(1)",
        "utf8.len('x', 5, 9)",
        "setmetatable({}, 1)",
        "null.x = 1",
        "for _ in pairs(setmetatable({}, {__pairs = 1})) do end",
    ],
)
async def test_no_error_that_a_script_catches_names_a_line_of_the_runtime(text: str) -> None:
    caught = f"""
    local _, a = pcall(function() {text} end)
    local _, b = xpcall(function() {text} end, function(e) return e end)
    local co = coroutine.create(function() {text} end)
    local _, c = coroutine.resume(co)
    local _, d = pcall(coroutine.wrap(function() {text} end))
    return {{tostring(a), tostring(b), tostring(c), tostring(d)}}
    """
    for said, line in zip(await run(caught), (2, 3, 4, 6), strict=True):
        assert said.startswith(f"story.lua:{line}: ")
        assert "[" not in said.replace("missing '['", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("error()", "the procedure raised no message"),
        ("error(nil)", "the procedure raised no message"),
        ("error(42)", "42"),
        ("error(true)", "true"),
        ("error({code = 42, why = 'x'})", '{"code": 42, "why": "x"}'),
        ("error({'a', {1, 2}})", '["a", [1, 2]]'),
        ("error({f = tostring})", '{"f": "function"}'),
        ("local t = {} t.t = t error(t)", "the error was a table that cannot be shown"),
        ("error(setmetatable({}, {__tostring = function() return 'object' end}))", "object"),
        ("error(setmetatable({a = 1}, {__tostring = error}))", '{"a": 1}'),
        ("error(tostring)", "function: 1"),
        ("error('a\\255b', 0)", "a?b"),
        ("error('a\\27[2Jb\\0\\r', 0)", "a?[2Jb??"),
        ("error('two\\nlines', 0)", "two\nlines"),
        ("error(null)", "null"),
    ],
)
async def test_any_value_may_be_an_error(text: str, message: str) -> None:
    with pytest.raises(ProcedureError) as raised:
        await run(text)
    assert raised.value.message == message
    assert raised.value.line == 1


@pytest.mark.parametrize("text", ["error(('x'):rep(5000000), 0)", "error({('x'):rep(5000000)})"])
async def test_a_very_long_error_is_cut(text: str) -> None:
    with pytest.raises(ProcedureError) as raised:
        await run(text)
    assert 3000 < len(raised.value.message) < 4100
    assert raised.value.message.endswith(" ...")


async def test_a_long_error_is_not_cut_within_a_character() -> None:
    for shift in range(3):
        with pytest.raises(ProcedureError) as raised:
            await run(f"error(('x'):rep({shift}) .. ('\u20ac'):rep(3000), 0)")
        assert "?" not in raised.value.message


async def test_a_traceback_has_the_frames_of_the_procedure_and_no_others() -> None:
    text = "local function inner()\n  error('x')\nend\nfunction outer()\n  inner()\nend\npcall(1)\nouter()\n"
    with pytest.raises(ProcedureError) as raised:
        await run(text)
    assert raised.value.traceback == (
        "story.lua:2: in upvalue 'inner'\nstory.lua:5: in global 'outer'\nstory.lua:8: in the procedure"
    )


async def test_the_original_error_of_python_leaves_with_a_traceback_of_the_procedure() -> None:
    error = ProcedureError("no")

    def fail(_: object) -> object:
        raise error

    with pytest.raises(ProcedureError) as raised:
        await run("local function f()\n  ask(1)\nend\nf()", fail)
    assert raised.value is error
    assert raised.value.traceback == "story.lua:2: in local 'f'\nstory.lua:4: in the procedure"


@pytest.mark.parametrize(
    "name",
    [
        "a/very/long/path/" * 8 + "story.lua",
        "with space (1) [x].lua",
        "\u00e4\u20ac" * 40 + ".lua",
        "line\nbreak\x1b.lua",
        "100%d.lua",
        "agent.lua",
        "words.lua",
        "step.lua",
        "runtime",
        "",
        "=(load)",
        "\ud800.lua",
    ],
)
def test_an_odd_name_of_a_file_is_named_as_it_is(name: str) -> None:
    made = machine()
    with pytest.raises(ProcedureError) as raised:
        made.load("local function f()\n  error('x')\nend\nf()", name)
    assert (raised.value.file, raised.value.line, raised.value.message) == (name, 2, "x")
    assert raised.value.traceback == f"{name}:2: in local 'f'\n{name}:4: in the procedure"
    with pytest.raises(ProcedureSyntaxError) as wrong:
        machine().load("\n=", name)
    assert (wrong.value.file, wrong.value.line) == (name, 2)


def test_a_frame_of_a_surface_file_of_the_same_name_is_not_taken_for_the_procedures() -> None:
    made = machine(tell=lambda _: object())
    with pytest.raises(ProcedureError) as raised:
        made.load("\n\ntell(1)", "words.lua")
    assert raised.value.line == 3
    assert raised.value.traceback == "words.lua:3: in the procedure"


async def test_an_error_while_loading_is_raised_by_load_and_later_ones_by_drive() -> None:
    early = machine()
    with pytest.raises(ProcedureError, match="early"):
        early.load("error('early')", "story.lua")
    late = machine()
    late.load("ask(1)\nerror('late')", "story.lua")

    async def answer(_: object) -> object:
        return None

    with pytest.raises(ProcedureError, match="late"):
        await late.drive(answer)


async def test_the_limit_names_its_setting() -> None:
    with pytest.raises(LimitError) as raised:
        await run("while true do end", limits=Limits(instructions=100_000))
    assert raised.value.message == "the procedure ran more than 100,000 instructions"
    assert "limits.instructions" in (raised.value.hint or "")
    assert "TACTUS_LIMITS__INSTRUCTIONS" in (raised.value.hint or "")
    assert isinstance(raised.value, TactusError)
