import { useSyncExternalStore } from "react";

let said = "";
const listeners = new Set<() => void>();

/** Tell a reader who hears the page; used for starts, questions and ends only, never for growing text. */
export function announce(text: string): void {
  said = text;
  for (const listener of listeners) listener();
}

export function useAnnouncement(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => said,
  );
}
