from typing import Any

import anyio
import pytest

from tactus.errors import DefinitionError, LimitError
from tactus.events import ToolCallEvent
from tests.providers.openai import Answer, Request, openai_server
from tests.providers.script import Call
from tests.tactus.runtime.conftest import Recorded, RunIt, open_runtime

SEARCH = """
search = Tool {
    description = "Search the shelves",
    input = { query = field.string{}, most = field.integer{default = 3, minimum = 1} },
    function(args)
        if args.query == "fail" then error("no such shelf") end
        return { found = args.query:upper(), most = args.most }
    end,
}
librarian = Agent { model = "openai/gpt-4o-mini", tools = { search, "now" } }
"""


def keyed(base_url: str, **more: Any) -> dict[str, Any]:
    return {"api_base": {"openai": base_url}, "secrets": {"OPENAI_API_KEY": "k"}, **more}


def called(done: Recorded) -> list[tuple[str, str, Any]]:
    return [
        (event.stage, event.tool_name, event.error or event.result)
        for event in done.events
        if isinstance(event, ToolCallEvent)
    ]


@pytest.mark.parametrize("listen", [True, False])
async def test_an_agent_calls_a_tool_of_the_procedure_and_answers(run: RunIt, listen: bool) -> None:
    text = f"""{SEARCH}
    local r = librarian("Find sea")
    return {{
        response = r.response, text = r.text, calls = r.tool_calls, shown = tostring(r),
        called = Tool.called("search"), other = Tool.called("now"),
        result = Tool.last_result(search), arguments = Tool.last_call("search"),
        stats = r.stream_stats ~= nil, tokens = r.usage.total_tokens,
    }}
    """
    answers = [Answer(("Looking. ", Call("search", {"query": "sea"}))), Answer(("Found ", "it."))]
    async with openai_server(*answers) as server:
        done = await run(text, listen=listen, **keyed(server.base_url))
    assert done.result.error is None
    asked, told = server.requests
    assert asked.tools == ("search", "now")
    assert "SEA" in told.results[0][1]
    arguments, result = {"query": "sea", "most": 3}, {"found": "SEA", "most": 3}
    assert done.result.value == {
        "response": "Found it.",
        "text": "Looking. \n\nFound it.",
        "shown": "Looking. \n\nFound it.",
        "calls": [{"name": "search", "arguments": arguments, "result": result}],
        "called": True,
        "other": False,
        "result": result,
        "arguments": arguments,
        "stats": listen,
        "tokens": 36,
    }
    if listen:
        assert [stage for stage, _, _ in called(done)] == ["started", "completed"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"query": "fail"}, "story.lua:6: no such shelf"),
        ({}, "query: is required (string), nothing came"),
        ({"query": "x", "most": 0}, "most: must be at least 1; 0 came"),
    ],
)
async def test_what_goes_wrong_in_a_tool_goes_back_to_the_model(
    run: RunIt, arguments: dict[str, Any], reason: str
) -> None:
    text = f"""{SEARCH}
    local r = librarian("Find it")
    return {{ text = r.response, error = r.tool_calls[1].error, called = Tool.called(search) }}
    """
    async with openai_server(Answer((Call("search", arguments),)), Answer(("Sorry.",))) as server:
        done = await run(text, **keyed(server.base_url))
    assert done.result.error is None
    assert reason in done.result.value["error"]
    assert done.result.value["text"] == "Sorry."
    assert done.result.value["called"] is False
    assert reason in server.requests[1].results[0][1]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("print", "is a function"),
        ("{ ratio = 0/0 }", "ratio: is nan"),
        ("coroutine.create(print)", "is a thread"),
    ],
)
async def test_what_a_tool_returns_must_be_json(run: RunIt, value: str, reason: str) -> None:
    text = f"""
    t = Tool {{ function() return {value} end }}
    a = Agent {{ provider = "demo", model = "tools", tools = {{ t }} }}
    return a("go").tool_calls[1].error
    """
    assert reason in (await run(text)).result.value


async def test_parallel_calls_run_at_once_and_may_call_agents(run: RunIt) -> None:
    text = """
    writer = Agent { model = "openai/writer" }
    write = Tool {
        input = { about = field.string{} },
        function(args) return writer("About " .. args.about).response end,
    }
    editor = Agent { model = "openai/editor", tools = { write } }
    local r = editor("Two stories")
    return { text = r.response, calls = r.tool_calls, last = Tool.last_result("write") ~= nil }
    """
    both = anyio.Event()
    waiting: list[str] = []

    def choose(request: Request) -> Answer:
        if request.model == "editor":
            if request.results:
                return Answer(("Done.",))
            return Answer((Call("write", {"about": "sea"}), Call("write", {"about": "sky"})))
        waiting.append(request.prompt)
        if len(waiting) == 2:
            both.set()
            server.release.set()
        return Answer((f"A story. {request.prompt}",), hold_after=0)

    async with openai_server(choose=choose) as server:
        with anyio.fail_after(10):
            done = await run(text, **keyed(server.base_url))
    assert done.result.error is None
    assert both.is_set()
    assert sorted(call["result"] for call in done.result.value["calls"]) == [
        "A story. About sea",
        "A story. About sky",
    ]
    ids = {event.turn_id for event in done.events if event.event_type == "agent_turn"}
    assert ids == {"turn-1", "turn-2", "turn-3"}
    assert [step.name for step in done.result.steps] == ["writer", "writer", "editor"]
    assert done.result.totals.turns == 3


async def test_the_failed_turn_of_an_agent_in_a_tool_is_told_to_the_model(run: RunIt) -> None:
    text = """
    helper = Agent { provider = "demo", model = "error-401" }
    ask = Tool { function() return helper("hi").response end }
    a = Agent { provider = "demo", model = "tools", tools = { ask } }
    return a("go").tool_calls[1].error
    """
    done = await run(text)
    assert done.result.error is None
    assert "story.lua:3: " in done.result.value
    assert "refused the key" in done.result.value
    assert done.only("error").turn_id == "turn-2"


async def test_a_limit_that_is_reached_in_a_tool_ends_the_run(run: RunIt) -> None:
    text = """
    spin = Tool { function() pcall(function() while true do end end) end }
    a = Agent { provider = "demo", model = "tools", tools = { spin } }
    pcall(a, "go")
    """
    done = await run(text, limits={"instructions": 1_000_000})
    assert isinstance(done.result.error, LimitError)
    assert done.result.error.limit == "instructions"
    assert done.story[-3:] == ["agent_turn:stopped", "error", "run_finished"]


async def test_an_agent_whose_tool_calls_it_again_and_again_comes_to_an_end(run: RunIt) -> None:
    text = """
    local a
    local function go()
        local call = a("go").tool_calls[1]
        return call.error or call.result
    end
    again = Tool { go }
    a = Agent { provider = "demo", model = "tools", tools = { again } }
    return go()
    """
    done = await run(text)
    assert done.result.error is None
    assert 'the agent "a" is called 8 turns deep' in done.result.value


async def test_a_turn_may_be_given_other_tools(run: RunIt) -> None:
    text = f"""{SEARCH}
    other = Tool {{ function() return 1 end }}
    librarian{{message = "Find", tools = {{ other }}}}
    librarian{{message = "Find", tools = {{}}}}
    librarian("Find")
    """
    async with openai_server(Answer(("Fine.",))) as server:
        done = await run(text, **keyed(server.base_url))
    assert done.result.error is None
    assert [request.tools for request in server.requests] == [("other",), (), ("search", "now")]


async def test_the_tools_of_the_toolbox_are_known_by_what_they_were_granted_as(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini", tools = { "tactus.done" } }
    a("Work")
    return { Tool.called("done"), Tool.called("tactus.done"), Tool.last_call("done").reason }
    """
    answer = Answer((Call("done", {"reason": "All read."}),))
    async with openai_server(answer, Answer(("Bye.",))) as server:
        done = await run(text, **keyed(server.base_url))
    assert done.result.value == [True, True, "All read."]


@pytest.mark.parametrize(
    ("declared", "line", "message"),
    [
        ('tools = { "nwo" }', 3, 'the agent "a": there is no tool "nwo". Did you mean "now"?'),
        ('tools = { "serch" }', 3, 'Did you mean "search"?'),
        ('tools = { "mcp.files" }', 3, 'there is no tool "mcp.files"'),
    ],
)
async def test_a_tool_that_does_not_exist_is_an_error_at_the_line_of_the_agent(
    run: RunIt, declared: str, line: int, message: str
) -> None:
    text = f"""
search = Tool {{ function() end }}
a = Agent {{ provider = "demo", {declared} }}
a("go")
"""
    done = await run(text)
    async with open_runtime() as runtime:
        with pytest.raises(DefinitionError) as raised:
            runtime.load(text, "story.lua")
    for error in (done.result.error, raised.value):
        assert isinstance(error, DefinitionError)
        assert message in error.message
        assert (error.file, error.line) == ("story.lua", line)
    assert done.result.totals.turns == 0


async def test_a_tool_of_a_turn_that_does_not_exist_is_an_error_at_the_call(run: RunIt) -> None:
    text = """
    a = Agent { provider = "demo" }
    local ok, e = pcall(a, {message = "go", tools = { "nwo" }})
    return { kind = e.kind, message = e.message, line = e.line }
    """
    value = (await run(text)).result.value
    assert (value["kind"], value["line"]) == ("definition", 3)
    assert 'Did you mean "now"?' in value["message"]


async def test_a_tool_that_may_reach_nothing_is_an_error_at_the_line_of_the_agent(
    run: RunIt,
) -> None:
    done = await run('\na = Agent { provider = "demo", tools = { "http.get" } }\n\na("go")')
    assert isinstance(done.result.error, DefinitionError)
    assert done.result.error.line == 2
    assert "may reach no host" in done.result.error.message


async def test_two_tools_of_one_name_are_refused(run: RunIt) -> None:
    text = """
    http_get = Tool { function() end }
    a = Agent { provider = "demo", tools = { http_get, "http.get" } }
    a("go")
    """
    done = await run(text, tools={"http_hosts": ["example.com"]})
    assert done.result.error is not None
    assert 'your tool "http_get" and the tool "http.get"' in done.result.error.message


async def test_a_structured_agent_answers_with_a_table(run: RunIt) -> None:
    text = """
    a = Agent {
        model = "openai/gpt-4o-mini",
        output = { name = field.string{}, age = field.integer{required = false} },
    }
    local r = a("Who?")
    return { name = r.response.name, missing = r.response.age == nil, shown = tostring(r) }
    """
    async with openai_server(Answer(('{"name": "Zoë", ', '"age": null}'))) as server:
        done = await run(text, **keyed(server.base_url))
    assert done.result.error is None
    assert done.result.value == {"name": "Zoë", "missing": True, "shown": '{"name": "Zoë"}'}


async def test_a_fallback_is_not_asked_in_place_of_a_model_that_was_chosen_for_all(
    run: RunIt,
) -> None:
    text = 'a = Agent { model = "openai/x", fallback = {"demo/echo"} }\na("hi demo/error-500")'
    done = await run(text, model="mine", models={"mine": "demo/demo"}, retries=0)
    assert done.result.error is not None
    assert done.result.error.code == "turn.server"


async def test_tokens_beyond_the_limit_end_a_turn_while_it_streams(run: RunIt) -> None:
    text = 'a = Agent { model = "openai/gpt-4o-mini" }\npcall(a, "hi")'
    async with openai_server(Answer(("word " * 400,) * 4, hold_after=2)) as server:
        with anyio.fail_after(10):
            done = await run(text, **keyed(server.base_url, limits={"max_tokens": 300}))
        await server.gone.wait()
    assert isinstance(done.result.error, LimitError)
    assert done.result.error.limit == "tokens"
    assert "agent_turn:stopped" in done.story
    assert done.result.totals.output_tokens
