from collections.abc import Mapping
from typing import Any

import pytest

from tactus.definitions import AgentDefinition, ProcedureDefinition
from tactus.dsl.loader import load
from tactus.errors import DefinitionError, InputError, TactusError
from tactus.events import LogEvent
from tactus.settings import Limits


def define(text: str, params: Mapping[str, Any] | None = None) -> ProcedureDefinition:
    program = load(text, "story.lua", limits=Limits(), params=params)
    program.close()
    return program.definition


def only_agent(text: str) -> AgentDefinition:
    (agent,) = define(text).agents
    return agent


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('storyteller = Agent { model = "openai/gpt-4o" }', "storyteller"),
        ('local narrator = Agent { model = "openai/gpt-4o" }', "narrator"),
        ('agent("assistant", { model = "openai/gpt-4o" })', "assistant"),
        ('a, b = 1, Agent { model = "openai/gpt-4o" }', "b"),
        ('local list = { Agent { model = "openai/gpt-4o" } }', "agent_1"),
    ],
)
def test_an_agent_is_named_by_what_it_is_assigned_to(text: str, name: str) -> None:
    assert only_agent(text).name == name


@pytest.mark.parametrize(
    "options",
    [
        'provider = "openai", model = "gpt-4o"',
        'model = "openai/gpt-4o"',
    ],
)
def test_provider_and_model_are_written_apart_or_together(options: str) -> None:
    agent = only_agent(f"a = Agent {{ {options} }}")
    assert (agent.provider, agent.model) == ("openai", "gpt-4o")


def test_a_provider_written_twice_is_taken_once() -> None:
    agent = only_agent('a = Agent { provider = "openai", model = "openai/gpt-4o" }')
    assert (agent.provider, agent.model) == ("openai", "gpt-4o")


def test_an_agent_knows_its_name_however_it_got_it() -> None:
    text = """
    first = Agent { provider = "demo" }
    local second = Agent { provider = "demo" }
    third = 1
    third = Agent { provider = "demo" }
    agent("fourth", { provider = "demo" })
    print(first.name, second.name, third.name, fourth.name)
    """
    lines: list[LogEvent] = []
    load(text, "story.lua", limits=Limits(), log=lines.append).close()
    assert lines[0].message == "first\tsecond\tthird\tfourth"


def test_two_agents_on_one_line_have_two_names() -> None:
    text = 'a = Agent { provider = "demo" } local b = Agent { provider = "demo" }'
    assert [agent.name for agent in define(text).agents] == ["a", "b"]


def test_a_model_name_with_slashes_keeps_them_behind_its_provider() -> None:
    agent = only_agent('a = Agent { model = "openrouter/meta/llama-3" }')
    assert (agent.provider, agent.model) == ("openrouter", "meta/llama-3")


def test_the_demo_needs_no_model() -> None:
    agent = only_agent('a = Agent { provider = "demo" }')
    assert (agent.provider, agent.model) == ("demo", "demo")


def test_every_option_of_an_agent_is_kept() -> None:
    agent = only_agent(
        """
        a = Agent {
            model = "openai/gpt-4o", system_prompt = "Be kind.", temperature = 0.5,
            max_tokens = 100, timeout = 20, disable_streaming = true, reasoning = "low",
            retry_mid_stream = true, fallback = {"anthropic/claude", "demo"}, tools = {"now"},
            max_steps = 3, output = { name = field.string{} }, cache = 60,
        }
        """
    )
    told = agent.model_dump(exclude_none=True)
    assert told.pop("output") == {"name": {"type": "string"}}
    assert told == {
        "name": "a",
        "provider": "openai",
        "model": "gpt-4o",
        "system_prompt": "Be kind.",
        "temperature": 0.5,
        "max_tokens": 100,
        "reasoning": "low",
        "timeout": {"first": 20.0, "gap": 20.0},
        "disable_streaming": True,
        "retry_mid_stream": True,
        "fallback": ("anthropic/claude", "demo/demo"),
        "tools": ("now",),
        "max_steps": 3,
        "cache": 60.0,
        "line": 2,
    }


def test_patience_is_one_number_or_one_for_each() -> None:
    agent = only_agent('a = Agent { provider = "demo", timeout = {first = 60, gap = 5} }')
    assert (agent.timeout.first, agent.timeout.gap) == (60, 5)


def test_a_model_may_be_a_name_of_the_users_own() -> None:
    text = 'a = Agent { model = "fast", fallback = {"slow"} }'
    aliases = {"fast": "openai/gpt-4o-mini", "slow": "ollama/llama3"}
    program = load(text, "story.lua", limits=Limits(), aliases=aliases)
    (agent,) = program.definition.agents
    program.close()
    assert (agent.provider, agent.model) == ("openai", "gpt-4o-mini")
    assert agent.fallback == ("ollama/llama3",)


def test_a_misspelt_name_for_a_model_gets_the_nearest() -> None:
    with pytest.raises(DefinitionError, match=r'no name in \[models\]\. Did you mean "fast"\?'):
        load('a = Agent { model = "fats" }', "a.lua", limits=Limits(), aliases={"fast": "demo/x"})


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            '\na = Agent { model = "openai/x", sytem_prompt = "hi" }',
            'the agent "a" has no option "sytem_prompt". Did you mean "system_prompt"?',
            2,
        ),
        ('a = Agent { provider = "openai" }', "an agent needs a model", 1),
        ('a = Agent { model = "gpt-4o" }', "the model 'gpt-4o' has no provider", 1),
        (
            'a = Agent { model = "openai/x", temperature = 3 }',
            "temperature: must be at most 2; 3 came",
            1,
        ),
        ('a = Agent { model = "openai/x", temperature = "hot" }', "temperature", 1),
        ("a = Agent(3)", "Agent takes a table of options, a number came", 1),
        ('agent({ model = "openai/x" })', "agent takes a name first", 1),
        ('a = Agent { model = "openai/x", name = "b" }', 'no option "name"', 1),
        ('output { story = "text" }', "output: story is not a field", 1),
        ('a = Agent { provider = "demo", tools = "now" }', "tools takes a list of tools", 1),
        ('a = Agent { provider = "demo", tools = { 3 } }', "1 is a number", 1),
        ('a = Agent { provider = "demo", timeout = 0 }', "must be greater than 0; 0 came", 1),
        ('a = Agent { provider = "demo", reasoning = "much" }', "must be one of", 1),
        ('a = Agent { provider = "demo", fallback = { "gpt" } }', "'gpt' has no provider", 1),
        ('a = Agent { provider = "demo", fallback = "b/c" }', "fallback: must be a list", 1),
        ('a = Agent { provider = "demo", output = { x = 1 } }', "agent: x is not a field", 1),
        ('a = Agent { provider = "demo", max_steps = 0 }', "must be greater than 0", 1),
        ("output { field.string{} }", "output takes named fields", 1),
        ("output { a = field.string{} }\noutput { b = field.string{} }", "declared twice", 2),
        (
            "input { a = field.string{defualt = 1} }",
            'input: a has no option "defualt". Did you mean "default"?',
            1,
        ),
        ("input { a = field.integer{default = 'x'} }", "a: the default: must be an integer", 1),
        ("input { a = field.string{minimum = 3} }", "a: a string field has no minimum", 1),
        ('a = Agent { "openai/gpt-4o" }', "Agent takes named options", 1),
        ('a = Agent { model = "openai/" }', "the model is empty", 1),
        ('agent("", { model = "openai/x" })', "is no name", 1),
        ('agent("my agent", { model = "openai/x" })', "is no name", 1),
        ('agent("a", {model="b/c"})\nagent("a", {model="b/c"})', '"a" is declared already', 2),
        ("output = { story = field.string{} }", "output { … }, without =", 1),
        ("\ninput = { story = field.string{} }", "input { … }, without =", 2),
        ("field.strin{}", "strin", 1),
        ("Procedure { output = {} }", "Procedure needs a function as its body", 1),
        ("Procedure { inputs = {}, function() end }", "Procedure has no option inputs", 1),
        (
            "Procedure { function() end }\nProcedure { function() end }",
            "has a Procedure already",
            2,
        ),
        ('a = Agent { model = "openai/x" }\na.model = "y"', "an agent cannot be changed", 2),
        ('a = Agent { model = "openai/x" }\na.run()', "an agent has no run", 2),
        ("input { a = field.string{} }\ninput.b = 3", 'the input "b" is not declared', 2),
        ("input { topic = field.string{} }\nprint(input.topci)", 'Did you mean "topic"?', 2),
        ("print(params.topic)", 'the input "topic" is not declared', 1),
        ("State.set(1, 2)", "State.set takes a name first", 1),
        ("State.get = 1", "State.get is a function", 1),
        ("Json.decode(3)", "Json.decode takes text", 1),
        ('Json.decode("{oops")', "Json.decode: not JSON at line 1", 1),
    ],
)
def test_a_wrong_declaration_names_its_line_and_what_is_wrong(
    text: str, message: str, line: int
) -> None:
    with pytest.raises(TactusError) as raised:
        define(text)
    assert message in str(raised.value)
    assert (raised.value.file, raised.value.line) == ("story.lua", line)


def test_fields_are_declared_with_everything_they_say() -> None:
    defined = define(
        """
        input { topic = field.string{description = "About what", enum = {"sea", "sky"}} }
        output { names = field.array{items = field.string{}}, story = field.string("The story") }
        """
    )
    assert defined.input is not None
    assert defined.output is not None
    assert defined.input["topic"].enum == ("sea", "sky")
    assert defined.input["topic"].is_required
    assert defined.output["names"].items is not None
    assert defined.output["story"].description == "The story"


def test_fields_are_declared_in_the_order_in_which_they_are_written() -> None:
    defined = define("input { z = field.string{}, a = field.string{},\n m = field.integer{} }")
    assert defined.input is not None
    assert list(defined.input) == ["z", "a", "m"]


def test_the_procedure_form_declares_the_same() -> None:
    defined = define(
        """
        Procedure {
            input = { topic = field.string{} },
            output = { story = field.string{} },
            function(input) error("a check does not run the body") end,
        }
        """
    )
    assert defined.input is not None
    assert list(defined.input) == ["topic"]
    assert defined.output is not None
    assert list(defined.output) == ["story"]


def test_a_check_runs_with_placeholders_up_to_the_first_turn() -> None:
    defined = define(
        """
        input { topic = field.string{}, words = field.integer{}, kind = field.string{enum={"a"}} }
        a = Agent { model = "openai/gpt-4o" }
        local prompt = "About " .. input.topic .. " in " .. input.words + 1 .. input.kind
        a(prompt)
        error("not reached by a check")
        """
    )
    assert [agent.name for agent in defined.agents] == ["a"]


def test_all_problems_of_the_input_are_told_at_once() -> None:
    text = "\ninput { topic = field.string{}, words = field.integer{} }"
    with pytest.raises(InputError) as raised:
        define(text, {"words": "many", "tpoic": "sea"})
    assert raised.value.line == 2
    for said in ("topic: is required", "words: must be an integer", 'Did you mean "topic"?'):
        assert said in raised.value.message


def test_input_given_to_a_procedure_that_declares_none_is_refused() -> None:
    with pytest.raises(InputError, match="topic: is not declared"):
        define("return 1", {"topic": "sea"})


def test_log_lines_come_with_their_level_and_line() -> None:
    lines: list[LogEvent] = []
    text = 'print("a", 1)\nLog.warn("b", {n = 1})\nLog.error("c")\nLog.info({1} == nil)'
    load(text, "story.lua", limits=Limits(), log=lines.append).close()
    assert [(line.level, line.message, line.line) for line in lines] == [
        ("info", "a\t1", 1),
        ("warn", 'b {"n":1}', 2),
        ("error", "c", 3),
        ("info", "false", 4),
    ]


def test_a_field_must_not_name_its_type_again() -> None:
    with pytest.raises(TactusError, match=r"field\.string has its type already"):
        define('input { a = field.string{type = "number"} }')


def test_definition_errors_end_a_check_with_exit_code_3() -> None:
    assert DefinitionError.exit_code == 3
