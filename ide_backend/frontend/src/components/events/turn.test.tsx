import { act, render } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RunLog } from "../../stream/runLog";
import type { WireEvent } from "../../types/wire";
import { EventRenderer } from "./EventRenderer";

const TURN = { run_id: "r", timestamp: 0, turn_id: "t", agent_name: "a" };

/** A run that is shown; `tell` gives it events and waits until they are drawn. */
function shown() {
  const log = new RunLog();
  let seq = 0;
  const take = (event: object) => log.take({ ...TURN, seq: ++seq, ...event } as WireEvent);
  take({ event_type: "agent_turn", stage: "started", provider: "p", model: "m" });
  const [item] = log.view.items;
  if (!item) throw new Error("the run shows nothing");
  const { container } = render(<EventRenderer item={item} />);
  const tell = (...events: object[]) =>
    act(async () => {
      for (const event of events) take(event);
      vi.advanceTimersByTime(300);
    });
  const texts = () => [...container.querySelectorAll(".model-text")];
  return { container, tell, texts };
}

function speaker() {
  let length = 0;
  let index = 0;
  return (chunk_text: string) => {
    length += [...chunk_text].length;
    const event_type = "agent_stream_chunk";
    return { event_type, chunk_text, index: index++, accumulated_length: length };
  };
}

const call = (call_id: string, stage: string, text_length: number) => ({
  event_type: "tool_call",
  tool_name: "roll",
  call_id,
  stage,
  text_length,
});

describe("a turn as it is shown", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("is drawn piece by piece: 150,000 characters and 50 calls are written once each", async () => {
    vi.useFakeTimers();
    const { container, tell, texts } = shown();
    const say = speaker();
    const piece = "some words of the model, ".repeat(40);
    await tell(say(piece));
    const first = texts()[0]?.firstChild;
    let written = 0;
    const append = Text.prototype.appendData;
    vi.spyOn(Text.prototype, "appendData").mockImplementation(function (this: Text, data) {
      written += data.length;
      append.call(this, data);
    });
    const whole = vi.spyOn(document, "createTextNode");
    for (let round = 0; round < 50; round++) {
      const length = piece.length * (1 + round * 3);
      await tell(call(`c${round}`, "started", length));
      await tell(call(`c${round}`, "completed", length), say(piece));
      await tell(say(piece));
      await tell(say(piece));
    }
    const begun = whole.mock.calls.filter(([data]) => data.startsWith("some words"));
    const created = begun.reduce((sum, [data]) => sum + data.length, 0);
    expect(texts().map((text) => text.textContent?.length)).toEqual([
      piece.length,
      ...Array(50).fill(piece.length * 3),
    ]);
    expect(container.querySelectorAll("details.tool.completed").length).toBe(50);
    expect(texts()[0]?.firstChild).toBe(first);
    expect(written + created).toBe(piece.length * 150);
    expect(created).toBeLessThanOrEqual(piece.length * 50);
  });

  it("leaves the blank lines out that stand between two model calls", async () => {
    vi.useFakeTimers();
    const { tell, texts } = shown();
    const say = speaker();
    await tell(say("I look."), call("c", "completed", 7), say("\n\n"));
    await tell(say("\nHere\n\nit is"));
    expect(texts().map((text) => text.textContent)).toEqual(["I look.", "Here\n\nit is"]);
  });

  it("shows a call that never ended as stopped with its turn", async () => {
    vi.useFakeTimers();
    const { container, tell } = shown();
    await tell(call("c", "started", 0));
    expect(container.querySelector("details.tool .status")?.textContent).toContain("running");
    await tell({ event_type: "agent_turn", stage: "stopped" });
    expect(container.querySelector("details.tool .status")?.textContent).toContain("stopped");
    expect(container.querySelector(".spinner")).toBeNull();
  });

  it("shows a structured answer as its values once it is whole, and its text beneath", async () => {
    vi.useFakeTimers();
    const { container, tell, texts } = shown();
    const say = speaker();
    await tell(say('{"name": "Lisbon", '));
    expect(container.querySelector(".answer")).toBeNull();
    const ends = [
      { event_type: "validation", ok: true },
      { event_type: "agent_turn", stage: "completed" },
    ];
    await tell(say('"score": 9}'), ...ends);
    const names = [...container.querySelectorAll(".answer dt, .answer dd")];
    expect(names.map((name) => name.textContent)).toEqual(["name", "Lisbon", "score", "9"]);
    expect(texts().map((text) => text.textContent)).toEqual(['{"name": "Lisbon", "score": 9}']);
  });
});
