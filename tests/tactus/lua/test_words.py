from typing import Any

import pytest

from tactus.errors import ProcedureError
from tests.tactus.lua.machines import run

WORDS = {
    "_VERSION", "_G", "assert", "coroutine", "error", "getmetatable", "ipairs", "math", "next",
    "null", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select", "setmetatable",
    "string", "table", "tonumber", "tostring", "type", "utf8", "xpcall",
}  # fmt: skip
OF_THE_TESTS = {"ask", "tell", "object"}

LIBRARIES = {
    "string": "byte char find format gmatch gsub len lower match rep reverse sub upper",
    "table": "concat insert move pack remove sort unpack",
    "coroutine": "close create isyieldable resume running status wrap yield",
    "utf8": "char charpattern codepoint codes len offset",
    "math": """abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger
        modf pi rad random sin sqrt tan tointeger type ult""",
}


async def names_in(table: str) -> set[str]:
    names = await run(f"local t = {{}} for k in pairs({table}) do t[#t + 1] = k end return t")
    return set(names)


async def test_a_procedure_has_these_words_and_no_others() -> None:
    assert await names_in("_G") == WORDS | OF_THE_TESTS


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_library_has_these_functions_and_no_others(library: str) -> None:
    assert await names_in(library) == set(LIBRARIES[library].split())


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        ("os.time()", "now() is the time"),
        ("io.write('x')", "use print"),
        ("require('socket')", "a procedure is one file"),
        ("package.path = ''", "a procedure is one file"),
        ("load('return 1')()", "cannot run text as code"),
        ("loadstring('return 1')()", "cannot run text as code"),
        ("dofile('x.lua')", "a procedure is one file"),
        ("loadfile('x.lua')", "a procedure is one file"),
        ("debug.traceback()", "debug is not available"),
        ("collectgarbage()", "memory is looked after"),
        ("python.eval('1')", "cannot reach Python"),
        ("unpack({1})", "table.unpack"),
        ("setfenv(1, {})", "gone since Lua 5.2"),
        ("table.getn({})", "#t"),
        ("math.pow(2, 3)", "x ^ y"),
        ("math.randomseed(1)", "seed of the run"),
        ("string.dump(tostring)", "compiled Lua"),
        ("string.pack('i', 1)", "not available"),
        ("tostrng(1)", 'Did you mean "tostring"'),
        ("quux(1)", "never assigned"),
    ],
)
async def test_a_word_that_does_not_exist_says_what_to_do(use: str, hint: str) -> None:
    with pytest.raises(ProcedureError) as raised:
        await run(f"local x = 1\n{use}")
    assert raised.value.line == 2
    assert hint in (raised.value.hint or "")


async def test_a_missing_word_is_nil_and_may_be_asked_for() -> None:
    assert (
        await run("return {os == nil, io == nil, load == nil, (os or {}).time == nil}")
        == [True] * 4
    )


async def test_everything_within_reach_is_plain_lua() -> None:
    kinds = await run(
        """
    local seen, kinds, waiting = {}, {}, {_G, "", getmetatable("") or 0}
    local ok, e = pcall(ask, 1) waiting[#waiting + 1] = e
    for _, value in ipairs({1, true, coroutine.create(type), tostring, object}) do
        waiting[#waiting + 1] = value
    end
    while #waiting > 0 do
        local value = table.remove(waiting)
        kinds[type(value)] = true
        if type(value) == "table" and not seen[value] then
            seen[value] = true
            for k, v in pairs(value) do
                waiting[#waiting + 1] = k
                waiting[#waiting + 1] = v
            end
        end
        local meta = getmetatable(value)
        if meta then
            waiting[#waiting + 1] = meta
        end
    end
    return kinds
    """,
        fail,
    )
    assert set(kinds) == {"table", "string", "number", "boolean", "function", "thread"}


def fail(_: object) -> object:
    raise ProcedureError("no")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('getmetatable("")', False),
        ("getmetatable(_G)", False),
        ("getmetatable(object)", False),
        ("getmetatable(null)", False),
        ("getmetatable(select(2, pcall(ask, 1)))", False),
        ('select(1, pcall(setmetatable, "", {}))', False),
        ("select(1, pcall(setmetatable, _G, {}))", False),
        ("select(1, pcall(setmetatable, object, {}))", False),
        ("select(1, pcall(setmetatable, null, nil))", False),
        ("select(1, pcall(function() null.x = 1 end))", False),
        ("getmetatable(1)", None),
        ("getmetatable(print)", None),
    ],
)
async def test_what_belongs_to_the_runtime_cannot_be_changed(expression: str, value: Any) -> None:
    assert await run(f"return ({expression})", fail) == value


async def test_methods_of_text_are_the_bounded_ones() -> None:
    assert await run("""
    local x = ("x")
    return {x.rep == string.rep, x.find == string.find, x.dump == nil, ("%d"):format(3), #x}
    """) == [True, True, True, "3", 1]


async def test_what_a_script_does_to_its_own_words_harms_only_itself() -> None:
    text = """
    string.format, table.concat, pairs, tostring, type, error = nil, nil, nil, nil, nil, nil
    _G.next = function() while true do end end
    coroutine.yield = nil
    return ask({a = {1, 2}, b = "x"})
    """
    assert await run(text) == {"a": [1, 2], "b": "x"}
    assert await run('return ("%s"):format("fine")') == "fine"


LEAKS = {
    "the mark of a request": """
        local got
        local spy = setmetatable({}, {__eq = function(_, other) got = other return true end})
        local co = coroutine.wrap(function() return coroutine.yield(spy) end)
        return {co() == nil, got == nil}""",
    "the mark of a request in an error": """
        local got
        local spy = setmetatable({}, {__eq = function(_, other) got = other return true end})
        local ok, e = pcall(error, spy)
        local again, same = coroutine.resume(coroutine.create(function() error(spy) end))
        return {rawequal(e, spy) ~= true, got == nil and not again}""",
    "null while a value leaves": """
        local got
        local spy = setmetatable({}, {__eq = function(_, other) got = other return true end})
        ask({spy})
        return {got ~= nil, got == nil}""",
    "the metatable of errors": """
        local got
        local meta = setmetatable({}, {__eq = function(_, other) got = other return true end})
        pcall(error, setmetatable({}, meta))
        tostring(setmetatable({}, meta))
        return {got ~= nil, got == nil}""",
}


@pytest.mark.parametrize("leak", LEAKS)
async def test_an_eq_of_the_script_is_never_shown_the_marks_of_the_runtime(leak: str) -> None:
    assert await run(LEAKS[leak]) == [False, True]


async def test_the_end_that_a_close_handler_is_shown_cannot_be_changed_or_caught() -> None:
    seen: list[object] = []
    text = """
    local stolen
    local function steal(_, e)
        stolen = e
        tell({type(e), getmetatable(e), (pcall(setmetatable, e, {}))})
    end
    pcall(function()
        local x <close> = setmetatable({}, {__close = function(...) pcall(steal, ...) end})
        ask(1)
    end)
    tell("not reached")
    """

    def stop(_: object) -> object:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await run(text, stop, tell=seen.append)
    assert seen == []


async def test_a_rethrown_error_cannot_smuggle_anything_out() -> None:
    text = """
    local ok, e = pcall(ask, {[true] = 1})
    e.line, e.hint, e.kind, e.text, e.message, e.where = {}, "\\255", tostring, {}, {}, _G
    error(e)
    """
    with pytest.raises(ProcedureError) as raised:
        await run(text)
    assert raised.value.line == 2
    assert "has a key that is a boolean" in raised.value.message
    assert raised.value.hint is None
