import { describe, expect, it } from "vitest";
import { codeOf, endingOf, RUN_ENDINGS } from "./ending";

describe("how a run ended", () => {
  it.each(RUN_ENDINGS)("is %s where its error says so", (ending) => {
    expect(endingOf({ error: { code: codeOf(ending), message: "" } })).toBe(ending);
  });

  it("has no more words for anything else", () => {
    expect(endingOf({ error: null })).toBeNull();
    expect(endingOf({ error: { code: "turn.server", message: "turn.refused" } })).toBeNull();
  });
});
