// npm `eventsource`; a resume is a Last-Event-ID, as after a reconnect.
import { EventSource } from "eventsource";
import { answer, asked, each } from "./plan.mjs";
import { readSource } from "./source.mjs";

const { url, token, reads } = asked();

function open(after) {
  const first = after ? { "Last-Event-ID": String(after) } : {};
  return new EventSource(url, {
    fetch: (address, init) => {
      const headers = { ...first, ...init.headers, Authorization: `Bearer ${token}` };
      return fetch(address, { ...init, headers });
    },
  });
}

answer(await each(reads, 8, ([after, most]) => readSource(open(after), most)));
