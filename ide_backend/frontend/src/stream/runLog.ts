import type { EventOf, Run, RunEvent, RunStatus, SnapshotEvent, WireEvent } from "../types/wire";
import { onceAFrame } from "./frame";
import { type TurnView, turnOf, turnOfSnapshot } from "./turnView";

/** One thing that is shown in the course of a run, in the order in which it began. */
export type RunItem =
  | { kind: "turn"; key: string; turn: TurnView }
  | { kind: "event"; key: string; event: RunEvent };

/** What a run looks like so far; a new object at each change, so that React sees it. */
export interface RunView {
  items: readonly RunItem[];
  status: RunStatus | null;
  started: EventOf<"run_started"> | null;
  finished: EventOf<"run_finished"> | null;
  /** Set when earlier events are no longer held: what the server told in their place. */
  snapshot: Run | null;
}

export const EMPTY_VIEW: RunView = {
  items: [],
  status: null,
  started: null,
  finished: null,
  snapshot: null,
};

/**
 * The events of one run, read once each and put together again.
 *
 * Events at or below the last sequence number are ignored, so a replay is harmless. Chunks go to
 * their turn's growing text and change nothing else: readers of the view are not told of them.
 */
export class RunLog {
  readonly raw: RunEvent[] = [];
  /** Sequence number of the last event that was taken. */
  lastSeq = 0;
  #mended = false;
  #view: RunView = EMPTY_VIEW;
  #turns = new Map<string, number>();
  #listeners = new Set<() => void>();
  #told = onceAFrame(() => {
    for (const listener of this.#listeners) listener();
  });

  get view(): RunView {
    return this.#view;
  }

  get ended(): boolean {
    return this.#view.status !== null && this.#view.status !== "running";
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getView = (): RunView => this.#view;

  /** Take one event; false when a piece of text is missing before it. */
  take(event: WireEvent): boolean {
    if (event.event_type === "heartbeat") return true;
    if (event.event_type === "snapshot") {
      this.#restart(event);
      return true;
    }
    if (event.seq <= this.lastSeq) return true;
    if (event.event_type === "agent_stream_chunk" && !this.#takeChunk(event)) {
      if (!this.#mended) return false;
    }
    this.raw.push(event);
    this.lastSeq = event.seq;
    if (event.event_type !== "agent_stream_chunk") this.#change(this.#step(event));
    return true;
  }

  /** Forget everything, to read the run from its beginning; done once, or it would never end. */
  mend(): void {
    this.#mended = true;
    this.#clear();
  }

  #clear(): void {
    this.raw.length = 0;
    this.lastSeq = 0;
    this.#turns.clear();
    this.#change(EMPTY_VIEW);
  }

  #takeChunk(event: EventOf<"agent_stream_chunk">): boolean {
    const turn = this.#turn(event.turn_id) ?? this.#open(turnOf(event));
    if (event.accumulated_text !== undefined) turn.text.replace(event.accumulated_text);
    else turn.text.append(event.chunk_text);
    if (turn.stage === "waiting") this.#replace({ ...turn, stage: "streaming" });
    return turn.text.length === event.accumulated_length;
  }

  #step(event: Exclude<RunEvent, EventOf<"agent_stream_chunk">>): Partial<RunView> {
    switch (event.event_type) {
      case "run_started":
        return { started: event, status: "running" };
      case "run_finished":
        return { finished: event, status: event.status };
      case "agent_turn":
        this.#takeTurn(event);
        return {};
      case "cost": {
        const turn = this.#turn(event.turn_id) ?? this.#open(turnOf(event));
        // a very long answer is left out here (`abridged`): its chunks have told it
        if (event.response !== undefined) turn.text.replace(event.response);
        this.#replace({ ...turn, cost: event, stage: "completed" });
        return {};
      }
      case "tool_call":
        if (event.stage !== "started" && this.#endTool(event)) return {};
    }
    return { items: [...this.#view.items, { kind: "event", key: `e${event.seq}`, event }] };
  }

  #takeTurn(event: EventOf<"agent_turn">): void {
    const turn = this.#turn(event.turn_id);
    if (!turn) {
      this.#open({ ...turnOf(event), stage: event.stage === "started" ? "waiting" : event.stage });
    } else if (event.stage !== "started") {
      this.#replace({ ...turn, stage: event.stage, endedMs: event.timestamp });
    } else {
      turn.text.replace(""); // a new attempt: the torn one's text is void
      this.#replace({ ...turn, stage: "waiting", attempt: event.attempt ?? 1 });
    }
  }

  #endTool(event: EventOf<"tool_call">): boolean {
    const items = this.#view.items;
    const at = items.findLastIndex(
      ({ kind, ...item }) =>
        kind === "event" &&
        "event" in item &&
        item.event.event_type === "tool_call" &&
        item.event.stage === "started" &&
        item.event.turn_id === event.turn_id &&
        item.event.tool_name === event.tool_name,
    );
    const started = items[at];
    if (started?.kind !== "event" || started.event.event_type !== "tool_call") return false;
    const merged = {
      ...started.event,
      ...event,
      arguments: event.arguments ?? started.event.arguments,
    };
    this.#view = {
      ...this.#view,
      items: items.with(at, { ...started, event: merged as RunEvent }),
    };
    return true;
  }

  #turn(id: string): TurnView | null {
    const item = this.#view.items[this.#turns.get(id) ?? -1];
    return item?.kind === "turn" ? item.turn : null;
  }

  #open(turn: TurnView): TurnView {
    this.#turns.set(turn.id, this.#view.items.length);
    this.#change({ items: [...this.#view.items, { kind: "turn", key: `t${turn.id}`, turn }] });
    return turn;
  }

  #replace(turn: TurnView): void {
    const at = this.#turns.get(turn.id);
    if (at === undefined) return;
    const item: RunItem = { kind: "turn", key: `t${turn.id}`, turn };
    this.#change({ items: this.#view.items.with(at, item) });
  }

  #restart({ run, turns }: SnapshotEvent): void {
    this.#clear();
    for (const turn of turns) this.#open(turnOfSnapshot(turn));
    this.lastSeq = run.last_seq;
    this.#change({ snapshot: run, status: run.status });
  }

  #change(change: Partial<RunView>): void {
    this.#view = { ...this.#view, ...change };
    this.#told.ask();
  }
}
