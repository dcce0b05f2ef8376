import { describe, expect, it } from "vitest";
import { GrowingText } from "./growingText";

describe("a growing text", () => {
  it("tells its readers each piece, and of a replacement as a whole", () => {
    const text = new GrowingText();
    const told: (string | null)[] = [];
    const leave = text.subscribe((piece) => told.push(piece));
    text.append("Once ");
    text.append("upon");
    text.replace("A time");
    leave();
    text.append(", unheard");
    expect(told).toEqual(["Once ", "upon", null]);
    expect(String(text)).toBe("A time, unheard");
  });

  it("is not changed by the same text", () => {
    const text = new GrowingText();
    text.append("same");
    text.subscribe(() => expect.unreachable());
    text.replace("same");
    expect(text.length).toBe(4);
  });

  it.each([
    ["", 0],
    ["plain", 5],
    ["🦊🦊", 2],
    ["👩‍👩‍👧", 5],
    ["\ud83e", 1],
    ["\udd8a\ud83e", 2],
    ["e\u0301", 2],
  ])("counts %j as Python does", (piece, length) => {
    const text = new GrowingText();
    text.append(piece);
    expect(text.length).toBe(length);
    expect(text.length).toBe([...piece].length);
  });
});
