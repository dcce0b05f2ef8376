import { describe, expect, it } from "vitest";
import type { EventOf } from "../../types/wire";
import { figuresOf } from "./TurnFigures";

const COST = { input_tokens: 40, output_tokens: 23, duration_ms: 10, total_cost: 0 };

function notes(more: Partial<EventOf<"cost">>): Record<string, string> {
  const cost = { ...COST, ...more } as EventOf<"cost">;
  return Object.fromEntries(figuresOf(cost).map(([name, value, note]) => [name, note || value]));
}

describe("the figures of a turn", () => {
  it("say nothing that is not worth a word", () => {
    const figures = notes({ model_calls: 1, finish_reason: "stop", cached_tokens: 0 });
    expect(Object.keys(figures)).toEqual(["Cost", "Tokens", "Duration", "First token"]);
    expect(figures.Tokens).toBe("40 in, 23 out");
  });

  it("say who counted, which tokens are among them, and what cost nothing", () => {
    const figures = notes({
      estimated: true,
      cached_tokens: 1_200,
      reasoning_tokens: 8,
      from_cache: true,
      model_calls: 3,
      finish_reason: "length",
    });
    expect(figures).toMatchObject({
      Cost: "from cache",
      Tokens: "estimated, 1,200 cached, 8 reasoning",
      "Model calls": "3",
      "Ended by": "length",
    });
  });
});
