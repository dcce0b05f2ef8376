import { useCallback, useEffect, useSyncExternalStore } from "react";
import { RequestError } from "./api/request";
import { readFile, saveFile } from "./api/routes";

/** A file as it is being edited; `version` is that of the text on disk it began with. */
export interface Buffer {
  path: string;
  text: string;
  saved: string;
  version: string;
  /** Counts the times that the text was taken from disk: the editor begins anew. */
  edition: number;
  /** What is on disk, when that was changed while this was. */
  conflict: { text: string; version: string } | null;
}

export const isDirty = (buffer: Buffer) => buffer.text !== buffer.saved;

type Entry = Buffer | RequestError;

// Kept while the page is open: going to another page and back loses no text.
let entries: ReadonlyMap<string, Entry> = new Map();
const listeners = new Set<() => void>();

function put(path: string, entry: Entry): void {
  entries = new Map(entries).set(path, entry);
  for (const listener of listeners) listener();
}

function change(path: string, changes: Partial<Buffer>): void {
  const entry = entries.get(path);
  if (entry && !(entry instanceof RequestError)) put(path, { ...entry, ...changes });
}

export function forget(path: string): void {
  const left = new Map(entries);
  left.delete(path);
  entries = left;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const allEntries = () => entries;

/** The paths of the files with text that is not saved. */
export function useDirtyPaths(): string[] {
  const all = useSyncExternalStore(subscribe, allEntries);
  return [...all.values()]
    .filter((entry) => entry && !(entry instanceof RequestError))
    .filter((entry) => isDirty(entry as Buffer))
    .map((entry) => (entry as Buffer).path);
}

/** Read `path` again: takes a change on disk, or notes it as a conflict with unsaved text. */
export async function refresh(path: string): Promise<void> {
  try {
    const { text, version } = await readFile(path);
    const entry = entries.get(path);
    const buffer = entry instanceof RequestError ? undefined : entry;
    if (!buffer) put(path, { path, text, saved: text, version, edition: 0, conflict: null });
    else if (buffer.version === version) return;
    else if (isDirty(buffer) && buffer.text !== text) change(path, { conflict: { text, version } });
    else takeDisk(path, { text, version });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (!entries.has(path) || entries.get(path) instanceof RequestError) put(path, error);
  }
}

/** Write the text to disk over `version`; a conflict is noted in the buffer. */
export async function save(path: string, over?: string): Promise<boolean> {
  const buffer = entries.get(path);
  if (!buffer || buffer instanceof RequestError) return false;
  const { text } = buffer;
  try {
    const { version } = await saveFile(path, text, over ?? buffer.version);
    change(path, { saved: text, version, conflict: null });
    return true;
  } catch (error) {
    const current = (error as RequestError).body as { current?: Buffer["conflict"] } | undefined;
    if (!(error instanceof RequestError) || error.status !== 409 || !current?.current) throw error;
    change(path, { conflict: current.current });
    return false;
  }
}

export function edit(path: string, text: string): void {
  change(path, { text });
}

export function takeDisk(path: string, disk: { text: string; version: string }): void {
  const entry = entries.get(path);
  const edition = entry && !(entry instanceof RequestError) ? entry.edition + 1 : 0;
  change(path, { ...disk, saved: disk.text, edition, conflict: null });
}

/** The buffer of `path`, read from disk when it is first asked for and whenever the page is shown. */
export function useBuffer(path: string | null): {
  buffer: Buffer | null;
  error: RequestError | null;
  reload: () => void;
} {
  const all = useSyncExternalStore(subscribe, allEntries);
  const reload = useCallback(() => void (path && refresh(path)), [path]);
  useEffect(() => {
    reload();
    addEventListener("focus", reload);
    return () => removeEventListener("focus", reload);
  }, [reload]);
  const entry = path === null ? undefined : all.get(path);
  if (entry instanceof RequestError) return { buffer: null, error: entry, reload };
  return { buffer: entry ?? null, error: null, reload };
}
