import type { Run } from "../types/wire";
import type { Ending } from "./turnView";

/** The endings of a turn that end its run as well, unless the procedure catches them. */
export const RUN_ENDINGS = ["refused", "blocked", "truncated"] as const satisfies Ending[];
export type RunEnding = (typeof RUN_ENDINGS)[number];

/** How the turn ended that a run failed by; null when the run failed by something else. */
export function endingOf({ error }: Pick<Run, "error">): RunEnding | null {
  return RUN_ENDINGS.find((ending) => error?.code === codeOf(ending)) ?? null;
}

/** What the server calls the error of such a turn. */
export function codeOf(ending: RunEnding): string {
  return `turn.${ending}`;
}
