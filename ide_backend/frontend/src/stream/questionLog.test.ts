import { describe, expect, it } from "vitest";
import type { WireEvent } from "../types/wire";
import { RunLog } from "./runLog";

const BASE = { run_id: "r", timestamp: 1_000 };
const TURN = { turn_id: "turn-1", agent_name: "a", provider: "p", model: "m" };

function run() {
  const log = new RunLog();
  let seq = 0;
  const take = (event: object) => log.take({ ...BASE, seq: ++seq, ...event } as WireEvent);
  const ask = (id: string, more: object = {}) =>
    take({ event_type: "question", question_id: id, kind: "input", message: "What?", ...more });
  const shown = () =>
    log.view.items.flatMap((item) => (item.kind === "question" ? [item.question.getView()] : []));
  return { log, take, ask, shown };
}

describe("a question of a run", () => {
  it("stays where it was asked when it is answered, and the run waits no more", () => {
    const { log, take, ask, shown } = run();
    ask("q1");
    ask("q2");
    take({ event_type: "log", level: "info", message: "meanwhile" });
    expect(log.view.asking?.getView().id).toBe("q1");
    ask("q1", { answer: "this" });
    expect(log.view.items.map((item) => item.kind)).toEqual(["question", "question", "event"]);
    expect(shown().map(({ state, answer }) => [state, answer])).toEqual([
      ["answered", "this"],
      ["open", null],
    ]);
    expect(log.view.asking?.getView().id).toBe("q2");
    ask("q2", { withdrawn: true });
    expect(shown()[1]?.state).toBe("withdrawn");
    expect(log.view.asking).toBeNull();
  });

  it("is open again when the next server asks it again", () => {
    const { log, ask, shown } = run();
    ask("q1");
    ask("q1", { withdrawn: true });
    ask("q1");
    expect(shown().map(({ state }) => state)).toEqual(["open"]);
    expect(log.view.asking).not.toBeNull();
  });

  it("is late when its end has come: with the default, if there is one", () => {
    const { ask, shown } = run();
    ask("in-time", { until: 2, answer: false });
    ask("default", { until: 1, answer: false });
    ask("none", { until: 1, withdrawn: true });
    expect(shown().map(({ state, answer }) => [state, answer])).toEqual([
      ["answered", false],
      ["late", false],
      ["late", null],
    ]);
  });

  it("is withdrawn by the end of the run", () => {
    const { log, take, ask, shown } = run();
    ask("q1");
    take({ event_type: "run_finished", status: "interrupted", totals: {} });
    expect(shown()[0]?.state).toBe("withdrawn");
    expect(log.view.asking).toBeNull();
  });

  it("stands in the turn whose tool asks it", () => {
    const { log, take, ask } = run();
    take({ ...TURN, event_type: "agent_turn", stage: "started", streaming: true });
    take({ ...TURN, event_type: "tool_call", stage: "started", tool_name: "t", call_id: "c" });
    ask("q1");
    const [item] = log.view.items;
    const parts = item?.kind === "turn" ? item.turn.getView().parts : [];
    expect(log.view.items.length).toBe(1);
    expect(parts.map((part) => part.kind)).toEqual(["call", "question"]);
    expect(log.view.asking).not.toBeNull();
  });
});
