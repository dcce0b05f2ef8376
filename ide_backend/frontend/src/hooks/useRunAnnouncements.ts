import { useEffect, useRef } from "react";
import { announce } from "../announce";
import { duration } from "../format";
import type { RunView } from "../stream/runLog";

/** Say when a run starts, asks and ends, to a reader who hears the page; nothing in between. */
export function useRunAnnouncements({ status, started, finished, asking }: RunView): void {
  const before = useRef(status);
  useEffect(() => {
    if (status === before.current) return;
    const wasLive = before.current === "running";
    before.current = status;
    if (status === "running") announce(`Run of ${started?.procedure ?? "the procedure"} started`);
    else if (status !== null && wasLive) {
      const time = finished ? ` after ${duration(finished.totals.duration_ms)}` : "";
      announce(`Run ${status}${time}`);
    }
  }, [status, started, finished]);
  useEffect(() => {
    if (asking) announce(`The run asks: ${asking.getView().message}`);
  }, [asking]);
}
