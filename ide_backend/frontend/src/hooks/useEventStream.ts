import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { eventsAddress } from "../api/routes";
import { type Connection, follow } from "../stream/follow";
import { RunLog, type RunView } from "../stream/runLog";
import { shareSlot } from "../stream/slot";
import type { RunEvent } from "../types/wire";

const HIDDEN_MS = 20_000; // how long a hidden page keeps its connection

export interface EventStream {
  view: RunView;
  connection: Connection | "idle";
  /** Every event that came, as it came; grows without a redraw. */
  raw: readonly RunEvent[];
  /** Open the stream again after it was lost. */
  retry: () => void;
}

/**
 * The events of one run, live: what came before is replayed, and a lost connection is resumed.
 *
 * `view` changes at most once a frame, and not with each chunk: a turn's text tells its own readers.
 */
export function useEventStream(runId: string | null): EventStream {
  // biome-ignore lint/correctness/useExhaustiveDependencies: each run has a log of its own
  const log = useMemo(() => new RunLog(), [runId]);
  const view = useSyncExternalStore(log.subscribe, log.getView);
  const [connection, setConnection] = useState<Connection | "idle">("idle");
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt opens the stream anew
  useEffect(() => {
    if (runId === null) {
      setConnection("idle");
      return;
    }
    return whileVisible(() =>
      log.ended
        ? () => undefined
        : shareSlot((done) =>
            follow({
              address: () => eventsAddress(runId, log.lastSeq),
              take: (event) => {
                if (log.take(event)) return true;
                log.mend(); // text is missing: read the run from its beginning
                return false;
              },
              ended: () => log.ended,
              connection: (state) => {
                setConnection(state);
                if (state === "ended" || state === "lost") done();
              },
            }),
          ),
    );
  }, [runId, log, attempt]);

  return { view, connection, raw: log.raw, retry };
}

/** Hold what `open` opens, but not for long in a page that nobody sees. */
function whileVisible(open: () => () => void): () => void {
  let close: (() => void) | null = open();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") close ??= open();
    else {
      timer = setTimeout(() => {
        close?.();
        close = null;
      }, HIDDEN_MS);
    }
  };
  document.addEventListener("visibilitychange", turn);
  return () => {
    document.removeEventListener("visibilitychange", turn);
    clearTimeout(timer);
    close?.();
  };
}
