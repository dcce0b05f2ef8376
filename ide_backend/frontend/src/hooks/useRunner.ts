import { useCallback, useState } from "react";
import { RequestError } from "../api/request";
import { type NewRun, startRun, stopRun } from "../api/routes";

export interface Runner {
  starting: boolean;
  stopping: boolean;
  error: RequestError | null;
  /** Start a run; resolves to its id, or null when it could not be started. */
  start: (run: NewRun) => Promise<string | null>;
  stop: (id: string) => Promise<void>;
}

/** Starting and stopping runs, with what went wrong in doing so. */
export function useRunner(): Runner {
  const [starting, setStarting] = useState(false);
  const [stopping, setStopping] = useState(false);
  const [error, setError] = useState<RequestError | null>(null);

  const start = useCallback(async (run: NewRun) => {
    setStarting(true);
    setError(null);
    try {
      return (await startRun(run)).run.id;
    } catch (failure) {
      if (!(failure instanceof RequestError)) throw failure;
      setError(failure);
      return null;
    } finally {
      setStarting(false);
    }
  }, []);

  const stop = useCallback(async (id: string) => {
    setStopping(true);
    setError(null);
    try {
      await stopRun(id);
    } catch (failure) {
      if (!(failure instanceof RequestError)) throw failure;
      setError(failure);
    } finally {
      setStopping(false);
    }
  }, []);

  return { starting, stopping, error, start, stop };
}
