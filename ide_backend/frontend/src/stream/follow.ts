import type { WireEvent } from "../types/wire";

export type Connection = "connecting" | "open" | "retrying" | "lost" | "ended";

/** The part of the browser's EventSource that is used here. */
export interface Source {
  readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  close(): void;
}

export interface Following {
  /** The address to open, made anew each time: it names the last event that came. */
  address: () => string;
  /** One event; false asks for the stream to be read again from `address`. */
  take: (event: WireEvent, id: string) => boolean;
  /** Whether the last event came, after which the server ends the stream. */
  ended: () => boolean;
  connection: (state: Connection) => void;
  open?: (address: string) => Source;
}

/** Longest silence in milliseconds; the server sends a heartbeat every 15 seconds. */
export const SILENCE_MS = 40_000;

/** Milliseconds before each new try, when the server refused the stream as a whole. */
export const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000];

const CLOSED = 2;

/** Read an event stream until its end; returns how to stop reading. */
export function follow(following: Following): () => void {
  const open = following.open ?? ((address: string) => new EventSource(address));
  let source: Source | null = null;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let refused = 0; // times in a row

  const close = () => {
    clearTimeout(silence);
    source?.close();
    source = null;
  };
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      following.connection("retrying");
      begin();
    }, SILENCE_MS);
  };
  const end = (state: Connection) => {
    close();
    following.connection(state);
  };
  /** The browser has given up, as it does when a server that begins or ends answers with an error. */
  const again = () => {
    const pause = PAUSES_MS[refused++];
    if (pause === undefined) return end("lost");
    close();
    following.connection("retrying");
    silence = setTimeout(begin, pause);
  };
  const begin = () => {
    close();
    const opened = open(following.address());
    source = opened;
    opened.onopen = () => {
      following.connection("open");
      listen();
    };
    opened.onmessage = ({ data, lastEventId }: MessageEvent<string>) => {
      if (source !== opened) return;
      listen();
      refused = 0;
      if (!following.take(JSON.parse(data) as WireEvent, lastEventId)) begin();
      else if (following.ended()) end("ended");
    };
    opened.onerror = () => {
      if (source !== opened) return;
      if (following.ended()) end("ended");
      else if (opened.readyState === CLOSED) again();
      else following.connection("retrying"); // the browser tries again, with the last id
    };
    listen();
  };

  following.connection("connecting");
  begin();
  return close;
}
