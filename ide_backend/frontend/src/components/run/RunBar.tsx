import { spellKeys } from "../../commands";
import { runAddress } from "../../hooks/useRoute";
import type { RunStatus } from "../../types/wire";
import { Status } from "../shell/Status";

interface Props {
  runId: string | null;
  status: RunStatus | null;
  /** Whether it waits for a person. */
  waiting: boolean;
  starting: boolean;
  stopping: boolean;
  raw: boolean;
  canRun: boolean;
  onRun: () => void;
  onStop: () => void;
  onRaw: () => void;
}

/** Run, which becomes stop while a run is live; and the state of the run. */
export function RunBar(props: Props) {
  const { runId, status, waiting, starting, stopping, raw, canRun } = props;
  const live = runId !== null && (status === null || status === "running");
  return (
    <div className="row run-bar">
      {live ? (
        <button type="button" className="danger" disabled={stopping} onClick={props.onStop}>
          {stopping ? "Stopping…" : "■ Stop"} <kbd>{spellKeys("Mod+.")}</kbd>
        </button>
      ) : (
        <button
          type="button"
          className="primary"
          disabled={starting || !canRun}
          onClick={props.onRun}
        >
          {starting ? "Starting…" : runId ? "▶ Run again" : "▶ Run"}{" "}
          <kbd>{spellKeys("Mod+Enter")}</kbd>
        </button>
      )}
      {runId && <Status status={waiting ? "waiting" : (status ?? "running")} />}
      <span className="spread" />
      {runId && (
        <>
          <button type="button" aria-pressed={raw} onClick={props.onRaw}>
            Raw events
          </button>
          <a className="button" href={runAddress(runId)}>
            Open run
          </a>
        </>
      )}
    </div>
  );
}
