// npm `eventsource-parser` over fetch: who resumes is its user, here at once, with the last id.
import { createParser } from "eventsource-parser";
import { answer, asked, each } from "./plan.mjs";

const { url, token, reads } = asked();

async function read([after, most]) {
  const result = { events: [], opened: 0, closed: false };
  let last = after;
  while (!result.closed && result.events.length !== most) {
    const leaving = new AbortController();
    const headers = { Authorization: `Bearer ${token}` };
    if (last) headers["Last-Event-ID"] = String(last);
    const response = await fetch(url, { headers, signal: leaving.signal });
    result.closed = response.status === 204;
    if (result.closed) break;
    result.opened += 1;
    const parser = createParser({
      onEvent: ({ id, data }) => {
        if (result.events.length === most) return;
        if (id !== undefined) last = id;
        result.events.push([id ?? "", data]);
      },
      onRetry: (milliseconds) => {
        result.retry = milliseconds;
      },
      onError: (error) => {
        throw error;
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const bytes of response.body) {
        parser.feed(decoder.decode(bytes, { stream: true }));
        if (result.events.length === most) break;
      }
    } catch (error) {
      if (error.name !== "TypeError") throw error; // "terminated": the connection was cut
    }
    leaving.abort();
  }
  return result;
}

answer(await each(reads, 4, read));
