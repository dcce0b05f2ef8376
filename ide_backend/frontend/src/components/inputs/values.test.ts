import { describe, expect, it } from "vitest";
import type { FieldDefinition } from "../../types/api";
import { entriesOf, entryOf, readEntries } from "./values";

const field = (type: FieldDefinition["type"], more: Partial<FieldDefinition> = {}) =>
  ({ type, ...more }) as FieldDefinition;

describe("the input form", () => {
  it.each([
    ["string", "true", "true"],
    ["integer", "3", 3],
    ["number", "2.5", 2.5],
    ["boolean", "false", false],
    ["array", "[1]", [1]],
    ["object", '{"a":1}', { a: 1 }],
  ] as const)("reads a %s", (type, text, value) => {
    expect(readEntries({ x: field(type) }, { x: text })).toEqual({
      ok: true,
      params: { x: value },
    });
  });

  it.each([
    ["integer", "2.5", "must be an integer"],
    ["integer", "many", "must be an integer"],
    ["number", '"1"', "must be a number"],
    ["boolean", "yes", "must be a boolean"],
    ["array", "{}", "must be an array"],
    ["object", "[]", "must be an object"],
    ["object", "null", "must be an object"],
  ] as const)("refuses as %s: %s", (type, text, problem) => {
    const reading = readEntries({ x: field(type) }, { x: text });
    expect(reading).toEqual({ ok: false, problems: { x: problem } });
  });

  it("keeps a number in its range", () => {
    const words = field("integer", { minimum: 1, maximum: 9 });
    expect(readEntries({ words }, { words: "0" })).toMatchObject({
      problems: { words: "must be at least 1" },
    });
    expect(readEntries({ words }, { words: "10" })).toMatchObject({
      problems: { words: "must be at most 9" },
    });
    expect(readEntries({ words }, { words: "9" }).ok).toBe(true);
  });

  it("asks for what is required, takes the default, and leaves out the rest", () => {
    const fields = {
      needed: field("string", { required: true }),
      usual: field("integer", { default: 3 }),
      free: field("string", { required: false }),
    };
    expect(readEntries(fields, {})).toEqual({ ok: false, problems: { needed: "is required" } });
    expect(readEntries(fields, { needed: "x" })).toEqual({
      ok: true,
      params: { needed: "x", usual: 3 },
    });
  });

  it("takes an empty text for a text that is required once it was typed", () => {
    const fields = { needed: field("string", { required: true }) };
    expect(readEntries(fields, { needed: "" })).toEqual({ ok: true, params: { needed: "" } });
  });

  it("takes the browser's own words as names", () => {
    const names = ["constructor", "toString", "__proto__", "hasOwnProperty"];
    const fields = Object.fromEntries(names.map((name) => [name, field("string")]));
    const untouched = readEntries(fields, {});
    expect(untouched.ok === false && Object.keys(untouched.problems)).toEqual(names);
    const entries = Object.fromEntries(names.map((name) => [name, "said"]));
    const reading = readEntries(fields, entries);
    expect(reading.ok && Object.entries(reading.params)).toEqual(
      names.map((name) => [name, "said"]),
    );
  });

  it("shows the inputs of a run so that they are read as they were", () => {
    const params = { text: "a\nb", list: [1, { a: 2 }], yes: true, none: null };
    const fields = {
      text: field("string"),
      list: field("array"),
      yes: field("boolean"),
      none: field("string", { required: false }),
    };
    const { none, ...given } = params;
    expect(entryOf(none)).toBe("");
    expect(readEntries(fields, entriesOf(params))).toEqual({ ok: true, params: given });
  });
});
