import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onceAFrame } from "./frame";

describe("work that is done once a frame", () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ["requestAnimationFrame", "cancelAnimationFrame", "setTimeout", "clearTimeout"],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is done once, however often it is asked for", () => {
    const apply = vi.fn();
    const { ask } = onceAFrame(apply);
    for (let i = 0; i < 100; i++) ask();
    expect(apply).not.toHaveBeenCalled();
    vi.advanceTimersByTime(300);
    expect(apply).toHaveBeenCalledOnce();
    ask();
    vi.advanceTimersByTime(300);
    expect(apply).toHaveBeenCalledTimes(2);
  });

  it("is done in a hidden page too, which draws no frames", () => {
    vi.stubGlobal("requestAnimationFrame", () => 1);
    const apply = vi.fn();
    onceAFrame(apply).ask();
    vi.advanceTimersByTime(250);
    expect(apply).toHaveBeenCalledOnce();
  });

  it("is not done once it was cancelled", () => {
    const apply = vi.fn();
    const { ask, cancel } = onceAFrame(apply);
    ask();
    cancel();
    vi.advanceTimersByTime(1_000);
    expect(apply).not.toHaveBeenCalled();
  });
});
