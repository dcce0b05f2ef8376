import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something the user can do by key and from the palette. */
export interface Command {
  id: string;
  title: string;
  /** `Mod+Enter` (Ctrl, or Command on a Mac), `g r` (one after the other), `?`. */
  keys?: string[];
  group: "Go to" | "Edit" | "Run" | "View";
  run: () => void;
  /** Left out of the palette, where it would make no sense (moving through a list). */
  keyOnly?: boolean;
}

let registered: readonly Command[] = [];
const listeners = new Set<() => void>();

/** Offer `commands` for as long as the component is shown. */
export function useCommands(commands: Command[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  const ids = commands.map((command) => command.id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: registered again when the set changes
  useEffect(() => {
    const mine = latest.current.map((command) => ({
      ...command,
      run: () => latest.current.find((current) => current.id === command.id)?.run(),
    }));
    publish([...registered, ...mine]);
    return () => publish(registered.filter((command) => !mine.includes(command)));
  }, [ids]);
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => registered,
  );
}

/** Listen for the keys of all commands; returns how to stop. */
export function listenForKeys(target: EventTarget = document): () => void {
  const listen = keyReader(() => registered);
  // Keys with a modifier come first: the editor has meanings of its own for some of them.
  const early = (event: Event) =>
    hasModifier(event as KeyboardEvent) && listen(event as KeyboardEvent);
  const late = (event: Event) =>
    !hasModifier(event as KeyboardEvent) && listen(event as KeyboardEvent);
  target.addEventListener("keydown", early, { capture: true });
  target.addEventListener("keydown", late);
  return () => {
    target.removeEventListener("keydown", early, { capture: true });
    target.removeEventListener("keydown", late);
  };
}

export function keyReader(commands: () => readonly Command[]): (event: KeyboardEvent) => void {
  let before = "";
  let at = 0;
  return (event) => {
    const key = keyName(event);
    if (!key || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return; // a dialog has the keys to itself
    if (!hasModifier(event) && key !== "Escape" && isTyping(event.target)) return;
    const sequence = event.timeStamp - at < 1200 ? `${before} ${key}` : "";
    const command =
      commands().findLast(({ keys }) => keys?.includes(sequence)) ??
      commands().findLast(({ keys }) => keys?.includes(key));
    before = command ? "" : key;
    at = event.timeStamp;
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    command.run();
  };
}

export const isMac = () => /Mac|iP(hone|ad)/.test(navigator.platform);

/** A key as a person reads it: `Ctrl+Enter`, `⌘Enter`, `g then r`. */
export function spellKeys(keys: string): string {
  return keys.replace("Mod+", isMac() ? "⌘" : "Ctrl+").replace(" ", " then ");
}

function keyName(event: KeyboardEvent): string {
  if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey) return `Alt+${event.code.replace("Key", "").toLowerCase()}`;
  return hasModifier(event) ? `Mod+${event.shiftKey ? "Shift+" : ""}${key}` : key;
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable]") !== null
  );
}

function publish(commands: readonly Command[]): void {
  registered = commands;
  for (const listener of listeners) listener();
}
