import { describe, expect, it } from "vitest";
import {
  brief,
  commandLine,
  count,
  duration,
  json,
  money,
  remaining,
  tokens,
  UNKNOWN,
} from "./format";

describe("figures as they are read", () => {
  it("tell what is not known from zero", () => {
    for (const format of [count, money, duration]) {
      expect(format(null)).toBe(UNKNOWN);
      expect(format(undefined)).toBe(UNKNOWN);
      expect(format(0)).toMatch(/0/);
    }
    expect(tokens(null, null)).toBe(UNKNOWN);
    expect(tokens(0, null)).toBe(`0 in, ${UNKNOWN} out`);
  });

  it.each([
    [0, "$0"],
    [0.000001, "< $0.00001"],
    [0.00123, "$0.00123"],
    [0.5, "$0.5000"],
    [12.345, "$12.35"],
  ])("money: %f is %s", (value, text) => expect(money(value)).toBe(text));

  it.each([
    [400, "1 s"],
    [59_001, "1 min 0 s"],
    [3_600_000, "1 h 0 min"],
    [3 * 86_400_000, "3 days"],
  ])("what is left of %i ms is %s", (ms, text) => expect(remaining(ms)).toBe(text));

  it.each([
    [0, "0 ms"],
    [1.56, "1.6 ms"],
    [123.4, "123 ms"],
    [1_234, "1.23 s"],
    [59_000, "59.0 s"],
    [61_000, "1 min 1 s"],
    [119_999, "2 min 0 s"],
    [3_660_000, "1 h 1 min"],
  ])("a time span: %f is %s", (value, text) => expect(duration(value)).toBe(text));

  it("show a text as it is and everything else as JSON", () => {
    expect(json("a\nb")).toBe("a\nb");
    expect(json({ a: 1 })).toBe('{\n  "a": 1\n}');
    expect(json(undefined)).toBe(UNKNOWN);
  });

  it.each([
    [{ a: 1, b: { c: [] } }, 'a: 1, b: {"c":[]}'],
    [{}, ""],
    [[1, 2], "[1,2]"],
    ["one\n  two ", "one two"],
    [null, "null"],
    [undefined, UNKNOWN],
    [{ a: "x\ny" }, 'a: "x\\ny"'],
  ])("a value in short: %j is %s", (value, text) => expect(brief(value)).toBe(text));

  it("a long value in short is cut between characters", () => {
    expect(brief("🦊".repeat(121))).toBe(`${"🦊".repeat(120)}…`);
    expect(brief("🦊".repeat(120))).toBe("🦊".repeat(120));
    expect(brief("x".repeat(100_000))).toHaveLength(121);
  });

  it("make a command that a shell reads as it was meant", () => {
    expect(commandLine("a b.lua", { topic: "it's $HOME", n: 3 }, "demo/fast")).toBe(
      "tactus run 'a b.lua' -p 'topic=it'\\''s $HOME' -p n=3 --model demo/fast",
    );
  });
});
