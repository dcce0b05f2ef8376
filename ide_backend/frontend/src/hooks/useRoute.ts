import { useMemo, useSyncExternalStore } from "react";

/** Where the page is: `#/runs/ab12?tab=raw` is the path `["runs", "ab12"]` with its query. */
export interface Route {
  path: string[];
  query: URLSearchParams;
}

type Query = Record<string, string | null | undefined>;

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: new URLSearchParams(query),
  };
}

/** The address of a place in this page, for links. Everything behind `#`: the server sees none. */
export function address(path: string[], query: Query = {}): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const search = new URLSearchParams(set).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

export function go(to: string, { replace = false } = {}): void {
  if (to === location.hash) return;
  if (!replace) {
    location.hash = to;
    return;
  }
  history.replaceState(null, "", to);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Change the query of the place where the page is; null takes a key away. */
export function refine(changes: Query): void {
  const { path, query } = readRoute(location.hash);
  go(address(path, { ...Object.fromEntries(query), ...changes }), { replace: true });
}

export const editAddress = (path: string, query: Query = {}) =>
  address(["edit", ...path.split("/")], query);
export const runAddress = (id: string) => address(["runs", id]);

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => readRoute(hash), [hash]);
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
