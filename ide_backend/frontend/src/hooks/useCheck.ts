import { useEffect, useState } from "react";
import { RequestError } from "../api/request";
import { check } from "../api/routes";
import type { CheckAnswer } from "../types/api";

const PAUSE_MS = 350;

/** What `tactus check` says of `text`, asked a moment after the last change; null until it says. */
export function useCheck(path: string, text: string | null): CheckAnswer | null {
  const [answer, setAnswer] = useState<{ path: string; said: CheckAnswer } | null>(null);
  useEffect(() => {
    if (text === null || !path.endsWith(".lua")) return;
    const ended = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const said = await check(path, text, ended.signal);
        if (!ended.signal.aborted) setAnswer({ path, said });
      } catch (error) {
        // Not checked: the page shows elsewhere that the server does not answer.
        if (!ended.signal.aborted && !(error instanceof RequestError)) throw error;
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [path, text]);
  return answer?.path === path ? answer.said : null;
}
