import { json } from "../../format";
import type { FieldDefinition, Fields } from "../../types/api";

/** What stands in the form: a text for each field; an absent one was never touched. */
export type Entries = Record<string, string>;

export type Reading =
  | { ok: true; params: Record<string, unknown> }
  | { ok: false; problems: Record<string, string> };

/** What `record` itself has under `name`: a field may be called `constructor`. */
export function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function isRequired(field: FieldDefinition): boolean {
  return field.required ?? field.default == null;
}

/** The text that stands for `value` in a form. */
export function entryOf(value: unknown): string {
  return value == null ? "" : json(value);
}

/** The form that gives `params`: to run again with something changed. */
export function entriesOf(params: Record<string, unknown>): Entries {
  const named = Object.entries(params).map(([name, value]) => [name, entryOf(value)]);
  return Object.fromEntries(named);
}

/** What the form says, as the inputs of a run; or what is wrong, field by field. */
export function readEntries(fields: Fields, entries: Entries): Reading {
  const params = new Map<string, unknown>();
  const problems = new Map<string, string>();
  for (const [name, field] of Object.entries(fields)) {
    const entry = own(entries, name);
    const text = entry ?? entryOf(field.default);
    if (text === "" && !(field.type === "string" && entry !== undefined && isRequired(field))) {
      if (isRequired(field)) problems.set(name, "is required");
      continue;
    }
    const value = readEntry(field, text);
    const problem =
      value === undefined ? `must be ${article(field.type)}` : outOfRange(field, value);
    if (problem) problems.set(name, problem);
    else params.set(name, value);
  }
  return problems.size
    ? { ok: false, problems: Object.fromEntries(problems) }
    : { ok: true, params: Object.fromEntries(params) };
}

/** The value that was typed for `field`, undefined when it is not of the field's type. */
function readEntry(field: FieldDefinition, text: string): unknown {
  if (field.type === "string") return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  switch (field.type) {
    case "integer":
      return Number.isInteger(value) ? value : undefined;
    case "number":
      return typeof value === "number" ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "array":
      return Array.isArray(value) ? value : undefined;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? value
        : undefined;
  }
}

function outOfRange({ minimum, maximum }: FieldDefinition, value: unknown): string | null {
  if (typeof value !== "number") return null;
  if (minimum != null && value < minimum) return `must be at least ${minimum}`;
  if (maximum != null && value > maximum) return `must be at most ${maximum}`;
  return null;
}

function article(name: string): string {
  return `${/^[aeio]/.test(name) ? "an" : "a"} ${name}`;
}
