import type { EventOf, Run, RunEvent, RunStatus, SnapshotEvent, WireEvent } from "../types/wire";
import { onceAFrame } from "./frame";
import { QuestionLog } from "./questionLog";
import { TurnLog } from "./turnLog";
import type { TurnEvent } from "./turnView";

const DEEPEST = 8; // turns within turns, as the server has it

/** One thing that is shown in the course of a run, in the order in which it began. */
export type RunItem =
  | { kind: "turn"; key: string; turn: TurnLog }
  | { kind: "question"; key: string; question: QuestionLog }
  | { kind: "event"; key: string; event: RunEvent };

/** What a run looks like so far; a new object at each change, so that React sees it. */
export interface RunView {
  items: readonly RunItem[];
  status: RunStatus | null;
  started: EventOf<"run_started"> | null;
  finished: EventOf<"run_finished"> | null;
  /** The oldest question that nobody has answered yet: the run waits, at least in part. */
  asking: QuestionLog | null;
  /** Set when earlier events are no longer held: what the server told in their place. */
  snapshot: Run | null;
}

export const EMPTY_VIEW: RunView = {
  items: [],
  status: null,
  started: null,
  finished: null,
  asking: null,
  snapshot: null,
};

/**
 * The events of one run, read once each and put together again.
 *
 * Events at or below the last sequence number are ignored, so a replay is harmless. What belongs to
 * a turn goes to its log and changes nothing else: readers of the view are not told of it.
 */
export class RunLog {
  readonly raw: RunEvent[] = [];
  /** Sequence number of the last event that was taken. */
  lastSeq = 0;
  #mended = false;
  #view: RunView = EMPTY_VIEW;
  #turns = new Map<string, TurnLog>();
  #questions = new Map<string, QuestionLog>();
  #live = new Set<TurnLog>(); // in the order in which they began
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
    if (!this.#step(event) && !this.#mended) return false;
    this.raw.push(event);
    this.lastSeq = event.seq;
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
    this.#questions.clear();
    this.#live.clear();
    this.#change(EMPTY_VIEW);
  }

  #step(event: RunEvent): boolean {
    switch (event.event_type) {
      case "run_started":
        this.#change({ started: event, status: "running" });
        return true;
      case "run_finished":
        for (const question of this.#questions.values()) question.withdraw();
        this.#change({ finished: event, status: event.status, asking: null });
        return true;
      case "question":
        this.#takeQuestion(event);
        return true;
      case "agent_turn":
      case "agent_stream_chunk":
      case "agent_reasoning_chunk":
      case "step_restarted":
      case "tool_call":
      case "cost":
        return this.#takeInTurn(event);
      case "validation": {
        const { turn_id } = event;
        if (turn_id == null) break;
        return this.#takeInTurn({ ...event, turn_id });
      }
      case "log": {
        const calling = this.#within((turn) => turn.isCalling);
        if (!calling) break;
        calling.add(event); // a tool has told it
        return true;
      }
    }
    this.#show({ kind: "event", key: `e${event.seq}`, event });
    return true;
  }

  #takeInTurn(event: TurnEvent): boolean {
    const turn = this.#turns.get(event.turn_id) ?? this.#begin(event);
    const whole = turn.take(event);
    if (!turn.isLive) this.#live.delete(turn);
    return whole;
  }

  /** A question stands where it was asked first, whatever becomes of it. */
  #takeQuestion(event: EventOf<"question">): void {
    const known = this.#questions.get(event.question_id);
    if (known) known.take(event);
    else this.#ask(event);
    const asking = [...this.#questions.values()].find((question) => question.isOpen) ?? null;
    this.#change({ asking });
  }

  #ask(event: EventOf<"question">): void {
    const question = new QuestionLog(event);
    this.#questions.set(event.question_id, question);
    const calling = this.#within((turn) => turn.isCalling);
    if (calling) calling.ask(question);
    else this.#show({ kind: "question", key: `q${event.question_id}`, question });
  }

  /** A turn that is new: within the one whose tool calls its agent, or next in the run. */
  #begin(event: TurnEvent): TurnLog {
    const within = event.event_type === "agent_turn" ? event.parent_turn_id : undefined;
    const outer = within ? this.#turns.get(within) : undefined;
    const nested = outer !== undefined && outer.depth < DEEPEST;
    const turn = TurnLog.of(event, nested ? outer.depth + 1 : 0);
    if (nested) outer.nest(turn);
    else this.#show({ kind: "turn", key: `t${event.turn_id}`, turn });
    this.#turns.set(event.turn_id, turn);
    this.#live.add(turn);
    return turn;
  }

  /** The latest turn that is live and as asked. */
  #within(asked: (turn: TurnLog) => boolean): TurnLog | undefined {
    return [...this.#live].findLast(asked);
  }

  #restart({ run, turns }: SnapshotEvent): void {
    this.#clear();
    for (const told of turns) {
      const turn = TurnLog.ofSnapshot(told);
      this.#turns.set(told.turn_id, turn);
      if (turn.isLive) this.#live.add(turn);
      this.#show({ kind: "turn", key: `t${told.turn_id}`, turn });
    }
    this.lastSeq = run.last_seq;
    this.#change({ snapshot: run, status: run.status });
  }

  #show(item: RunItem): void {
    this.#change({ items: [...this.#view.items, item] });
  }

  #change(change: Partial<RunView>): void {
    this.#view = { ...this.#view, ...change };
    this.#told.ask();
  }
}
