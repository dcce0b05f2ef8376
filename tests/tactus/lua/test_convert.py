# ruff: noqa: E501  a row of Lua stays a row
import math
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tactus.lua.convert import FunctionRef, decode, encode
from tests.tactus.lua.machines import machine, run

INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.one_of(TEXT, INTEGERS)


def not_a_list(table: dict[Any, Any]) -> bool:
    return set(table) != set(range(1, len(table) + 1)) or not table


VALUES = st.recursive(
    st.one_of(st.booleans(), INTEGERS, st.floats(allow_nan=False), TEXT),
    lambda inner: st.one_of(
        st.lists(st.one_of(inner, st.none()), max_size=5),
        st.dictionaries(KEYS, inner, max_size=5).filter(not_a_list),
    ),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_is_the_same_when_it_is_decoded(value: object) -> None:
    shape, flat = encode(value)
    assert decode(shape, tuple(flat)) == value


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_a_value_is_the_same_when_it_has_been_in_lua(value: object) -> None:
    came: list[object] = []

    def tell(what: object) -> object:
        came.append(what)
        return value

    made = machine(tell=tell)
    made.load("tell({tell(1)})", "story.lua")
    made.close()
    assert came[1] == [value]
    assert isinstance(value, dict | list) or repr(came[1]) == repr([value])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("nil", None),
        ("null", None),
        ("true", True),
        ("5", 5),
        ("5.0", 5.0),
        ("2^53", 9007199254740992.0),
        ("math.maxinteger", 2**63 - 1),
        ("math.mininteger", -(2**63)),
        ("1/0", math.inf),
        ("'ä€😀'", "ä€😀"),
        ("'a\\0b'", "a\0b"),
        ("''", ""),
        ("{}", {}),
        ("{{}}", [{}]),
        ("{1, 2, 3}", [1, 2, 3]),
        ("{1, nil, 3}", {1: 1, 3: 3}),
        ("{[1] = 'a', [2] = 'b'}", ["a", "b"]),
        ("{[2] = 'b'}", {2: "b"}),
        ("{[0] = 'z', 'a'}", {1: "a", 0: "z"}),
        ("{'a', x = 1}", {1: "a", "x": 1}),
        ("{1, null, 3}", [1, None, 3]),
        ("{a = null}", {"a": None}),
        ("{[1.0] = 'a'}", ["a"]),
        ("{a = {b = {c = {}}}}", {"a": {"b": {"c": {}}}}),
        ("setmetatable({1}, {__index = function() error('no') end, __len = error, __pairs = error})", [1]),
        ("setmetatable({}, {__tostring = function() return 'x' end})", {}),
        ("object", {}),
    ],
)  # fmt: skip
async def test_what_lua_sends_arrives_as(expression: str, value: object) -> None:
    came = await run(f"return ask({expression})", lambda given: repr(given))
    assert came == repr(value)


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        (None, "v == nil"),
        ([None, 1, None], "#v == 3 and v[1] == null and v[2] == 1 and v[3] == null"),
        ({"a": None, "b": 1}, "v.a == nil and v.b == 1"),
        ([], "#v == 0 and next(v) == nil"),
        ((1, 2), "v[1] == 1 and v[2] == 2"),
        ({1: "a", "1": "b"}, "v[1] == 'a' and v['1'] == 'b'"),
        (1.0, "math.type(v) == 'float'"),
        (True, "v == true"),
        (2**63 - 1, "v == math.maxinteger"),
        (math.nan, "v ~= v"),
        (math.inf, "v == math.huge"),
        ("a\0b", "#v == 3"),
        ("\ud800", "v == '?'"),
        ({"\ud800": 1}, "v['?'] == 1"),
        (MappingProxyType({"a": 1}), "v.a == 1"),
    ],
)
async def test_what_python_answers_arrives_as(value: object, expression: str) -> None:
    assert await run(f"local v = ask(1) return {expression}", lambda _: value) is True


async def test_an_empty_list_stays_a_list_and_an_empty_table_a_table() -> None:
    values = [[], {}, {"list": [], "table": {}}]
    assert await run("return ask(1)", lambda _: values) == values
    filled = await run("local l = ask(1) l[1] = 'x' return l", lambda _: [])
    assert filled == ["x"]
    named = await run("local l = ask(1) l.x = 1 return l", lambda _: [])
    assert named == {"x": 1}


def deep(levels: int) -> str:
    return "local t = {} for i = 1, %d do t = {t} end " % levels  # noqa: UP031


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("local t = {} t.a = {b = t} ask(t)", "a.b: contains itself"),
        ("local t = {} t[1] = t ask({x = t})", "x[1]: contains itself"),
        (deep(70) + "ask({a = t})", "nested deeper than 60 levels"),
        ("ask({a = {coroutine.create(type)}})", "a[1]: is a thread, which cannot leave"),
        ("ask(coroutine.create(type))", "the value: is a thread"),
        ("ask({a = {[true] = 1}})", "a: has a key that is a boolean"),
        ("ask({[1.5] = 1})", "the value: has a key that is a float"),
        ("ask({a = {[{}] = 1}})", "a: has a key that is a table"),
        ("ask({[tostring] = 1})", "the value: has a key that is a function"),
        ("ask({a = {'ok', '\\255'}})", "a[2]: is not valid UTF-8"),
        ("ask(('ä'):sub(1, 1))", "the value: is not valid UTF-8; a cut such as s:sub(1, 100)"),
        ("ask({['\\255'] = 1})", "the value: is not valid UTF-8"),
        ("local t = {} for i = 1, 200001 do t[i] = i end ask({t = t})", "t[200000]: is larger than 200000"),
        ("local t = {} for i = 1, 9 do t = {t, t, t, t} end ask(t)", "is larger than 200000 values"),
        ("ask({a = ask})", None),
    ],
)  # fmt: skip
async def test_what_cannot_leave_says_where_it_is(body: str, message: str | None) -> None:
    text = f"local ok, e = pcall(function() {body} end)\nreturn {{ok, tostring(e), e and e.kind}}"
    if message is None:
        assert (await run(text))[0] is True
        return
    ok, said, kind = await run(text)
    assert (ok, kind) == (False, "procedure")
    assert said.startswith("story.lua:1: ")
    assert message in said


async def test_the_same_table_twice_is_no_circle() -> None:
    assert await run("local t = {1} return ask({t, t, {t}})") == [[1], [1], [[1]]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, object()]}, "a[2] is a object, which is not plain data"),
        ({"a": {"b": {1, 2}}}, "a.b is a set"),
        (b"bytes", "the value is a bytes"),
        ({"n": [2**63]}, "n[1] is an integer of more than 64 bits"),
        ({2**64: 1}, "the value has a key of more than 64 bits, 18446744073709551616"),
        ({"a": {1.5: 1}}, "a has the key 1.5; keys are strings or integers"),
        ({True: 1}, "the value has the key True"),
        ({None: 1}, "the value has the key None"),
    ],
)
async def test_what_does_not_fit_into_lua_says_where_it_is(value: object, message: str) -> None:
    text = "local ok, e = pcall(ask, 1) return {ok, e.message}"
    ok, said = await run(text, lambda _: value)
    assert ok is False
    assert said.startswith("the answer does not fit into Lua: ")
    assert message in said


async def test_an_answer_that_contains_itself_or_is_too_deep_is_refused() -> None:
    circle: list[Any] = []
    circle.append({"a": circle})
    _, said = await run("local ok, e = pcall(ask, 1) return {ok, e.message}", lambda _: circle)
    assert "nested deeper than 60 levels" in said


async def test_the_deepest_values_pass_both_ways() -> None:
    value: Any = 1
    for _ in range(58):
        value = [value]
    assert await run("return ask(1)", lambda _: value) == value


async def test_an_answer_of_too_many_values_is_refused_before_lua_sees_it() -> None:
    text = "local ok, e = pcall(ask, 1) return {ok, e.message}"
    ok, said = await run(text, lambda _: {"rows": [0] * 300_000})
    assert ok is False
    assert "rows[200000] is larger than 200,000 values" in said


@pytest.mark.parametrize(
    "value",
    [
        list(range(199_990)),
        {str(number): number for number in range(99_990)},
        "x" * 10_000_000,
        ["ä" * 1000] * 1000,
    ],
    ids=["a list", "a table", "a text", "texts"],
)
async def test_the_largest_values_pass_both_ways(value: object) -> None:
    assert await run("return ask(1)", lambda _: value) == value


async def test_functions_cross_as_references_that_come_back_as_functions() -> None:
    text = """
    local function f(x) return x + 1 end
    local back = ask({f = f})
    return {back.f == f, back.f(1)}
    """
    seen: list[object] = []

    def answer(value: object) -> object:
        seen.append(value)
        return value

    assert await run(text, answer) == [True, 2]
    assert seen == [{"f": FunctionRef(1)}]
