import { describe, expect, it } from "vitest";
import type { WireEvent } from "../types/wire";
import { RunLog } from "./runLog";
import type { TurnView } from "./turnView";

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

function onlyTurn(log: RunLog): TurnView {
  const [item, ...others] = log.view.items;
  expect(others).toEqual([]);
  if (item?.kind !== "turn") throw new Error("the run shows no turn");
  return item.turn;
}

describe("the log of a run", () => {
  it("puts the pieces of a turn together", () => {
    const { log } = logOf(started(1), chunk(2, "Once ", 5), chunk(3, "upon", 9));
    expect(String(onlyTurn(log).text)).toBe("Once upon");
    expect(onlyTurn(log).stage).toBe("streaming");
  });

  it("takes nothing twice, however often it is replayed", () => {
    const events = [started(1), chunk(2, "Once ", 5), chunk(3, "upon", 9)];
    const { log } = logOf(...events, ...events);
    expect(String(onlyTurn(log).text)).toBe("Once upon");
    expect(log.raw.length).toBe(3);
  });

  it("counts characters as the server does, not as UTF-16", () => {
    const { log, taken } = logOf(started(1), chunk(2, "🦊 ", 2), chunk(3, "é", 3));
    expect(taken).toEqual([true, true, true]);
    expect(String(onlyTurn(log).text)).toBe("🦊 é");
  });

  it("notices a piece that is missing, and reads the run again from its beginning", () => {
    const { log, taken } = logOf(started(1), chunk(2, "Once ", 5), chunk(4, "a time", 16));
    expect(taken).toEqual([true, true, false]);
    log.mend();
    expect(log.lastSeq).toBe(0);
    for (const event of [started(1), chunk(2, "Once ", 5), chunk(3, "upon ", 10)]) log.take(event);
    log.take(chunk(4, "a time", 16));
    expect(String(onlyTurn(log).text)).toBe("Once upon a time");
  });

  it("goes on from the whole text after a gap", () => {
    const { log } = logOf(started(1), chunk(7, "time", 16, "Once upon a time"));
    expect(String(onlyTurn(log).text)).toBe("Once upon a time");
  });

  it("keeps the text of its chunks where the answer was too long to be told again", () => {
    const { log } = logOf(started(1), chunk(2, "Once", 4), cost(3));
    expect(String(onlyTurn(log).text)).toBe("Once");
    expect(onlyTurn(log).stage).toBe("completed");
  });

  it("shows an answer that was not streamed", () => {
    const { log } = logOf(started(1), cost(2, "Once upon a time"));
    expect(String(onlyTurn(log).text)).toBe("Once upon a time");
  });

  it("is not moved by a heartbeat", () => {
    const { log } = logOf(started(1), { event_type: "heartbeat" } as WireEvent);
    expect(log.lastSeq).toBe(1);
  });
});
