import type { TurnStage } from "../../stream/turnView";
import type { RunStatus } from "../../types/wire";

const MARKS = new Map(
  Object.entries({
    running: "◌",
    waiting: "◌",
    thinking: "◌",
    calling: "⚙",
    streaming: "▸",
    active: "▸",
    completed: "✓",
    failed: "✕",
    refused: "⊘",
    blocked: "⊗",
    truncated: "✂",
    answered: "✓",
    late: "◷",
    withdrawn: "–",
    stopped: "■",
    interrupted: "⚡",
  }),
);

/** The state of a run or a turn: a mark and a word, never a colour alone. */
export function Status({ status }: { status: RunStatus | TurnStage | string }) {
  return (
    <span className={`status ${status}`}>
      <span aria-hidden="true">{MARKS.get(status) ?? "•"}</span> {status}
    </span>
  );
}
