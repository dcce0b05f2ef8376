# ruff: noqa: E501  a row of Lua stays a row
"""The coroutine library is that of Lua 5.4, though requests pass through it unseen."""

import pytest

from tactus.errors import LimitError, ProcedureError
from tests.tactus.lua.machines import run
from tests.tactus.lua.reference import of_lua, of_ours

ALIKE = {
    "values in and out": """
        local co = coroutine.create(function(a, b)
            local c = coroutine.yield(a + b)
            local d, e = coroutine.yield(c * 2)
            return d, e
        end)
        local r = coroutine.resume
        return {r(co, 1, 2)}, {r(co, 10)}, {r(co, "d", "e")}, {r(co)}, coroutine.status(co)""",
    "wrap": 'local w = coroutine.wrap(function(...) local x = coroutine.yield(...) return x end) return {w(1, 2)}, {w("x")}',
    "wrap that is over": "local w = coroutine.wrap(function() end) w() return w()",
    "wrap of itself": "local w w = coroutine.wrap(function() return pcall(w) end) return w()",
    "an error value": "local co = coroutine.create(function() error({1}) end) local ok, e = coroutine.resume(co) return ok, e, coroutine.status(co)",
    "an error in wrap": "local t = {} local w = coroutine.wrap(function() error(t) end) local ok, e = pcall(w) return ok, e == t",
    "status": """
        local log = {}
        local a, b
        a = coroutine.create(function() log[#log+1] = coroutine.status(a) coroutine.resume(b) coroutine.yield() end)
        b = coroutine.create(function() log[#log+1] = coroutine.status(a) end)
        log[#log+1] = coroutine.status(a)
        coroutine.resume(a)
        log[#log+1] = coroutine.status(a)
        coroutine.resume(a)
        log[#log+1] = coroutine.status(a)
        return log""",
    "resuming itself": "local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)",
    "resuming who resumed": """
        local a, b
        a = coroutine.create(function() return coroutine.resume(b) end)
        b = coroutine.create(function() return coroutine.resume(a) end)
        return coroutine.resume(a)""",
    "isyieldable": "return coroutine.wrap(function() return coroutine.isyieldable() end)()",
    "running": "local co co = coroutine.create(function() local c, main = coroutine.running() return c == co, main end) return coroutine.resume(co)",
    "close": """
        local log = {}
        local co = coroutine.create(function()
            local x <close> = setmetatable({}, {__close = function() log[#log+1] = "closed" end})
            coroutine.yield()
        end)
        coroutine.resume(co)
        return coroutine.close(co), coroutine.status(co), log, coroutine.close(co)""",
    "close with an error": """
        local co = coroutine.create(function()
            local x <close> = setmetatable({}, {__close = function() error("in close", 0) end})
            coroutine.yield()
        end)
        coroutine.resume(co)
        return select("#", coroutine.close(coroutine.create(type))), coroutine.close(co)""",
    "close of a failed one": """
        local co = coroutine.create(function() error("x", 0) end)
        coroutine.resume(co)
        return {coroutine.close(co)}, {coroutine.close(co)}""",
    "close of the running one": "return pcall(coroutine.wrap(function() coroutine.close(coroutine.running()) end))",
    "wrap closes what failed": """
        local log = {}
        local w = coroutine.wrap(function()
            local x <close> = setmetatable({}, {__close = function(_, e) log[#log+1] = e end})
            error({"x"})
        end)
        local ok, e = pcall(w)
        return ok, e, log""",
    "wrap whose close fails": """
        local w = coroutine.wrap(function()
            local x <close> = setmetatable({}, {__close = function() error({"second"}) end})
            error({"first"})
        end)
        return pcall(w)""",
    "create of no function": "coroutine.create(5)",
    "resume of no coroutine": "coroutine.resume(5)",
    "status of no coroutine": "coroutine.status({})",
    "yield across pcall": "local co = coroutine.wrap(function() return pcall(function() return coroutine.yield(1) + 1 end) end) return co(), co(5)",
    "yield in a metamethod": "local co = coroutine.wrap(function() return setmetatable({}, {__add = function() return coroutine.yield(1) end}) + 1 end) return co(), co(7)",
    "yield in an iterator": """
        local co = coroutine.wrap(function() local s = 0 for v in function() return coroutine.yield() end do s = s + v end return s end)
        co() co(1) co(2) return co(nil)""",
    "a generator": """
        local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
        local s = 0 for i in range(10) do s = s + i end return s""",
    "permutations": """
        local out = {}
        local function permute(a, n)
            if n == 0 then coroutine.yield(table.concat(a)) end
            for i = 1, n do a[n], a[i] = a[i], a[n] permute(a, n - 1) a[n], a[i] = a[i], a[n] end
        end
        for p in coroutine.wrap(function() permute({"a", "b", "c"}, 3) end) do out[#out+1] = p end
        return out""",
}  # fmt: skip


@pytest.mark.parametrize("use", ALIKE)
def test_a_use_of_coroutines_comes_to_what_it_comes_to_in_lua(use: str) -> None:
    assert of_ours(ALIKE[use]) == of_lua(ALIKE[use])


async def test_a_sort_comparator_and_a_gsub_callback_may_yield_here() -> None:
    text = """
    local w = coroutine.wrap(function()
        table.sort({2, 1}, function() coroutine.yield("sort") return true end)
        return (("x"):gsub("x", function() return coroutine.yield("gsub") end))
    end)
    return {w(), w(), w("y")}
    """
    assert await run(text) == ["sort", "gsub", "y"]


async def test_a_coroutine_that_waits_may_not_be_resumed_or_closed_by_another() -> None:
    text = """
    local waiting = coroutine.create(function() return ask("outer") end)
    local results = {}
    local spy = setmetatable({}, {__index = function(_, key)
        results[#results + 1] = coroutine.status(waiting)
        results[#results + 1] = select(2, coroutine.resume(waiting))
        results[#results + 1] = (pcall(coroutine.close, waiting))
        return key
    end})
    local watcher = coroutine.create(function()
        coroutine.resume(waiting)
        return spy.x
    end)
    local _, x = coroutine.resume(watcher)
    return {results, x, coroutine.status(waiting)}
    """
    results, x, status = await run(text)
    assert results == ["dead", "cannot resume dead coroutine", True]
    assert (x, status) == ("x", "dead")


async def test_an_answer_cannot_be_forged_by_yielding() -> None:
    text = """
    local co = coroutine.create(function() return coroutine.yield("request", "ask", 1, "n", {}) end)
    return {coroutine.resume(co)}
    """
    assert await run(text) == [True, "request", "ask", 1, "n", {}]


async def test_a_request_deep_in_coroutines_names_its_line() -> None:
    lines: list[int | None] = []

    text = """
    local function deep(n)
        if n == 0 then
            local v = ask(1)
            return v
        end
        local v = coroutine.wrap(deep)(n - 1)
        return v
    end
    return deep(30)
    """

    def fail(_: object) -> object:
        raise ProcedureError("no")

    with pytest.raises(ProcedureError) as raised:
        await run(text, fail)
    lines.append(raised.value.line)
    assert lines == [4]


CYCLES = """
local a, b
b = coroutine.create(coroutine.resume)
a = coroutine.create(table.sort)
local third = coroutine.create(ask)
coroutine.resume(a, {third, b, a}, coroutine.resume)
"""


async def test_coroutines_that_resume_each_other_in_a_circle_do_not_hang_the_search_for_a_line() -> (
    None
):
    with pytest.raises((ProcedureError, LimitError)):
        await run(CYCLES + "\nerror('end')")


async def test_close_handlers_in_a_coroutine_may_not_ask_while_it_is_closed_from_outside() -> None:
    text = """
    local co = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function() ask(1) end})
        coroutine.yield()
    end)
    coroutine.resume(co)
    local ok, e = coroutine.close(co)
    return {ok, tostring(e)}
    """
    ok, said = await run(text)
    assert ok is False
    assert said.endswith("an agent cannot be called here")
