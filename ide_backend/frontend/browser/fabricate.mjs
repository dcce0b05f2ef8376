// Answers and events such as a hostile model, file or server might bring about: every text in them
// is one of the payloads. What may stand in an event is read from the server's own JSON Schema.

/** The events of a run: each type, each of its stages, with `text` in every field that is text. */
export function hostileEvents(schema, text) {
  const types = schema.oneOf.map(({ $ref }) => schema.$defs[$ref.split("/").at(-1)]);
  const ends = (type) => type.properties.event_type.const === "run_finished";
  const events = types
    .filter((type) => !ends(type))
    .flatMap((type) => variants(schema, type, text));
  return [...events, { event_type: text, [text]: text, nested: { [text]: [text] } }];
}

/** The event that ends a run, with every payload in its result, as a name and as a value. */
export function hostileEnd(schema, texts) {
  const result = Object.fromEntries(texts.map((text) => [text, { [text]: [text] }]));
  const end = filled(schema, schema.$defs.RunFinishedEvent, texts[0]);
  return { ...end, status: "completed", result: { ...result, text: texts.join("\n") } };
}

/** One event for each value of a field with fixed values, and one in which that field lies. */
function variants(schema, type, text) {
  const event = filled(schema, type, text);
  if ("accumulated_length" in event) event.accumulated_length = [...text].length;
  const choices = Object.entries(type.properties)
    .map(([name, kind]) => [name, valuesOf(kind)])
    .filter(([, values]) => values.length > 1);
  return [
    event,
    ...choices.flatMap(([name, values]) =>
      [...values, text].map((value) => ({ ...event, [name]: value })),
    ),
  ];
}

/** The values that a field is fixed to; none for free text. */
function valuesOf({ enum: fixed = [], anyOf = [], ...kind }) {
  return [...fixed, ...("const" in kind ? [kind.const] : []), ...anyOf.flatMap(valuesOf)];
}

function filled(schema, kind, text) {
  if (kind.$ref) return filled(schema, schema.$defs[kind.$ref.split("/").at(-1)], text);
  if ("const" in kind) return kind.const;
  if (kind.enum) return kind.enum[0];
  const choices = kind.anyOf ?? kind.oneOf;
  if (choices) {
    return filled(
      schema,
      choices.find((choice) => choice.type !== "null"),
      text,
    );
  }
  switch (kind.type) {
    case "string":
      return text;
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return false;
    case "null":
      return null;
    case "array":
      return [filled(schema, kind.items ?? {}, text)];
    default:
      if (!kind.properties) return { [text]: text, nested: { [text]: [text] } };
      return Object.fromEntries(
        Object.entries(kind.properties).map(([name, one]) => [name, filled(schema, one, text)]),
      );
  }
}

/**
 * An answer of the server with a payload in place of every text, under names that are not `kept`.
 *
 * A list of objects becomes as long as the list of payloads: each has one of its own.
 */
export function poisoned(answer, texts, kept = []) {
  const poison = (value, text) => {
    if (typeof value === "string") return text;
    if (Array.isArray(value)) {
      if (value.length > 0 && typeof value[0] === "object" && value[0] !== null) {
        return texts.map((one) => poison(value[0], one));
      }
      return value.length > 0 ? value.map((one) => poison(one, text)) : [];
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        kept.includes(name)
          ? one
          : name === "params" || name === "result"
            ? { [text]: text, nested: [text] }
            : poison(one, text),
      ]),
    );
  };
  return poison(answer, texts[0]);
}

/** `text` in pieces: every kind of border that a stream may put into it. */
export const SPLITS = {
  whole: (text) => [text],
  "between all characters": (text) => [...text],
  "between all UTF-16 units": (text) => text.split(""),
  "around all signs": (text) => text.split(/(?<=[^\w ])|(?=[^\w ])/u),
  "in the middle": (text) => [text.slice(0, text.length >> 1), text.slice(text.length >> 1)],
};
