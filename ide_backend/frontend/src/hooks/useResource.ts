import { useCallback, useEffect, useRef, useState } from "react";
import { RequestError } from "../api/request";

export interface Resource<T> {
  data: T | null;
  error: RequestError | null;
  loading: boolean;
  reload: () => void;
}

/**
 * What `read` answers, read again when `key` changes and, with `every` (milliseconds), on a clock.
 *
 * The data of before stays while new data is read, unless the key changed; a hidden page reads
 * nothing. A null key reads nothing.
 */
export function useResource<T>(
  key: string | null,
  read: (signal: AbortSignal) => Promise<T>,
  every?: number,
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, "reload"> & { key: string | null }>({
    key: null,
    data: null,
    error: null,
    loading: false,
  });
  const [count, setCount] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(() => setCount((before) => before + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `count` asks for another reading
  useEffect(() => {
    if (key === null) return;
    const ended = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    latest.current(ended.signal).then(
      (data) => ended.signal.aborted || setState({ key, data, error: null, loading: false }),
      (error: unknown) => {
        if (ended.signal.aborted) return;
        if (!(error instanceof RequestError)) throw error;
        setState((before) => ({
          key,
          data: before.key === key ? before.data : null,
          error,
          loading: false,
        }));
      },
    );
    return () => ended.abort();
  }, [key, count]);

  useEffect(() => {
    if (!every || key === null) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") reload();
    }, every);
    return () => clearInterval(timer);
  }, [every, key, reload]);

  const current = state.key === key;
  return {
    data: current ? state.data : null,
    error: current ? state.error : null,
    loading: state.loading || (!current && key !== null),
    reload,
  };
}
