import { describe, expect, it } from "vitest";
import { niceTicks, spans } from "./scale";

describe("the scale of a chart", () => {
  it.each([0, 0.0003, 1.2, 7, 99, 1_000, 123_456])("has room for %f, in even steps", (highest) => {
    const ticks = niceTicks(highest);
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect(new Set(ticks).size).toBe(ticks.length);
    const steps = ticks.slice(1).map((tick, at) => tick - (ticks[at] ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0, 10);
  });

  it("breaks a line where there is no value", () => {
    expect(spans([1, null, 2, 3, null])).toEqual([
      [{ index: 0, value: 1 }],
      [
        { index: 2, value: 2 },
        { index: 3, value: 3 },
      ],
    ]);
    expect(spans([null, null])).toEqual([]);
  });
});
