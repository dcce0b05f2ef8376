from collections.abc import Mapping
from typing import Any

import pytest

from tactus.definitions import ProcedureDefinition, ToolDefinition
from tactus.dsl.loader import load
from tactus.errors import ProcedureError, TactusError
from tactus.events import LogEvent
from tactus.settings import Limits


def define(text: str) -> ProcedureDefinition:
    program = load(text, "story.lua", limits=Limits())
    program.close()
    return program.definition


def only_tool(text: str) -> ToolDefinition:
    (tool,) = define(text).tools
    return tool


def said(text: str, params: Mapping[str, Any] | None = None) -> list[str]:
    lines: list[LogEvent] = []
    load(text, "story.lua", limits=Limits(), params=params, log=lines.append).close()
    return [line.message for line in lines]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("search = Tool { function() end }", "search"),
        ("local find = Tool { function() end }", "find"),
        ('search = Tool { name = "web-search", function() end }', "web-search"),
        ("local list = { Tool { function() end } }\nlater = list[1]", "later"),
        ("local list = { Tool { function() end } }", "tool_1"),
    ],
)
def test_a_tool_is_named_by_itself_or_by_what_it_is_assigned_to(text: str, name: str) -> None:
    assert only_tool(text).name == name


def test_a_tool_keeps_the_name_that_an_agent_was_given_it_by() -> None:
    text = """
    local list = { Tool { function() end } }
    a = Agent { provider = "demo", tools = list }
    search = list[1]
    """
    defined = define(text)
    assert defined.agents[0].tools == (defined.tools[0].name,) == ("tool_1",)


def test_a_tool_says_what_it_takes() -> None:
    tool = only_tool(
        """
        search = Tool {
            description = "Search the shelves",
            input = { query = field.string("What for"), most = field.integer{default = 3} },
            function(args) end,
        }
        """
    )
    assert (tool.description, tool.line) == ("Search the shelves", 2)
    assert list(tool.input) == ["query", "most"]
    assert tool.input["query"].description == "What for"


def test_handles_and_names_are_granted_alike() -> None:
    text = """
    search = Tool { function() end }
    a = Agent { provider = "demo", tools = { search, "now", "mcp.files" } }
    b = Agent { provider = "demo", tools = {} }
    """
    assert [agent.tools for agent in define(text).agents] == [("search", "now", "mcp.files"), ()]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("Tool(3)", "Tool takes a table of options, a number came", 1),
        ("\nt = Tool { input = {} }", "Tool needs a function as its body", 2),
        ("t = Tool { 1 }", "Tool needs a function as its body", 1),
        ("t = Tool { function() end, 2 }", "Tool takes named options and one function", 1),
        ("t = Tool { inputs = {}, function() end }", 'Did you mean "input"?', 1),
        ("t = Tool { line = 3, function() end }", 'no option "line"', 1),
        ("t = Tool { description = 3, function() end }", "description: must be text; 3 came", 1),
        ("t = Tool { input = { q = 1 }, function() end }", "q is not a field", 1),
        ('t = Tool { name = "http.get", function() end }', "is no name for a tool", 1),
        ('t = Tool { name = "", function() end }', "is no name for a tool", 1),
        ("t = Tool { name = 3, function() end }", "a name is text", 1),
        ("t = Tool { function() end }\nt = Tool { function() end }", '"t" is declared already', 2),
        ("t = Tool { function() end }\nt.body = 1", "a tool cannot be changed", 2),
        ("t = Tool { function() end }\nt.run()", "a tool has no run", 2),
        ("Tool.called({})", "Tool.called takes the name of a tool, a table came", 1),
        ("Tool.last_call()", "Tool.last_call takes the name of a tool, a nil came", 1),
    ],
)
def test_a_wrong_tool_names_its_line_and_what_is_wrong(text: str, message: str, line: int) -> None:
    with pytest.raises(TactusError) as raised:
        define(text)
    assert message in str(raised.value)
    assert (raised.value.file, raised.value.line) == ("story.lua", line)


def test_a_tool_is_called_like_a_function_with_checked_arguments() -> None:
    text = """
    add = Tool {
        input = { a = field.integer{}, b = field.integer{default = 2} },
        function(args) return args.a + args.b end,
    }
    ask = Tool { function(args) return next(args) == nil end }
    print(add{a = 3.0}, add({a = 3, b = 4}), ask(), ask{})
    print(add.name, tostring(add), Tool.called("add"), Tool.last_result(add), Tool.last_call("add"))
    """
    assert said(text) == ["5\t7\ttrue\ttrue", "add\ttool: add\tfalse\tnil\tnil"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("add{}", "add: a: is required (integer), nothing came"),
        ('add{a = "x"}', 'add: a: must be an integer; "x" came'),
        ("add{a = 1, c = 2}", "add: c: is not declared."),
        ("add(3)", "add takes a table of named arguments"),
    ],
)
def test_a_call_that_does_not_fit_is_an_error_at_its_line(call: str, message: str) -> None:
    tool = "add = Tool { input = { a = field.integer{} }, function(args) return args.a end }"
    with pytest.raises(ProcedureError) as raised:
        define(f"{tool}\n{call}")
    assert message in raised.value.message
    assert raised.value.line == 2


def test_the_error_of_a_tool_that_is_called_directly_can_be_caught() -> None:
    text = """
    t = Tool { function() error("no such shelf") end }
    local ok, problem = pcall(t)
    print(ok, problem)
    """
    assert said(text) == ["false\tstory.lua:2: no such shelf"]
