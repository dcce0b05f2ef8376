import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, follow, PAUSES_MS, SILENCE_MS, type Source } from "./follow";

/** A source whose server is this test. */
class Line implements Source {
  readyState = 0;
  onopen: Source["onopen"] = null;
  onmessage: Source["onmessage"] = null;
  onerror: Source["onerror"] = null;
  closed = false;

  close() {
    this.closed = true;
  }

  open() {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  say(seq: number) {
    const data = JSON.stringify({ seq, event_type: "log" });
    this.onmessage?.(new MessageEvent("message", { data, lastEventId: String(seq) }));
  }

  breakOff(readyState: 0 | 2) {
    this.readyState = readyState;
    this.onerror?.(new Event("error"));
  }
}

function following(ends = Number.POSITIVE_INFINITY) {
  const lines: { address: string; line: Line }[] = [];
  const states: Connection[] = [];
  const taken: number[] = [];
  let whole = true;
  const stop = follow({
    address: () => `after=${taken.at(-1) ?? 0}`,
    take: (event) => {
      if (!whole) return false;
      taken.push((event as { seq: number }).seq);
      return true;
    },
    ended: () => (taken.at(-1) ?? 0) >= ends,
    connection: (state) => states.push(state),
    open: (address) => {
      const line = new Line();
      lines.push({ address, line });
      return line;
    },
  });
  const last = () => lines.at(-1)?.line as Line;
  const lose = (value: boolean) => {
    whole = !value;
  };
  return { lines, states, taken, stop, last, lose };
}

describe("following a stream", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("takes events until the last one, then closes", () => {
    const { states, taken, last } = following(2);
    last().open();
    last().say(1);
    last().say(2);
    expect(taken).toEqual([1, 2]);
    expect(states).toEqual(["connecting", "open", "ended"]);
    expect(last().closed).toBe(true);
  });

  it("leaves a broken connection to the browser, and says so", () => {
    const { lines, states, last } = following();
    last().open();
    last().breakOff(0);
    last().open();
    expect(states).toEqual(["connecting", "open", "retrying", "open"]);
    expect(lines.length).toBe(1);
  });

  it("opens a silent stream again behind the last event", () => {
    const { lines, states, last } = following();
    last().open();
    last().say(7);
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(lines.length).toBe(1);
    vi.advanceTimersByTime(1);
    expect(lines.map(({ address }) => address)).toEqual(["after=0", "after=7"]);
    expect(lines[0]?.line.closed).toBe(true);
    expect(states).toEqual(["connecting", "open", "retrying"]);
  });

  it("asks again, ever more slowly, when the server refuses, then leaves it to the reader", () => {
    const { lines, states, last } = following();
    for (const pause of PAUSES_MS) {
      last().breakOff(2);
      expect(states.at(-1)).toBe("retrying");
      const before = lines.length;
      vi.advanceTimersByTime(pause - 1);
      expect(lines.length).toBe(before);
      vi.advanceTimersByTime(1);
      expect(lines.length).toBe(before + 1);
    }
    last().breakOff(2);
    expect(states.at(-1)).toBe("lost");
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(lines.length).toBe(PAUSES_MS.length + 1);
  });

  it("counts refusals anew once an event has come", () => {
    const { states, last } = following();
    for (let round = 0; round < 3 * PAUSES_MS.length; round++) {
      last().breakOff(2);
      vi.advanceTimersByTime(PAUSES_MS[0] ?? 0);
      last().open();
      last().say(round + 1);
    }
    expect(states).not.toContain("lost");
  });

  it("is no failure when the stream ends behind the last event", () => {
    const { states, last } = following(0);
    last().breakOff(2);
    expect(states).toEqual(["connecting", "ended"]);
  });

  it("reads again at once when a piece is missing, and no more of the old stream", () => {
    const { lines, taken, lose } = following();
    const old = lines[0]?.line as Line;
    old.say(1);
    lose(true);
    old.say(3);
    lose(false);
    old.say(4);
    expect(lines.length).toBe(2);
    expect(taken).toEqual([1]);
  });

  it("does nothing after it was stopped", () => {
    const { lines, states, stop, last } = following();
    stop();
    last().breakOff(2);
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(lines.length).toBe(1);
    expect(states).toEqual(["connecting"]);
  });
});
