import { useState } from "react";
import { RequestError } from "../../api/request";
import { deleteRun, rerun, stopRun } from "../../api/routes";
import { useCommands } from "../../commands";
import { commandLine } from "../../format";
import { address, editAddress, go, runAddress } from "../../hooks/useRoute";
import type { Run, RunStatus } from "../../types/wire";
import { CopyButton } from "../shell/CopyButton";
import { Dialog } from "../shell/Dialog";
import { Problem } from "../shell/Problem";

interface Props {
  run: Run;
  status: RunStatus;
}

/** What can be done with a run: stop it, run it again as it was or edited, copy, delete. */
export function RunActions({ run, status }: Props) {
  const [error, setError] = useState<RequestError | null>(null);
  const [busy, setBusy] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const live = status === "running";

  const act = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await action();
    } catch (failure) {
      if (!(failure instanceof RequestError)) throw failure;
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const stop = () => act(() => stopRun(run.id));
  const again = () => act(async () => go(runAddress((await rerun(run.id)).run.id)));
  const remove = () =>
    act(async () => {
      await deleteRun(run.id);
      go(address(["runs"]));
    });

  useCommands([
    {
      id: "stop",
      title: "Stop the run",
      keys: ["Mod+.", "Escape"],
      group: "Run",
      run: () => live && void stop(),
    },
    {
      id: "rerun",
      title: "Run again with the same inputs",
      keys: ["Mod+Enter"],
      group: "Run",
      run: () => !live && void again(),
    },
  ]);

  return (
    <>
      <div className="row">
        {live ? (
          <button type="button" className="danger" disabled={busy} onClick={stop}>
            ■ Stop
          </button>
        ) : (
          <button type="button" className="primary" disabled={busy} onClick={again}>
            ▶ Run again
          </button>
        )}
        <a className="button" href={editAddress(run.procedure, { run: run.id })}>
          Open in the editor
        </a>
        <CopyButton
          what="command line"
          text={() => commandLine(run.procedure, run.params, run.model)}
        >
          Copy command
        </CopyButton>
        <CopyButton what="link" text={() => location.href}>
          Copy link
        </CopyButton>
        {!live && (
          <button type="button" className="quiet" onClick={() => setDeleting(true)}>
            Delete
          </button>
        )}
      </div>
      {error && <Problem error={error} />}
      {deleting && (
        <Dialog title="Delete this run?" onClose={() => setDeleting(false)}>
          <p>Its events, texts and figures are gone for good.</p>
          <footer>
            <button type="button" data-first onClick={() => setDeleting(false)}>
              Keep it
            </button>
            <button type="button" className="danger" onClick={remove}>
              Delete
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
