import type {
  Analytics,
  CheckAnswer,
  FileList,
  Models,
  RunList,
  SourceFile,
  Template,
  TurnList,
  Word,
} from "../types/api";
import type { Run } from "../types/wire";
import { request } from "./request";

const inPath = (path: string) => path.split("/").map(encodeURIComponent).join("/");
const fileAt = (path: string) => `/api/files/${inPath(path)}`;
const runAt = (id: string) => `/api/runs/${encodeURIComponent(id)}`;

export interface NewRun {
  path: string;
  text?: string;
  params: Record<string, unknown>;
  model?: string;
}

export const listFiles = (signal?: AbortSignal) =>
  request<FileList>("GET", "/api/files", undefined, signal);
export const readFile = (path: string, signal?: AbortSignal) =>
  request<SourceFile>("GET", fileAt(path), undefined, signal);
export const saveFile = (path: string, text: string, version: string | null) =>
  request<{ path: string; version: string }>("PUT", fileAt(path), { text, version });
export const createFile = (path: string, template: string) =>
  request<SourceFile>("POST", "/api/files", { path, template });
export const deleteFile = (path: string, version: string) =>
  request<void>("DELETE", fileAt(path), { version });
export const listTemplates = (signal?: AbortSignal) =>
  request<Template[]>("GET", "/api/templates", undefined, signal);
export const check = (path: string, text: string, signal?: AbortSignal) =>
  request<CheckAnswer>("POST", "/api/check", { path, text }, signal);
export const readLanguage = (signal?: AbortSignal) =>
  request<{ words: Word[]; types: string }>("GET", "/api/language", undefined, signal);
export const listModels = (signal?: AbortSignal) =>
  request<Models>("GET", "/api/models", undefined, signal);

export const startRun = (run: NewRun) => request<{ run: Run }>("POST", "/api/runs", run);
export const readRun = (id: string, signal?: AbortSignal) =>
  request<{ run: Run; source: string }>("GET", runAt(id), undefined, signal);
export const stopRun = (id: string) => request<{ run: Run }>("POST", `${runAt(id)}/stop`);
export const rerun = (id: string, params?: Record<string, unknown>) =>
  request<{ run: Run }>("POST", `${runAt(id)}/rerun`, params ? { params } : {});
export const answerQuestion = (id: string, answer: boolean | string) =>
  request<{ answered: true }>("POST", `/api/questions/${encodeURIComponent(id)}`, { answer });
export const deleteRun = (id: string) => request<void>("DELETE", runAt(id));
export const listRuns = (query: URLSearchParams, signal?: AbortSignal) =>
  request<RunList>("GET", `/api/runs?${query}`, undefined, signal);
export const listTurns = (query: URLSearchParams, signal?: AbortSignal) =>
  request<TurnList>("GET", `/api/turns?${query}`, undefined, signal);
export const readAnalytics = (query: URLSearchParams, signal?: AbortSignal) =>
  request<Analytics>("GET", `/api/analytics?${query}`, undefined, signal);

/** Where the events of one run come from, or of every run when `runId` is null. */
export function eventsAddress(runId: string | null, after: number | string): string {
  const query = new URLSearchParams({ text: "delta" });
  if (after) query.set("after", String(after));
  return runId === null ? `/api/events?${query}` : `${runAt(runId)}/events?${query}`;
}
