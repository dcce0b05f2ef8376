# ruff: noqa: E501  a row of Lua stays a row
"""What we wrote anew behaves as Lua 5.4 does."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tactus.lua.reference import of_lua, of_ours

PATTERNS = [
    '"hello world", "o"', '"hello world", "(o)(.)"', '"hello", "()l()"', '"hello", ""', '"", ""',
    '"", "^$"', '"abc", "^b"', '"abc", "c$"', '"a$b", "a$b"', '"a^b", "a^b"', '"a.b", "a%.b"',
    '"key = value", "(%w+)%s*=%s*(%w+)"', '"  trim  ", "^%s*(.-)%s*$"', '"[[x]]", "%[%[(.-)%]%]"',
    '"f(a(b)c)d", "%b()"', '"f(a(b)c", "%b()"', '"THE (quick) fox", "%f[%a]%a+%f[%A]"',
    '"abcabc", "(abc)%1"', '"abab", "(a)(b)%1%2"', '"aXb", "%u"', '"a-b", "[a-z%-]+"',
    '"a]b", "[]]"', '"a]b", "[^]]+"', '"a-b", "[a-]+"', '"x^y", "[x^]+"', '"\\0a\\0", "%z"',
    '"\\0a\\0", "[%z\\0]+"', '"äöü", "[\\128-\\255]+"', '"aaa", "a-"', '"aaa", "a-$"', '"aaa", "a?a?a?a?"',
    '"aaa", "a*"', '"aaa", "a+b?"', '"%d", "%%d"', '"x", "%"', '"x", "[x"', '"x", "(x"', '"x", "x)"',
    '"x", "%b"', '"x", "%bx"', '"x", "%f"', '"x", "%1"', '"x", "(%1)"', '"x", "[%"', '"x", "[]"', '"x", "[^]"',
    '"x", "%g%p*%c*%l%u*%x*"', '"x", ("(x?)"):rep(33)', '"x", ("(x?)"):rep(32)', '"a\\nb", ".+"',
    '"abc", "b", -2', '"abc", "b", 3', '"abc", "b", 10', '"abc", "", 10', '"abc", "", 4', '"abc", "b", "2"',
    '"abc", "b", -10', '123, 2', '"a.b", ".", 1, true', '"a+b", "+", 1, true', '"a", "", 3, true', '"x", nil',
    'nil, "x"', '{}, "x"', '"x", {}', '"abc", "b", 1.5', '"abc", "b", "x"', '"abc", "b", {}',
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("find", arguments) for arguments in PATTERNS]
    # A stray ")" is no special character: ours takes it as find does.
    + [("match", arguments) for arguments in PATTERNS if arguments != '"x", "x)"'],
)
def test_patterns_are_found_as_in_lua(function: str, arguments: str) -> None:
    body = f"return string.{function}({arguments})"
    assert of_ours(body) == of_lua(body)


# By the estimate this costs so much that ours matches it; it is an instant's work.
OURS = '("\\1?"):rep(24)'


@pytest.mark.parametrize(
    "arguments",
    [
        a
        for a in PATTERNS
        if a.startswith('"') and a.count(", ") == 1 and a[-1] in '")' and "nil" not in a
    ],
)
def test_what_our_matcher_finds_is_what_lua_finds(arguments: str) -> None:
    text, pattern = arguments.split(", ", 1)
    body = (
        f"local s, p = {text}, {pattern} return {{s:find(p .. {OURS})}}, {{s:match(p .. {OURS})}}"
    )
    assert of_ours(body) == of_lua(body)


ITEMS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "%a",
        "%d",
        "%s",
        "[ab]",
        "[^a]",
        "[a-c]",
        "(a)",
        "()",
        "(.-)",
        "%1",
        "%b()",
        "%f[a]",
        "$",
        "^",
    ]
)
PATTERN = st.lists(
    st.tuples(ITEMS, st.sampled_from(["", "", "*", "+", "-", "?"])), min_size=1, max_size=5
).map(lambda items: "".join(item + suffix for item, suffix in items))
SUBJECT = st.text("ab(1) c", max_size=8)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(subject=SUBJECT, pattern=PATTERN)
def test_random_patterns_on_our_matcher_find_what_lua_finds(subject: str, pattern: str) -> None:
    body = f"""
    local s, p = "cc{subject}", "{pattern}" .. {OURS}
    return {{s:find(p)}}, {{s:match(p, 2)}}, {{s:find("^" .. p, 3)}}, {{s:gsub(p, "<%0>")}}"""
    assert of_ours(body) == of_lua(body)


@FEW
@given(
    subject=SUBJECT,
    pattern=PATTERN,
    with_=st.sampled_from(["", "x", "%0", "<%1>", "%%", "%9", "%"]),
)
def test_random_replacements_are_those_of_lua(subject: str, pattern: str, with_: str) -> None:
    body = f"""
    local s, p, w = "{subject}", "{pattern}", "{with_}"
    local all = {{}}
    for a, b in s:gmatch(p) do all[#all + 1] = a all[#all + 1] = b end
    return {{s:gsub(p, w)}}, {{s:gsub(p, w, 1)}}, all,
        {{s:gsub(p, function(a, b) return b and a .. b end)}}, {{s:gsub(p, {{a = "A", [1] = "one"}})}}"""
    assert of_ours(body) == of_lua(body)


BLOCKS = {
    "gsub with a table": 'return ("$a $b $c"):gsub("%$(%w)", {a = 1, b = "two", c = false})',
    "gsub with a function": 'return ("abc"):gsub("%w", function(c) if c ~= "b" then return c:upper() end end)',
    "gsub with a number": 'return ("abc"):gsub("b", 7)',
    "gsub at most": 'return ("aaaa"):gsub("a", function() return "b" end, 2)',
    "gsub at most none": 'return ("aaaa"):gsub("a", "b", 0)',
    "gsub at most a text": 'return ("aaaa"):gsub("a", function() return "b" end, "3")',
    "gsub of nothing": 'return ("abc"):gsub("", "-")',
    "gsub anchored": 'return ("aaa"):gsub("^a", function() return "b" end)',
    "gsub with a wrong value": 'return ("a"):gsub("a", function() return {} end)',
    "gsub with a wrong replacement": 'return ("a"):gsub("a", true)',
    "gsub with a wrong capture": 'return ("a"):gsub("a", "%2")',
    "gsub with a stray percent": 'return ("a"):gsub("a", "%x")',
    "gsub of positions": 'return ("abc"):gsub("()b", function(at) return at end)',
    "gmatch": 'local t = {} for k, v in ("a=1, b=2"):gmatch("(%w)=(%w)") do t[#t+1] = k .. v end return t',
    "gmatch of nothing": 'local t = {} for at in ("abc"):gmatch("()") do t[#t+1] = at end return t',
    "gmatch from": 'local t = {} for c in ("abc"):gmatch("%w", 2) do t[#t+1] = c end return t',
    "gmatch from behind": 'local t = {} for c in ("abc"):gmatch("%w", -1) do t[#t+1] = c end return t',
    "gmatch with a caret": 'local t = {} for c in ("^a^a"):gmatch("^a") do t[#t+1] = c end return t',
    "rep": 'return ("ab"):rep(3), ("ab"):rep(3, ","), ("x"):rep(0), ("x"):rep(-1), ("x"):rep("2"), ("x"):rep(2.0)',
    "rep of no number": 'return ("x"):rep("y")',
    "rep of a fraction": 'return ("x"):rep(1.5)',
    "format": 'return ("%5d|%-5s|%05.1f|%x|%q|%c|%i|%%|%s|%g"):format(3, "a", 2.25, 255, "q\\n", 65, 7, nil, 0.1)',
    "format of a table with __tostring": 'return ("%s"):format(setmetatable({}, {__tostring = function() return "T" end}))',
    "format with too little": 'return ("%d"):format()',
    "format of a wrong type": 'return ("%d"):format("x")',
    "format of a fraction": 'return ("%d"):format(1.5)',
    "format of precision": 'return ("%.3s|%10.2s|"):format("abcdef", "xyz")',
    "other text functions": 'return ("aBc"):upper(), ("aBc"):lower(), ("abc"):reverse(), ("abc"):byte(1, -1), #("abc"), ("abc"):sub(-2)',
    "numbers in texts": 'return "10" + 1, "3" * "4", 10 .. 20, "0x10" + 0, -"2", "7" // 2, "2" ^ 2, "7" % 4, 10 == "10"',
    "text that is no number": 'return "a" + 1',
    "tostring": 'return tostring(nil), tostring(1), tostring(1.0), tostring(-0.0), tostring(1e100), tostring(2^63), tostring(true), tostring(1/0)',
    "tostring with __name": 'return (tostring(setmetatable({}, {__name = "N"})):gsub(": .*", ""))',
    "tostring with a wrong __tostring": "return tostring(setmetatable({}, {__tostring = function() return 1 end}))",
    "tonumber": 'return tonumber("0x1p4"), tonumber(" 5 "), tonumber("z", 36), tonumber("8", 8), tonumber(""), tonumber("1e")',
    "concat": 'return table.concat({1, 2, 3}, "-"), table.concat({}, "x"), table.concat({1, 2, 3}, "-", 2), table.concat({1, 2, 3}, "-", 2, 2), table.concat({1,2}, "", 3)',
    "concat of a table": 'return table.concat({1, {}, 3})',
    "insert and remove": 'local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) local a, b = table.remove(t), table.remove(t, 1) return t, a, b, table.remove({}), table.remove({}, 0)',
    "insert out of bounds": "table.insert({1}, 5, 1)",
    "insert of too much": "table.insert({1}, 1, 2, 3)",
    "insert of nothing": "table.insert({1})",
    "insert into nothing": "table.insert(nil, 1)",
    "remove out of bounds": "table.remove({1}, 5)",
    "objects as lists": 'local C = {} C.__index = C local o = setmetatable({}, C) table.insert(o, "b") table.insert(o, 1, "a") return o, table.concat(o), table.remove(o, 1), o[1], #o, table.unpack(o)',
    "a proxy as a list": """
        local store, log = {3, 1, 2}, {}
        local p = setmetatable({}, {
            __len = function() return #store end, __index = store,
            __newindex = function(_, k, v) log[#log + 1] = k store[k] = v end,
        })
        table.insert(p, 9) table.insert(p, 1, 0) table.sort(p) table.move(p, 1, 2, 4)
        return store, table.concat(p, ","), table.remove(p), table.remove(p, 1), store, table.unpack(p)""",
    "move": 'return table.move({1, 2, 3}, 1, 3, 2), table.move({1, 2, 3}, 2, 3, 1), table.move({1, 2, 3}, 1, 3, 1, {}), table.move({1}, 1, 0, 5)',
    "move backwards on an object": 'local t = setmetatable({1, 2, 3}, {__index = {}}) return table.move(t, 1, 3, 2), table.move(t, 2, 4, 1)',
    "move of texts": 'return table.move({1, 2}, "1", "2", "2")',
    "unpack": "return table.unpack({1, 2, nil, 4}, 1, 4)",
    "unpack of a range": "return table.unpack({1, 2, 3}, 2)",
    "unpack of too much": "return table.unpack({}, 1, 5000000)",
    "pack": "local t = table.pack(1, nil, 3) return t.n, t[1], t[2], t[3]",
    "sort": 'local t = {5, 3, 9, 1} table.sort(t) local u = {"b", "a", "C"} table.sort(u) local v = {1, 2, 3} table.sort(v, function(a, b) return a > b end) return t, u, v',
    "sort of a mixture": 'table.sort({1, "x"})',
    "sort with no function": "table.sort({2, 1}, 5)",
    "sort of no table": "table.sort(5)",
    "next": "return next({}), next({7}), next({7}, 1)",
    "next of a wrong key": "return next({}, 5)",
    "pairs with __pairs": "local t = {} for k, v in pairs(setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 1, 2 end end, t end})) do t[#t+1] = k t[#t+1] = v end return t",
    "clearing while walking": 'local t = {a = 1, b = 2, c = 3} local n = 0 for k in pairs(t) do t[k] = nil n = n + 1 end return n, next(t)',
    "ipairs to a hole": "local s = 0 for _, v in ipairs({1, 2, nil, 4}) do s = s + v end return s",
    "float keys are integers": 'local t = {} t[1.0] = "a" t[2^53] = "b" return t[1], t[2^53 | 0]',
    "a NaN key": "local t = {} t[0/0] = 1",
    "integer division and overflow": "return 7 // 2, -7 // 2, 7 % -3, math.maxinteger + 1 == math.mininteger, 1 // 0.0, 3 | 4, ~0",
    "division by zero": "return 1 // 0",
    "goto": "local t = {} for i = 1, 3 do if i == 2 then goto continue end t[#t+1] = i ::continue:: end return t",
    "const and close": """
        local log = {}
        do
            local a <const> = 1
            local b <close> = setmetatable({}, {__close = function(_, e) log[#log+1] = "b" end})
            local c <close> = setmetatable({}, {__close = function(_, e) log[#log+1] = "c" end})
            log[#log+1] = a
        end
        return log""",
    "close after an error": """
        local seen
        local ok, e = pcall(function()
            local x <close> = setmetatable({}, {__close = function(_, e) seen = e end})
            error("boom", 0)
        end)
        return ok, e, seen""",
    "an error in a close": """
        return pcall(function()
            local x <close> = setmetatable({}, {__close = function() error("second", 0) end})
            error("first", 0)
        end)""",
    "pcall and error": 'return pcall(error), pcall(error, nil), pcall(error, {}), select("#", pcall(error)), pcall(error, "m", 0)',
    "pcall of no function": "return pcall(5)",
    "pcall passes everything": "return pcall(function(...) return select('#', ...), ... end, nil, 2, nil)",
    "error levels": 'local function f() error("x", 2) end f()',
    "xpcall": 'return xpcall(function(a) return a end, tostring, 5), xpcall(error, function(e) return "<" .. e .. ">" end, "m")',
    "xpcall without a handler": "return xpcall(error)",
    "assert": 'return pcall(assert, false), pcall(assert, nil, "m"), pcall(assert, 1, 2), pcall(assert, false, {})',
    "select": 'return select("#"), select("#", nil, nil), select(2, 1, 2, 3), select(-1, 1, 2)',
    "utf8": 'local t = {} for p, c in utf8.codes("aä") do t[#t+1] = p t[#t+1] = c end return t, utf8.len("äö"), utf8.len("\\xff"), utf8.char(228), utf8.offset("äö", 2), utf8.codepoint("ä", 1)',
}  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_comes_to_what_it_comes_to_in_lua(block: str) -> None:
    assert of_ours(BLOCKS[block]) == of_lua(BLOCKS[block])


def test_sorting_is_stable() -> None:
    body = """
    local t = {} for i = 1, 500 do t[i] = {i % 7, i} end
    table.sort(t, function(a, b) return a[1] < b[1] end)
    for i = 2, #t do
        if t[i - 1][1] == t[i][1] then assert(t[i - 1][2] < t[i][2]) end
    end
    return #t"""
    assert of_ours(body) == "true|500"


@FEW
@given(st.lists(st.integers(-50, 50), max_size=60))
def test_sorting_random_numbers_gives_what_lua_gives(numbers: list[int]) -> None:
    body = f"local t = {{{','.join(map(str, numbers))}}} table.sort(t) return t"
    assert of_ours(body) == of_lua(body)
