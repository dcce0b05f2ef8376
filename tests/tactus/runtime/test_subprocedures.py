"""`run_procedure`."""

from pathlib import Path

import anyio
import pytest

from tactus.errors import InputError, LimitError, OutputError, ProcedureError, TactusError
from tactus.events import AgentTurnEvent, ErrorEvent, LogEvent
from tests.tactus.runtime.journaled import Journaled

GREET = """
Procedure {
    input = { name = field.string{} },
    output = { greeting = field.string{} },
    function(input) return { greeting = "Hello, " .. input.name } end,
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greet.lua").write_text(GREET, encoding="utf-8")
    (tmp_path / "parts").mkdir()
    return tmp_path


async def test_it_returns_what_the_procedure_returns(folder: Path) -> None:
    text = 'return run_procedure("greet.lua", { name = "Ada" }).greeting'
    assert await Journaled(text, folder=folder).value() == "Hello, Ada"


async def test_a_file_names_others_from_its_own_folder(folder: Path) -> None:
    (folder / "parts" / "one.lua").write_text('return run_procedure("two.lua") + 1', "utf-8")
    (folder / "parts" / "two.lua").write_text("return 41", "utf-8")
    assert await Journaled('return run_procedure("parts/one.lua")', folder=folder).value() == 42


async def test_each_has_globals_state_and_agents_of_its_own(folder: Path) -> None:
    (folder / "own.lua").write_text(
        'poet = Agent { model = "demo/echo" } State.n = 5\n'
        'return { tostring(shared), poet("x").response }',
        encoding="utf-8",
    )
    text = """
    poet = Agent { model = "openai/gpt-4o-mini" }
    shared = 1
    local theirs = run_procedure("own.lua")
    return { theirs, State.get("n", "none") }
    """
    ran = Journaled(text, folder=folder, model=None)
    assert await ran.value() == [["nil", "x"], "none"]


async def test_turn_ids_are_counted_over_the_whole_run(folder: Path) -> None:
    text = """
    poet = Agent { model = "openai/gpt-4o-mini" }
    poet("one")
    %s
    poet("two")
    """
    (folder / "say.lua").write_text(text % "", "utf-8")
    ran = Journaled(text % 'run_procedure("say.lua")', folder=folder)
    result = await ran.run()
    told = [e.turn_id for e in ran.events if isinstance(e, AgentTurnEvent) and e.stage == "started"]
    assert told == ["turn-1", "turn-2", "turn-3", "turn-4"]
    assert result.totals.turns == 4


async def test_turns_and_output_count_for_the_whole_run(folder: Path) -> None:
    (folder / "say.lua").write_text(
        'poet = Agent { model = "demo" } print("said") return poet("one").response', "utf-8"
    )
    text = 'for _ = 1, 3 do pcall(run_procedure, "say.lua") end'
    with pytest.raises(LimitError, match="had its 2 turns"):
        await Journaled(text, folder=folder, limits={"turns": 2}).value()
    with pytest.raises(LimitError, match="logged more than 9 bytes"):
        await Journaled(text, folder=folder, limits={"output": 9}).value()


async def test_its_steps_are_recorded_and_its_text_is_pinned(folder: Path) -> None:
    file = folder / "work.lua"
    file.write_text('print("hi") sleep(0) return step("a", function() return uuid() end)', "utf-8")
    ran = Journaled('return run_procedure("work.lua")', folder=folder)
    first = await ran.value()
    assert [name.split("#")[0] for name in ran.names] == ["procedure:work.lua", "sleep", "step:a"]
    file.write_text("error('edited')", "utf-8")
    assert await ran.value(ran.records) == first
    assert [event.message for event in ran.events if isinstance(event, LogEvent)] == ["hi"]


async def test_several_run_side_by_side(folder: Path) -> None:
    text = """
    local function greet(name)
        return function() return run_procedure("greet.lua", { name = name }).greeting end
    end
    return Parallel { greet("A"), greet("B") }
    """
    assert await Journaled(text, folder=folder).value() == ["Hello, A", "Hello, B"]


async def test_inputs_that_do_not_fit_are_an_error_that_can_be_caught(folder: Path) -> None:
    with pytest.raises(InputError, match="name: is required"):
        await Journaled('run_procedure("greet.lua")', folder=folder).value()
    text = 'return (select(2, pcall(run_procedure, "greet.lua", { nmae = "x" }))).kind'
    assert await Journaled(text, folder=folder).value() == "input"


async def test_an_output_that_does_not_fit_is_an_error(folder: Path) -> None:
    (folder / "bad.lua").write_text("output { n = field.integer{} } return { n = 'x' }", "utf-8")
    with pytest.raises(OutputError, match=r"bad.lua: the output does not fit: n: "):
        await Journaled('run_procedure("bad.lua")', folder=folder).value()


async def test_its_error_names_its_own_file_and_line_and_shows_its_own_text(folder: Path) -> None:
    (folder / "broken.lua").write_text('local x\nerror("no ink")', "utf-8")
    ran = Journaled('run_procedure("broken.lua")', folder=folder)
    with pytest.raises(ProcedureError, match="no ink") as raised:
        await ran.value()
    assert raised.value.place == "broken.lua:2"
    (told,) = [event for event in ran.events if isinstance(event, ErrorEvent)]
    assert told.excerpt == 'local x\nerror("no ink")'


@pytest.mark.parametrize("text", ["this is no Lua", "input { x = 1 }"])
async def test_one_that_cannot_be_loaded_is_an_error_that_can_be_caught(
    folder: Path, text: str
) -> None:
    (folder / "broken.lua").write_text(text, "utf-8")
    caught = 'return (select(2, pcall(run_procedure, "broken.lua"))).kind'
    assert await Journaled(caught, folder=folder).value() in ("syntax", "definition")


@pytest.mark.parametrize(
    "file", ["../secret.lua", "/etc/passwd", "missing.lua", "parts", "", ".", "link.lua", "a\\0b"]
)
async def test_no_other_file_can_be_read(folder: Path, file: str) -> None:
    outside = folder.parent / "secret.lua"
    outside.write_text("return 'secret'", "utf-8")
    (folder / "link.lua").symlink_to(outside)
    with pytest.raises(TactusError, match="run_procedure: ") as raised:
        await Journaled(f'return run_procedure("{file}")', folder=folder).value()
    assert "secret'" not in str(raised.value)


async def test_without_a_folder_there_is_no_file() -> None:
    with pytest.raises(ProcedureError, match='there is no file "greet'):
        await Journaled('run_procedure("greet.lua")').value()


async def test_one_that_runs_itself_ends_with_an_error(folder: Path) -> None:
    (folder / "again.lua").write_text('return run_procedure("again.lua")', "utf-8")
    with pytest.raises(ProcedureError, match="is 9 procedures deep"):
        await Journaled('return run_procedure("again.lua")', folder=folder).value()


async def test_what_it_logs_while_it_loads_in_a_thread_is_told(folder: Path) -> None:
    (folder / "say.lua").write_text('print("loading") sleep(0) print("on") return uuid()', "utf-8")
    text = 'return run_procedure("say.lua")'
    ran = Journaled(text, folder=folder, limiter=anyio.CapacityLimiter(1))
    first = await ran.value()
    assert [e.message for e in ran.events if isinstance(e, LogEvent)] == ["loading", "on"]
    assert await Journaled(text, folder=folder).value() == first


async def test_a_limit_of_its_own_lua_ends_the_run(folder: Path) -> None:
    (folder / "endless.lua").write_text("while true do end", "utf-8")
    ran = Journaled(
        'pcall(run_procedure, "endless.lua")', folder=folder, limits={"instructions": 1_000_000}
    )
    with pytest.raises(LimitError):
        await ran.value()
