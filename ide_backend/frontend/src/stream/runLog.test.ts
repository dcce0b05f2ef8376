import { describe, expect, it } from "vitest";
import type { WireEvent } from "../types/wire";
import { RunLog } from "./runLog";
import type { TurnLog } from "./turnLog";

const BASE = { run_id: "r", timestamp: 0 };
const AGENT = { turn_id: "turn-1", agent_name: "storyteller" };

function started(seq: number): WireEvent {
  return {
    ...BASE,
    ...AGENT,
    seq,
    event_type: "agent_turn",
    stage: "started",
    provider: "demo",
    model: "demo",
    streaming: true,
  } as WireEvent;
}

function chunk(seq: number, text: string, length: number, whole?: string): WireEvent {
  return {
    ...BASE,
    ...AGENT,
    seq,
    event_type: "agent_stream_chunk",
    index: seq,
    chunk_text: text,
    accumulated_length: length,
    ...(whole === undefined ? {} : { accumulated_text: whole, snapshot: true }),
  } as WireEvent;
}

function cost(seq: number, response?: string): WireEvent {
  return {
    ...BASE,
    ...AGENT,
    seq,
    event_type: "cost",
    provider: "demo",
    model: "demo",
    duration_ms: 10,
    ...(response === undefined ? { abridged: "response" } : { response }),
  } as WireEvent;
}

function logOf(...events: WireEvent[]): { log: RunLog; taken: boolean[] } {
  const log = new RunLog();
  return { log, taken: events.map((event) => log.take(event)) };
}

function onlyTurn(log: RunLog): TurnLog {
  const [item, ...others] = log.view.items;
  expect(others).toEqual([]);
  if (item?.kind !== "turn") throw new Error("the run shows no turn");
  return item.turn;
}

function turn(seq: number, turn_id: string, stage: string, parent_turn_id?: string): WireEvent {
  const event = { ...BASE, ...AGENT, seq, event_type: "agent_turn", turn_id, stage };
  return { ...event, parent_turn_id } as WireEvent;
}

function call(seq: number, turn_id: string, call_id: string, stage: string): WireEvent {
  const event = { ...BASE, seq, event_type: "tool_call", turn_id, call_id, stage };
  return { ...event, tool_name: call_id, text_length: 0 } as WireEvent;
}

function logLine(seq: number): WireEvent {
  return { ...BASE, seq, event_type: "log", level: "info", message: "m" } as WireEvent;
}

type Outline = (string | Outline)[];

/** What the run shows, in order; the parts of a turn are a list behind it. */
function outline(log: RunLog): Outline {
  const ofTurn = (turn: TurnLog): Outline => [
    `${turn.view.id} ${turn.view.stage}`,
    turn.view.parts.flatMap((part): Outline => {
      if (part.kind === "turn") return ofTurn(part.turn);
      if (part.kind === "call") return [`call ${part.call.call_id} ${part.call.stage}`];
      return [part.kind === "event" ? `event ${part.event.event_type}` : part.kind];
    }),
  ];
  return log.view.items.flatMap((item): Outline => {
    if (item.kind === "turn") return ofTurn(item.turn);
    return [item.kind === "event" ? `event ${item.event.event_type}` : item.kind];
  });
}

describe("the log of a run", () => {
  it("puts the pieces of a turn together", () => {
    const { log } = logOf(started(1), chunk(2, "Once ", 5), chunk(3, "upon", 9));
    expect(onlyTurn(log).text).toBe("Once upon");
    expect(onlyTurn(log).view.stage).toBe("streaming");
  });

  it("takes nothing twice, however often it is replayed", () => {
    const events = [started(1), chunk(2, "Once ", 5), chunk(3, "upon", 9)];
    const { log } = logOf(...events, ...events);
    expect(onlyTurn(log).text).toBe("Once upon");
    expect(log.raw.length).toBe(3);
  });

  it("counts characters as the server does, not as UTF-16", () => {
    const { log, taken } = logOf(started(1), chunk(2, "🦊 ", 2), chunk(3, "é", 3));
    expect(taken).toEqual([true, true, true]);
    expect(onlyTurn(log).text).toBe("🦊 é");
  });

  it("notices a piece that is missing, and reads the run again from its beginning", () => {
    const { log, taken } = logOf(started(1), chunk(2, "Once ", 5), chunk(4, "a time", 16));
    expect(taken).toEqual([true, true, false]);
    log.mend();
    expect(log.lastSeq).toBe(0);
    for (const event of [started(1), chunk(2, "Once ", 5), chunk(3, "upon ", 10)]) log.take(event);
    log.take(chunk(4, "a time", 16));
    expect(onlyTurn(log).text).toBe("Once upon a time");
  });

  it("goes on from the whole text after a gap", () => {
    const { log } = logOf(started(1), chunk(7, "time", 16, "Once upon a time"));
    expect(onlyTurn(log).text).toBe("Once upon a time");
  });

  it("keeps the text of its chunks where the answer was too long to be told again", () => {
    const { log } = logOf(started(1), chunk(2, "Once", 4), cost(3));
    expect(onlyTurn(log).text).toBe("Once");
    expect(onlyTurn(log).view.stage).toBe("completed");
  });

  it("shows an answer that was not streamed", () => {
    const { log } = logOf(started(1), cost(2, "Once upon a time"));
    expect(onlyTurn(log).text).toBe("Once upon a time");
  });

  it("drops what a torn attempt had told, but for what holds", () => {
    const again = { ...BASE, seq: 3, event_type: "step_restarted", turn_id: "turn-1", attempt: 2 };
    const { log, taken } = logOf(
      started(1),
      chunk(2, "🦊 Once up", 9),
      { ...again, kept_length: 2, reason: "fallback", provider: "demo", model: "b" } as WireEvent,
      chunk(4, "A time", 8),
    );
    expect(taken).toEqual([true, true, true, true]);
    expect(onlyTurn(log).text).toBe("🦊 A time");
    expect(onlyTurn(log).view).toMatchObject({ attempt: 2, model: "b", stage: "streaming" });
  });

  it("shows a turn that a tool brought about within the turn that called it", () => {
    const { log } = logOf(
      turn(1, "outer", "started"),
      call(2, "outer", "a", "started"),
      call(3, "outer", "b", "started"),
      turn(4, "inner-a", "started", "outer"),
      turn(5, "inner-b", "started", "outer"),
      turn(6, "inner-a", "completed"),
      turn(7, "inner-b", "failed"),
      call(8, "outer", "a", "completed"),
      call(9, "outer", "b", "completed"),
      turn(10, "outer", "completed"),
      turn(11, "next", "started"),
    );
    expect(outline(log)).toEqual([
      "outer completed",
      ["call a completed", "call b completed", "inner-a completed", [], "inner-b failed", []],
      "next waiting",
      [],
    ]);
  });

  it("shows turns that go on at the same time one after another", () => {
    const { log } = logOf(
      turn(1, "one", "started"),
      call(2, "one", "a", "started"),
      turn(3, "two", "started"),
    );
    expect(outline(log)).toEqual(["one calling", ["call a started"], "two waiting", []]);
  });

  it("shows what a tool logs where it was called, everything else in the run", () => {
    const { log } = logOf(
      logLine(1),
      turn(2, "outer", "started"),
      logLine(3),
      call(4, "outer", "a", "started"),
      logLine(5),
      call(6, "outer", "a", "completed"),
      logLine(7),
    );
    expect(outline(log)).toEqual([
      "event log",
      "outer waiting",
      ["call a completed", "event log"],
      "event log",
      "event log",
    ]);
  });

  it("shows a check of a turn's answer in the turn, and only where it failed", () => {
    const check = { ...BASE, event_type: "validation" };
    const { log } = logOf(
      turn(1, "t", "started"),
      { ...check, seq: 2, turn_id: "t", ok: false, errors: ["score: too large"] } as WireEvent,
      { ...check, seq: 3, turn_id: "t", ok: true } as WireEvent,
      { ...check, seq: 4, ok: true } as WireEvent,
    );
    expect(outline(log)).toEqual(["t waiting", ["misfit"], "event validation"]);
    const [item] = log.view.items;
    expect(item?.kind === "turn" && item.turn.view.structured).toBe(true);
  });

  it("is not moved by a heartbeat", () => {
    const { log } = logOf(started(1), { event_type: "heartbeat" } as WireEvent);
    expect(log.lastSeq).toBe(1);
  });
});
