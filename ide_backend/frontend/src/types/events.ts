// Generated from tactus/events.py by `npm run types`; do not edit.

/**
 * One event of one run.
 *
 * `seq` counts 1, 2, 3… within the run; `timestamp` is in milliseconds since the epoch.
 */
export interface EventRecord {
  seq: number;
  run_id: string;
  timestamp: number;
  goal_id?: string | null;
  parent_run_id?: string | null;
  event:
    | RunStartedEvent
    | AgentTurnEvent
    | AgentStreamChunkEvent
    | CostEvent
    | ToolCallEvent
    | LogEvent
    | ValidationEvent
    | ErrorEvent
    | RunFinishedEvent;
}
/**
 * A run began.
 */
export interface RunStartedEvent {
  event_type: "run_started";
  procedure: string;
  params?: {
    [k: string]: unknown;
  };
  source_sha256: string;
  schema_version?: number;
}
/**
 * An agent's turn began or ended.
 */
export interface AgentTurnEvent {
  event_type: "agent_turn";
  stage: "started" | "completed" | "failed" | "stopped";
  turn_id: string;
  agent_name: string;
  provider: string;
  model: string;
  streaming: boolean;
  attempt?: number;
}
/**
 * A piece of an agent's text.
 *
 * `index` is that of its first model chunk, from 0; `chunk_count` how many model chunks were
 * merged into it. The sum of `chunk_text` is the last `accumulated_text` is the turn's response.
 */
export interface AgentStreamChunkEvent {
  event_type: "agent_stream_chunk";
  turn_id: string;
  agent_name: string;
  index: number;
  chunk_text: string;
  chunk_count?: number;
  accumulated_length: number;
  /**
   * The turn's text up to and with this chunk; joined when it is read.
   */
  accumulated_text: string;
}
/**
 * What a turn used. Tokens are counts, `total_cost` is in USD, times are in milliseconds.
 */
export interface CostEvent {
  event_type: "cost";
  turn_id: string;
  agent_name: string;
  provider: string;
  model: string;
  input_tokens?: number | null;
  output_tokens?: number | null;
  total_tokens?: number | null;
  cached_tokens?: number | null;
  total_cost?: number | null;
  duration_ms: number;
  time_to_first_token_ms?: number | null;
  finish_reason?: string | null;
  total_chunks?: number | null;
  response: string;
  estimated?: boolean;
}
/**
 * A tool was called by an agent.
 */
export interface ToolCallEvent {
  event_type: "tool_call";
  turn_id: string;
  stage: "started" | "completed" | "failed";
  tool_name: string;
  arguments?: {
    [k: string]: unknown;
  };
  result?: {
    [k: string]: unknown;
  };
  duration_ms?: number | null;
}
/**
 * The procedure wrote to its log (`Log.info`, `print`).
 */
export interface LogEvent {
  event_type: "log";
  level: "debug" | "info" | "warn" | "error";
  message: string;
  line?: number | null;
}
/**
 * The procedure's result was checked against its declared output.
 */
export interface ValidationEvent {
  event_type: "validation";
  ok: boolean;
  errors?: string[];
}
/**
 * Something failed: what, where in the procedure, and the next step.
 */
export interface ErrorEvent {
  event_type: "error";
  code: string;
  message: string;
  file?: string | null;
  line?: number | null;
  excerpt?: string | null;
  traceback?: string | null;
  hint?: string | null;
  turn_id?: string | null;
}
/**
 * A run ended; the last event of every run.
 *
 * `interrupted` is said afterwards, of a run whose process had died.
 */
export interface RunFinishedEvent {
  event_type: "run_finished";
  status: "completed" | "failed" | "stopped" | "interrupted";
  result?: {
    [k: string]: unknown;
  };
  totals: Totals;
}
/**
 * What a run used; `cost` is None when the price of any turn is unknown.
 */
export interface Totals {
  turns?: number;
  input_tokens?: number | null;
  output_tokens?: number | null;
  cost?: number | null;
  duration_ms?: number;
}
