import type { EventOf, SnapshotEvent } from "../types/wire";
import type { TurnPart } from "./turnParts";

/** How a turn ends: with its answer, or without it. */
export type Ending = Exclude<EventOf<"agent_turn">["stage"], "started">;

/** What a turn that has not ended is doing. */
export type LiveStage = "waiting" | "thinking" | "calling" | "streaming";
export type TurnStage = LiveStage | Ending;

/** One turn of an agent as it is shown; the texts of its parts grow without a new object. */
export interface TurnView {
  id: string;
  agentName: string;
  provider: string;
  model: string;
  stage: TurnStage;
  attempt: number;
  startedMs: number | null;
  endedMs: number | null;
  parts: readonly TurnPart[];
  /** Whether its answer was checked against declared fields, and fits them. */
  structured: boolean;
  cost: EventOf<"cost"> | null;
}

export type TurnEvent =
  | EventOf<
      | "agent_turn"
      | "agent_stream_chunk"
      | "agent_reasoning_chunk"
      | "step_restarted"
      | "cost"
      | "tool_call"
    >
  | (EventOf<"validation"> & { turn_id: string });

const EMPTY = { attempt: 1, endedMs: null, parts: [], structured: false, cost: null };

/** The view of the turn that `event` belongs to, when it is the first that is seen of it. */
export function turnOf(event: TurnEvent): TurnView {
  return {
    ...EMPTY,
    id: event.turn_id,
    agentName: "agent_name" in event ? event.agent_name : "",
    provider: "provider" in event ? event.provider : "",
    model: "model" in event ? event.model : "",
    stage: "waiting",
    startedMs: event.timestamp,
  };
}

/** The view of a turn whose events are no longer held. */
export function turnOfSnapshot(turn: SnapshotEvent["turns"][number]): TurnView {
  return {
    ...EMPTY,
    id: turn.turn_id,
    agentName: turn.agent_name,
    provider: turn.provider ?? "",
    model: turn.model ?? "",
    stage: stageOf(turn.status, Boolean(turn.text)),
    startedMs: turn.started_ms ?? null,
  };
}

export const ENDINGS: readonly Ending[] = [
  "completed",
  "refused",
  "blocked",
  "truncated",
  "failed",
  "stopped",
];

/** Whether a turn in this stage goes on. */
export function isLive(stage: TurnStage): stage is LiveStage {
  return stage === "waiting" || ["thinking", "calling", "streaming"].includes(stage);
}

function stageOf(status: string, hasText: boolean): TurnStage {
  const ending = ENDINGS.find((one) => one === status);
  if (ending) return ending;
  if (status === "interrupted") return "stopped";
  return hasText ? "streaming" : "waiting";
}
