import type { EventOf, SnapshotEvent } from "../types/wire";
import { GrowingText } from "./growingText";

export type TurnStage = "waiting" | "streaming" | "completed" | "failed" | "stopped";

/** One turn of an agent as it is shown; `text` grows without a new object. */
export interface TurnView {
  id: string;
  agentName: string;
  provider: string;
  model: string;
  stage: TurnStage;
  attempt: number;
  startedMs: number | null;
  endedMs: number | null;
  text: GrowingText;
  cost: EventOf<"cost"> | null;
}

type TurnEvent = EventOf<"agent_turn"> | EventOf<"agent_stream_chunk"> | EventOf<"cost">;

/** The view of the turn that `event` belongs to, when it is the first that is seen of it. */
export function turnOf(event: TurnEvent): TurnView {
  return {
    id: event.turn_id,
    agentName: event.agent_name,
    provider: "provider" in event ? event.provider : "",
    model: "model" in event ? event.model : "",
    stage: "waiting",
    attempt: ("attempt" in event ? event.attempt : undefined) ?? 1,
    startedMs: event.timestamp,
    endedMs: null,
    text: new GrowingText(),
    cost: null,
  };
}

/** The view of a turn whose events are no longer held. */
export function turnOfSnapshot(turn: SnapshotEvent["turns"][number]): TurnView {
  const text = new GrowingText();
  text.append(turn.text ?? "");
  return {
    id: turn.turn_id,
    agentName: turn.agent_name,
    provider: turn.provider ?? "",
    model: turn.model ?? "",
    stage: stageOf(turn.status, text.length > 0),
    attempt: 1,
    startedMs: turn.started_ms ?? null,
    endedMs: null,
    text,
    cost: null,
  };
}

function stageOf(status: string, hasText: boolean): TurnStage {
  if (status === "completed" || status === "failed" || status === "stopped") return status;
  if (status === "interrupted") return "stopped";
  return hasText ? "streaming" : "waiting";
}
