import { describe, expect, it } from "vitest";
import type { EventOf } from "../types/wire";
import { turnOf, turnOfSnapshot } from "./turnView";

const TURN = { turn_id: "t", agent_name: "a" };

describe("the view of a turn", () => {
  it("begins without text, waiting", () => {
    const event = { ...TURN, event_type: "agent_turn", provider: "p", model: "m", timestamp: 5 };
    const turn = turnOf(event as EventOf<"agent_turn">);
    expect(turn).toMatchObject({ id: "t", agentName: "a", provider: "p", stage: "waiting" });
    expect(turn).toMatchObject({ startedMs: 5, attempt: 1, cost: null });
    expect(turn.parts).toEqual([]);
  });

  it("may begin with a chunk, which names no model", () => {
    const event = { ...TURN, event_type: "agent_stream_chunk", chunk_text: "x", timestamp: 5 };
    expect(turnOf(event as EventOf<"agent_stream_chunk">)).toMatchObject({ model: "" });
  });

  it.each([
    ["completed", "text", "completed"],
    ["failed", "", "failed"],
    ["interrupted", "text", "stopped"],
    ["active", "text", "streaming"],
    ["active", "", "waiting"],
  ])("of a snapshot that is %s with %j is %s", (status, text, stage) => {
    const turn = turnOfSnapshot({ ...TURN, status, text });
    expect(turn.stage).toBe(stage);
  });
});
