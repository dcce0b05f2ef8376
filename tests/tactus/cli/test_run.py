import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.tactus.cli.command import COMMAND, GREETING, STORY, environment, on_terminal, tactus

SLOW = {"TACTUS_DEMO__TOKENS_PER_SECOND": "20"}
ANSI = "\x1b["


@pytest.fixture
def story(tmp_path: Path) -> Path:
    (tmp_path / "story.lua").write_text(STORY)
    return tmp_path


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    (tmp_path / "greeting.lua").write_text(GREETING)
    return tmp_path


def write(folder: Path, text: str) -> str:
    (folder / "procedure.lua").write_text(text)
    return "procedure.lua"


def test_the_result_alone_is_on_stdout(story: Path) -> None:
    shown = tactus("run", "story.lua", folder=story)
    assert set(json.loads(shown.stdout)) == {"story"}
    assert shown.stderr == ""
    assert shown.returncode == 0


def test_run_may_be_left_out(greeting: Path) -> None:
    shown = tactus("greeting.lua", "-p", "name=Ada", folder=greeting)
    assert json.loads(shown.stdout) == {"greeting": "warm hello Ada", "times": 1}


def test_a_procedure_that_returns_nothing_prints_nothing(tmp_path: Path) -> None:
    shown = tactus("run", write(tmp_path, "local x = 1"), folder=tmp_path)
    assert (shown.stdout, shown.stderr, shown.returncode) == ("", "", 0)


def test_stream_shows_the_text_agent_by_agent_and_a_summary(story: Path) -> None:
    shown = tactus("run", "story.lua", "--stream", folder=story)
    said = json.loads(shown.stdout)["story"]
    assert "🤖 storyteller >\n   (Tactus's demo model" in shown.stderr
    flat = " ".join(shown.stderr.split())
    assert " ".join(said.split()) in flat
    assert "demo/demo · " in flat
    assert "first token after" in flat
    assert "completed in" in flat
    assert "1. storyteller (agent) - " in flat
    assert ANSI not in shown.stderr


def test_json_is_one_object_with_everything(story: Path) -> None:
    shown = tactus("run", "story.lua", "--json", folder=story)
    given = json.loads(shown.stdout)
    assert set(given) == {"status", "result", "error", "totals", "run_id"}
    assert given["status"] == "completed"
    assert given["error"] is None
    assert given["totals"]["turns"] == 1
    assert given["totals"]["output_tokens"] > 50


def test_jsonl_is_every_event_in_order(story: Path) -> None:
    shown = tactus("run", "story.lua", "--jsonl", folder=story)
    events = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["run_id"] for event in events}) == 1
    kinds = [event["event_type"] for event in events]
    assert kinds[:2] == ["run_started", "agent_turn"]
    assert kinds[-1] == "run_finished"
    text = "".join(event.get("chunk_text", "") for event in events)
    assert text == events[-1]["result"]["story"]
    assert shown.stderr == ""


def test_jsonl_and_stream_go_together(story: Path) -> None:
    shown = tactus("run", "story.lua", "--jsonl", "--stream", folder=story)
    assert json.loads(shown.stdout.splitlines()[-1])["event_type"] == "run_finished"
    assert "🤖 storyteller >" in shown.stderr


def test_the_model_can_be_overridden(tmp_path: Path) -> None:
    text = STORY.replace('provider = "demo"', 'model = "openai/gpt-4o-mini"')
    shown = tactus("run", write(tmp_path, text), "--model", "demo", "--stream", folder=tmp_path)
    assert "demo/demo" in shown.stderr
    assert shown.returncode == 0


def test_log_lines_are_shown_without_the_stream_too(tmp_path: Path) -> None:
    file = write(tmp_path, 'print("one", 2) Log.warn("careful") return { ok = true }')
    done = tactus("run", file, folder=tmp_path)
    assert done.stderr == "info: one\t2\nwarn: careful\n"
    assert json.loads(done.stdout) == {"ok": True}


def test_log_lines_are_shown_with_the_stream(tmp_path: Path) -> None:
    text = 'Log.warn("careful") print("hello")'
    shown = tactus("run", write(tmp_path, text), "--stream", folder=tmp_path)
    assert "warn: careful\n" in shown.stderr
    assert "hello" in shown.stderr


def test_a_model_cannot_control_the_terminal(tmp_path: Path) -> None:
    text = (
        'local echo = Agent { model = "demo/echo" }\n'
        'return { text = echo("[bold]a\\27[31m\\194\\155b\\226\\128\\174c\\n\\tdone").response }'
    )
    shown = tactus("run", write(tmp_path, text), "--stream", folder=tmp_path)
    for output in (shown.stderr, shown.stdout):
        assert not {"\x1b", "\x9b", "\u202e"} & set(output)
    assert "[bold]a[31mbc\n" in shown.stderr
    assert json.loads(shown.stdout)["text"] == "[bold]a\x1b[31m\x9bb\u202ec\n\tdone"


class TestInputs:
    def test_inputs_are_read_by_their_type(self, greeting: Path) -> None:
        args = ["-p", "name=5", "-p", "times=3", "--param", "tone=dry"]
        shown = tactus("run", "greeting.lua", *args, folder=greeting)
        assert json.loads(shown.stdout) == {"greeting": "dry hello 5", "times": 3}

    def test_a_file_of_inputs_gives_way_to_p(self, greeting: Path) -> None:
        (greeting / "in.json").write_text('{"name": "Ada", "times": 2}')
        args = ["--params", "in.json", "-p", "times=4"]
        shown = tactus("run", "greeting.lua", *args, folder=greeting)
        assert json.loads(shown.stdout) == {"greeting": "warm hello Ada", "times": 4}

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            ([], "name: is required"),
            (["-p", "nome=Ada"], 'Did you mean "name"?'),
            (["-p", "name"], "is not NAME=VALUE"),
            (["-p", "name=Ada", "-p", "times=many"], "times: 'many' is not an integer"),
            (["-p", "name=Ada", "-p", "times=0"], "times: must be at least 1"),
            (["-p", "name=Ada", "-p", "tone=loud"], "tone: must be one of "),
            (["--params", "none.json"], "none.json cannot be read"),
            (["--params", "greeting.lua"], "is not JSON"),
            (["--params", "list.json"], "must hold a JSON object"),
            (["-p", "name=Ada", "--timeout", "0"], "'--timeout': must be more than 0"),
            (["-p", "name=Ada", "--max-cost", "-1"], "'--max-cost': must be more than 0"),
            (["-p", "name=Ada", "--max-cost", "nan"], "'--max-cost': must be more than 0"),
            (["-p", "name=Ada", "--engine", "steam"], "engine"),
        ],
    )
    def test_what_is_wrong_is_said_and_ends_with_2(
        self, args: list[str], said: str, greeting: Path
    ) -> None:
        (greeting / "list.json").write_text("[1]")
        shown = tactus("run", "greeting.lua", *args, folder=greeting)
        assert said in shown.stderr
        assert shown.stdout == ""
        assert shown.returncode == 2

    def test_an_input_is_refused_where_none_is_declared(self, tmp_path: Path) -> None:
        shown = tactus("run", write(tmp_path, "return 1"), "-p", "a=b", folder=tmp_path)
        assert "a: is not declared" in shown.stderr
        assert shown.returncode == 2

    def test_missing_inputs_are_asked_for_on_a_terminal(self, greeting: Path) -> None:
        with on_terminal("run", "greeting.lua", folder=greeting) as terminal:
            terminal.read_until("name (string) - Who to greet")
            terminal.type("\n")
            terminal.read_until("name: is required")
            terminal.type("Grace\n")
            assert '"greeting": "warm hello Grace"' in terminal.read_all()
        assert terminal.process.returncode == 0

    def test_an_answer_is_checked_and_asked_for_again(self, tmp_path: Path) -> None:
        text = (
            "input { amount = field.integer{minimum = 2},\n"
            "        mood = field.string{enum = {'a', 'b'}} }\n"
            "return { amount = input.amount, mood = input.mood }"
        )
        with on_terminal("run", write(tmp_path, text), folder=tmp_path) as terminal:
            for question, answer in (
                ("amount (integer)", "big"),
                ("'big' is not an integer", "1"),
                ("must be at least 2", "7"),
                ("  b", "c"),
                ("must be one of", "b"),
            ):
                terminal.read_until(question)
                terminal.type(f"{answer}\n")
            shown = terminal.read_all()
        assert '"amount": 7' in shown
        assert '"mood": "b"' in shown

    def test_ctrl_d_at_a_question_is_no_input(self, greeting: Path) -> None:
        with on_terminal("run", "greeting.lua", folder=greeting) as terminal:
            terminal.read_until("> ")
            terminal.type("\x04")
            assert "name: is required" in terminal.read_all()
        assert terminal.process.returncode == 2

    def test_ctrl_c_at_a_question_ends_with_130(self, greeting: Path) -> None:
        with on_terminal("run", "greeting.lua", folder=greeting) as terminal:
            terminal.read_until("> ")
            terminal.type("\x03")
            terminal.read_all()
        assert terminal.process.returncode == 130


class TestFailures:
    @pytest.mark.parametrize(
        ("text", "args", "code", "place"),
        [
            ('local a = 1\nerror("broken")', [], 1, "procedure.lua:2: procedure: broken"),
            ("local a = 1\na += 1", [], 3, "procedure.lua:2: syntax: "),
            ("x = Agent { modle = 'a/b' }", [], 3, "procedure.lua:1: definition: "),
            ("output { n = field.integer{} } return { n = 'x' }", [], 5, "procedure.lua: output: "),
            ("while true do end", ["TACTUS_LIMITS__INSTRUCTIONS"], 6, "limit.instructions: "),
            ("x = Agent { model = 'demo/error-401' }\nx('hi')", [], 4, "procedure.lua:2: turn."),
        ],
    )
    def test_each_kind_has_its_exit_code_and_its_place(
        self, text: str, args: list[str], code: int, place: str, tmp_path: Path
    ) -> None:
        env = dict.fromkeys(args, "1000000")
        shown = tactus("run", write(tmp_path, text), folder=tmp_path, env=env)
        assert shown.returncode == code, shown.stderr
        assert place in shown.stderr
        assert "Traceback" not in shown.stderr

    def test_two_lines_of_source_and_the_next_step_are_shown(self, tmp_path: Path) -> None:
        text = "local a = 1\nlocal b = 2\nlocal c = os.time()\n"
        shown = tactus("run", write(tmp_path, text), folder=tmp_path)
        assert "     2 | local b = 2\n     3 | local c = os.time()\n  " in shown.stderr
        assert "     1 |" not in shown.stderr
        assert shown.stderr.rstrip().count("\n") >= 3

    def test_the_lua_traceback_is_shown_when_asked_for(self, tmp_path: Path) -> None:
        text = "local function deep() error('broken') end\nlocal function f() deep() end\nf()"
        file = write(tmp_path, text)
        quiet = tactus("run", file, folder=tmp_path)
        verbose = tactus("run", file, "--verbose", folder=tmp_path)
        assert len(verbose.stderr) > len(quiet.stderr)
        assert "procedure.lua:3" in verbose.stderr.removeprefix(quiet.stderr)

    def test_a_missing_file_gets_the_nearest_name(self, story: Path) -> None:
        shown = tactus("run", "stroy.lua", folder=story)
        assert 'there is no file stroy.lua. Did you mean "story.lua"?' in shown.stderr
        assert shown.returncode == 2

    def test_a_file_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "bin.lua").write_bytes(b"return '\xff'")
        shown = tactus("run", "bin.lua", folder=tmp_path)
        assert "not UTF-8" in shown.stderr
        assert shown.returncode == 2

    def test_json_holds_the_error_also_when_nothing_ran(self, greeting: Path) -> None:
        shown = tactus("run", "greeting.lua", "--json", folder=greeting)
        given = json.loads(shown.stdout)
        assert given["status"] == "failed"
        assert given["error"]["code"] == "input"
        assert shown.returncode == 2

    def test_json_holds_the_output_that_did_not_fit(self, tmp_path: Path) -> None:
        text = "output { n = field.integer{} } return { n = 'x' }"
        shown = tactus("run", write(tmp_path, text), "--json", folder=tmp_path)
        given = json.loads(shown.stdout)
        assert given["result"] == {"n": "x"}
        assert given["error"]["problems"][0].startswith("n: ")

    def test_a_missing_key_names_the_variable_and_the_demo(self, tmp_path: Path) -> None:
        file = write(tmp_path, 'a = Agent { model = "openai/gpt-4o" }\na("hi")')
        shown = tactus("run", file, folder=tmp_path)
        assert "OPENAI_API_KEY" in shown.stderr
        assert "tactus run procedure.lua --model demo --stream" in shown.stderr
        assert shown.returncode == 4

    def test_a_failed_turn_keeps_its_text(self, tmp_path: Path) -> None:
        text = 'a = Agent { model = "demo/cut", system_prompt = "storyteller" }\na("Begin")'
        shown = tactus("run", write(tmp_path, text), "--stream", folder=tmp_path)
        assert shown.stderr.count("(Tactus's demo model") == 1
        assert "procedure.lua:2: turn.truncated: " in shown.stderr
        assert "failed after" in shown.stderr
        assert shown.returncode == 4

    def test_the_time_limit_is_kept(self, tmp_path: Path) -> None:
        text = 'a = Agent { model = "demo/silent" }\na("hi")'
        shown = tactus("run", write(tmp_path, text), "--timeout", "0.5", folder=tmp_path)
        assert "limit.time: " in shown.stderr
        assert shown.returncode == 6

    def test_json_and_jsonl_exclude_each_other(self, story: Path) -> None:
        assert tactus("run", "story.lua", "--json", "--jsonl", folder=story).returncode == 2


class TestTerminal:
    def test_text_is_broken_between_words(self, story: Path) -> None:
        with on_terminal("run", "story.lua", "--stream", folder=story) as terminal:
            shown = terminal.read_all()
        told = shown.split("storyteller >")[1].split("demo/demo")[0]
        lines = [line for line in told.replace("\r", "").split("\n")[1:-1] if line.strip()]
        assert len(lines) > 5
        assert all(line.startswith("   ") and len(line) <= 80 for line in lines)

    def test_a_spinner_turns_only_on_a_terminal(self, story: Path) -> None:
        with on_terminal("run", "story.lua", folder=story) as terminal:
            shown = terminal.read_all()
        assert "running story.lua" in shown
        assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")

    @pytest.mark.parametrize("env", [{"CI": "true"}, {"TERM": "dumb"}])
    def test_nothing_turns_where_nobody_looks(self, env: dict[str, str], story: Path) -> None:
        with on_terminal("run", "story.lua", folder=story, env=env) as terminal:
            shown = terminal.read_all()
        assert "running" not in shown
        assert ANSI not in shown
        assert terminal.process.returncode == 0

    def test_no_color_is_honoured(self, story: Path) -> None:
        env = {"NO_COLOR": "1"}
        with on_terminal("run", "story.lua", "--stream", folder=story, env=env) as terminal:
            assert ANSI not in terminal.read_all()
        with on_terminal("run", "story.lua", "--stream", folder=story) as terminal:
            assert ANSI in terminal.read_all()

    def test_ctrl_c_stops_and_leaves_the_text(self, story: Path) -> None:
        with on_terminal("run", "story.lua", "--stream", folder=story, env=SLOW) as terminal:
            terminal.read_until("demo model")
            terminal.type("\x03")
            shown = terminal.read_all()
        assert terminal.process.returncode == 130
        assert "stopped after" in shown
        assert "Traceback" not in shown
        assert shown.index("demo model") < shown.index("stopping")

    def test_ctrl_c_stops_a_procedure_that_computes(self, tmp_path: Path) -> None:
        file = write(tmp_path, 'print("busy") while true do end')
        with on_terminal("run", file, "--stream", folder=tmp_path, env=BUSY) as terminal:
            terminal.read_until("busy")
            terminal.type("\x03")
            terminal.read_all()
        assert terminal.process.returncode == 130
        assert "the run was stopped" in terminal.shown

    def test_a_second_ctrl_c_kills_what_will_not_stop(self, tmp_path: Path) -> None:
        # each of these searches is a second in C, where no interrupt is seen
        text = (
            'local s = ("x"):rep(1e7) print("busy")\n'
            'while true do s:find(("y"):rep(90), 1, true) end'
        )
        file = write(tmp_path, text)
        with on_terminal("run", file, "--stream", folder=tmp_path, env=BUSY) as terminal:
            terminal.read_until("busy")
            terminal.type("\x03")
            terminal.read_until("Ctrl+C again")
            terminal.type("\x03")
            terminal.read_all()
        assert terminal.process.returncode == -signal.SIGINT


BUSY = {"TACTUS_LIMITS__CPU": "40", "TACTUS_LIMITS__INSTRUCTIONS": "100000000000"}


def started(*args: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, *args],
        cwd=folder,
        env=environment(**SLOW),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_the_events_say_so(number: signal.Signals, story: Path) -> None:
    with started("run", "story.lua", "--jsonl", folder=story) as process:
        assert process.stdout is not None
        while "chunk_text" not in process.stdout.readline():
            pass
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    last = json.loads(output.splitlines()[-1])
    assert (last["event_type"], last["status"]) == ("run_finished", "stopped")
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_a_reader_that_goes_away_is_no_error(story: Path) -> None:
    with started("run", "story.lua", "--jsonl", folder=story) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_closed_stdout_leaves_the_exit_code_of_the_run(greeting: Path) -> None:
    read, write_end = os.pipe()
    os.close(read)
    shown = subprocess.run(
        [*COMMAND, "run", "greeting.lua", "-p", "name=Ada"],
        cwd=greeting,
        env=environment(),
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write_end)
    assert (shown.stderr, shown.returncode) == ("", 0)
