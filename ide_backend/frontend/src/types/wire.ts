import type { EventRecord } from "./events";

/** What the server calls a run's state. */
export type RunStatus = "running" | "completed" | "failed" | "stopped" | "interrupted";

export interface RunError {
  code: string;
  message: string;
  file?: string | null;
  line?: number | null;
}

/** One run as the history knows it; times in milliseconds, `cost` in USD, null is unknown. */
export interface Run {
  id: string;
  procedure: string;
  status: RunStatus;
  started_ms: number;
  ended_ms: number | null;
  duration_ms: number | null;
  params: Record<string, unknown>;
  model: string | null;
  goal_id: string | null;
  turns: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  result: unknown;
  error: RunError | null;
  last_seq: number;
}

/** One agent's turn as the streams page knows it. */
export interface Turn {
  turn_id: string;
  run_id: string;
  agent_name: string;
  provider: string;
  model: string;
  status: string;
  started_ms: number;
  duration_ms: number | null;
  time_to_first_token_ms: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  text: string;
  chunks: number | null;
}

type Envelope = Omit<EventRecord, "event"> & {
  /** Names of the fields that were left out, as the event was too large to be sent whole. */
  abridged?: string[];
};
type Flat<E> = E extends { event_type: "agent_stream_chunk" }
  ? Omit<E, "accumulated_text"> & { accumulated_text?: string; snapshot?: boolean }
  : E extends { event_type: "tool_call" }
    ? Omit<E, "result"> & { result?: unknown }
    : E;

/** One event as it is sent: the record's fields beside the event's, nulls left out. */
export type RunEvent = Envelope & Flat<EventRecord["event"]>;
export type EventOf<T extends RunEvent["event_type"]> = Extract<RunEvent, { event_type: T }>;

/** Sent instead of events that are no longer held: everything up to `run.last_seq` at once. */
export interface SnapshotEvent {
  event_type: "snapshot";
  run: Run;
  turns: (Pick<Turn, "turn_id" | "agent_name" | "text" | "status"> & Partial<Turn>)[];
}

export interface HeartbeatEvent {
  event_type: "heartbeat";
}

/** Everything that comes over the wire; event types that are not known here are kept too. */
export type WireEvent = RunEvent | SnapshotEvent | HeartbeatEvent;
