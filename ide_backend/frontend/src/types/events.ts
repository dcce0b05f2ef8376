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
    | AgentReasoningChunkEvent
    | StepRestartedEvent
    | CostEvent
    | ToolCallEvent
    | QuestionEvent
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
 * An agent's turn began or ended: each ends once, in one of the ways of `Ending`.
 *
 * `parent_turn_id` is the turn in which it was begun, by a tool or by a listener.
 */
export interface AgentTurnEvent {
  event_type: "agent_turn";
  stage: "started" | ("completed" | "refused" | "blocked" | "truncated" | "failed" | "stopped");
  turn_id: string;
  agent_name: string;
  provider: string;
  model: string;
  streaming: boolean;
  attempt?: number;
  parent_turn_id?: string | null;
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
 * A piece of what a model thinks before it answers; no part of the turn's text.
 */
export interface AgentReasoningChunkEvent {
  event_type: "agent_reasoning_chunk";
  turn_id: string;
  agent_name: string;
  chunk_text: string;
}
/**
 * What a turn had told is void beyond its first `kept_length` characters; it is told anew.
 *
 * A model is asked again because its answer tore (`retry`), in place of one that failed
 * (`fallback`), or because the answer did not fit the declared output (`repair`).
 */
export interface StepRestartedEvent {
  event_type: "step_restarted";
  turn_id: string;
  attempt: number;
  kept_length?: number;
  reason: "retry" | "fallback" | "repair";
  provider: string;
  model: string;
}
/**
 * What a turn used, over all its model calls.
 *
 * Tokens are counts, `total_cost` is in USD, times are in milliseconds; the gaps are those between
 * one piece of text and the next. `estimated`: counted here, as the provider told nothing.
 * `from_cache`: the answer was kept from an earlier turn, and cost nothing. A turn that did not
 * complete tells its cost too, where anything had come; its `stage` says so.
 */
export interface CostEvent {
  event_type: "cost";
  turn_id: string;
  agent_name: string;
  provider: string;
  model: string;
  stage?: "completed" | "refused" | "blocked" | "truncated" | "failed" | "stopped";
  input_tokens?: number | null;
  output_tokens?: number | null;
  total_tokens?: number | null;
  cached_tokens?: number | null;
  reasoning_tokens?: number | null;
  total_cost?: number | null;
  duration_ms: number;
  time_to_first_token_ms?: number | null;
  gap_p50_ms?: number | null;
  gap_p99_ms?: number | null;
  finish_reason?: string | null;
  total_chunks?: number | null;
  model_calls?: number;
  response: string;
  estimated?: boolean;
  from_cache?: boolean;
}
/**
 * A tool was called by an agent; `call_id` tells the calls of a turn apart.
 *
 * `text_length` is how much of the turn's text came before it. A call that failed has `error`,
 * which is what the model was told instead of a result.
 */
export interface ToolCallEvent {
  event_type: "tool_call";
  turn_id: string;
  call_id?: string;
  stage: "started" | "completed" | "failed";
  tool_name: string;
  arguments?: {
    [k: string]: unknown;
  };
  result?: {
    [k: string]: unknown;
  };
  error?: string | null;
  duration_ms?: number | null;
  text_length?: number;
}
/**
 * A person is asked; told again with the `answer`, or once it is `withdrawn`.
 *
 * `until` is when the default is taken, in seconds since the epoch; None: it waits for ever. The
 * last event of a question says how it stands.
 */
export interface QuestionEvent {
  event_type: "question";
  question_id: string;
  kind: "approve" | "input" | "choose";
  message: string;
  options?: string[];
  until?: number | null;
  answer?: boolean | string | null;
  withdrawn?: boolean;
  turn_id?: string | null;
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
 * A result was checked against its declared output: the procedure's, or that of a turn.
 */
export interface ValidationEvent {
  event_type: "validation";
  ok: boolean;
  errors?: string[];
  turn_id?: string | null;
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
 * What a run used; a figure that is unknown of any turn is None.
 */
export interface Totals {
  turns?: number;
  input_tokens?: number | null;
  output_tokens?: number | null;
  cached_tokens?: number | null;
  reasoning_tokens?: number | null;
  cost?: number | null;
  estimated?: boolean;
  duration_ms?: number;
}
