import { describe, expect, it } from "vitest";
import { answerIn } from "./answer";

describe("a structured answer", () => {
  it.each([
    ['{"a": 1}', { a: 1 }],
    ['\n\nHere it is:\n```json\n{"a": {"b": []}}\n```\nBye', { a: { b: [] } }],
    ['Sure: {"a": "}"} there', { a: "}" }],
    ["[1]", null],
    ['{"a": 1,', null],
    ["nothing", null],
    ["", null],
  ])("in %j is %j", (text, table) => expect(answerIn(text)).toEqual(table));
});
