import type { RunEvent, SnapshotEvent } from "../types/wire";
import { onceAFrame } from "./frame";
import type { QuestionLog } from "./questionLog";
import { TurnParts } from "./turnParts";
import { isLive, type TurnEvent, type TurnView, turnOf, turnOfSnapshot } from "./turnView";

/**
 * The events of one turn, put together again.
 *
 * Pieces of text and of thought change nothing but their own growing text; of everything else the
 * readers of the view are told, at most once a frame.
 */
export class TurnLog {
  #parts = new TurnParts();
  #view: TurnView;
  #listeners = new Set<() => void>();
  #told = onceAFrame(() => {
    for (const listener of this.#listeners) listener();
  });

  constructor(
    view: TurnView,
    text: string,
    /** How many turns this one stands in. */
    readonly depth: number,
  ) {
    this.#view = view;
    this.#parts.append(text);
    this.#change({});
  }

  static of(event: TurnEvent, depth: number): TurnLog {
    return new TurnLog(turnOf(event), "", depth);
  }

  static ofSnapshot(turn: SnapshotEvent["turns"][number]): TurnLog {
    return new TurnLog(turnOfSnapshot(turn), turn.text ?? "", 0);
  }

  get view(): TurnView {
    return this.#view;
  }

  /** All that was said in the turn. */
  get text(): string {
    return this.#parts.toString();
  }

  get isLive(): boolean {
    return isLive(this.#view.stage);
  }

  get isCalling(): boolean {
    return this.isLive && this.#parts.running > 0;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getView = (): TurnView => this.#view;

  /** A turn that was begun within this one, by a tool. */
  nest(turn: TurnLog): void {
    this.#parts.add({ kind: "turn", turn });
    this.#change({});
  }

  /** Something that a tool told while it ran. */
  add(event: RunEvent): void {
    this.#parts.add({ kind: "event", event });
    this.#change({});
  }

  /** A question that a tool asks a person. */
  ask(question: QuestionLog): void {
    this.#parts.add({ kind: "question", question });
    this.#change({});
  }

  /** Take one event of the turn; false when a piece of its text is missing before it. */
  take(event: TurnEvent): boolean {
    switch (event.event_type) {
      case "agent_stream_chunk":
        if (event.accumulated_text !== undefined) this.#parts.replace(event.accumulated_text);
        else this.#parts.append(event.chunk_text);
        this.#go("streaming");
        return this.#parts.length === event.accumulated_length;
      case "agent_reasoning_chunk":
        this.#parts.think(event.chunk_text);
        this.#go("thinking");
        break;
      case "agent_turn":
        if (event.stage !== "started") {
          this.#change({ stage: event.stage, endedMs: event.timestamp });
          break;
        }
        this.#parts.cut(0); // a new attempt: the torn one's text is void
        this.#change({ stage: "waiting", attempt: event.attempt ?? 1 });
        break;
      case "step_restarted": {
        const { attempt, provider, model, kept_length = 0 } = event;
        this.#parts.cut(kept_length);
        this.#parts.add({ kind: "restart", restart: event });
        this.#change({ stage: "waiting", attempt, provider, model });
        break;
      }
      case "tool_call":
        this.#parts.call(event);
        this.#change(this.isLive ? { stage: this.isCalling ? "calling" : "waiting" } : {});
        break;
      case "validation":
        if (!event.ok) this.#parts.add({ kind: "misfit", errors: event.errors ?? [] });
        this.#change({ structured: event.ok });
        break;
      case "cost":
        // a very long answer is left out here (`abridged`): its chunks have told it
        if (event.response !== undefined) this.#parts.replace(event.response);
        this.#change({ cost: event, stage: event.stage ?? "completed" });
    }
    return true;
  }

  /** The turn goes on; what has changed is told only where something begins. */
  #go(stage: "streaming" | "thinking"): void {
    const { parts, stage: before } = this.#view;
    const next = isLive(before) ? stage : before;
    if (next !== before || parts !== this.#parts.list) this.#change({ stage: next });
  }

  #change(change: Partial<TurnView>): void {
    this.#view = { ...this.#view, ...change, parts: this.#parts.list };
    this.#told.ask();
  }
}
