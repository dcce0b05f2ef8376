import type { TurnStage } from "../../stream/turnView";
import type { RunStatus } from "../../types/wire";

const MARKS: Record<string, string> = {
  running: "◌",
  waiting: "◌",
  streaming: "▸",
  active: "▸",
  completed: "✓",
  failed: "✕",
  stopped: "■",
  interrupted: "⚡",
};

/** The state of a run or a turn: a mark and a word, never a colour alone. */
export function Status({ status }: { status: RunStatus | TurnStage | string }) {
  return (
    <span className={`status ${status}`}>
      <span aria-hidden="true">{MARKS[status] ?? "•"}</span> {status}
    </span>
  );
}
