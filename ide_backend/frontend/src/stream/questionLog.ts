import type { EventOf } from "../types/wire";

type Asked = EventOf<"question">;

/** How a question stands: `late` is one that nobody answered in time, with or without a default. */
export type QuestionState = "open" | "answered" | "late" | "withdrawn";

/** A question to a person; a new object at each change, so that React sees it. */
export interface QuestionView {
  id: string;
  kind: Asked["kind"];
  message: string;
  options: readonly string[];
  /** When it is too late for an answer, in milliseconds since the epoch; null: never. */
  untilMs: number | null;
  state: QuestionState;
  /** What was said, or the default that was taken. */
  answer: boolean | string | null;
}

/** One question of a run, as its last event tells of it. */
export class QuestionLog {
  #view: QuestionView;
  #listeners = new Set<() => void>();

  constructor(event: Asked) {
    this.#view = viewOf(event);
  }

  get isOpen(): boolean {
    return this.#view.state === "open";
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getView = (): QuestionView => this.#view;

  /** It was answered or withdrawn, or is asked again by a server that goes on with the run. */
  take(event: Asked): void {
    this.#change(viewOf(event));
  }

  /** The run has ended: nobody waits for an answer that was not given. */
  withdraw(): void {
    if (this.isOpen) this.#change({ ...this.#view, state: "withdrawn" });
  }

  #change(view: QuestionView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

function viewOf(event: Asked): QuestionView {
  return {
    id: event.question_id,
    kind: event.kind,
    message: event.message,
    options: event.options ?? [],
    untilMs: event.until == null ? null : event.until * 1_000,
    state: stateOf(event),
    answer: event.answer ?? null,
  };
}

function stateOf({ answer, withdrawn, until, timestamp }: Asked): QuestionState {
  if (answer == null && !withdrawn) return "open";
  if (until != null && timestamp >= Math.floor(until * 1_000)) return "late";
  return answer == null ? "withdrawn" : "answered";
}
