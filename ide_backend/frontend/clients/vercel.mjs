// A run as the AI SDK reads it: its parser, its schema, and its message made of the chunks.
import { parseJsonEventStream, readUIMessageStream, uiMessageChunkSchema } from "ai";
import { answer, asked } from "./plan.mjs";

const { url, token } = asked();
const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
const [parsed, plain] = response.body.tee();
const faults = [];
const errors = [];
const kinds = [];

const chunks = parseJsonEventStream({ stream: parsed, schema: uiMessageChunkSchema }).pipeThrough(
  new TransformStream({
    transform(result, controller) {
      if (!result.success) return faults.push(String(result.error));
      kinds.push(result.value.type);
      controller.enqueue(result.value);
    },
  }),
);
const states = readUIMessageStream({
  stream: chunks,
  onError: (error) => errors.push(error.message),
});
const whole = new Response(plain).text();
let message = null;
let count = 0;
for await (const state of states) {
  message = state;
  count += 1;
}
const last = (await whole).trimEnd().split("\n").at(-1);
const headers = Object.fromEntries(response.headers);
answer({ headers, kinds, faults, errors, message, count, last });
