import type { Ending } from "../stream/turnView";
import type { Run, Turn } from "./wire";

export interface FileEntry {
  path: string;
  size: number;
  modified_ms: number;
}

export interface FileList {
  root: string;
  files: FileEntry[];
}

/** A file of the workspace; `version` names its bytes. */
export interface SourceFile {
  path: string;
  text: string;
  version: string;
}

export interface Template {
  name: string;
  title: string;
  text: string;
}

export interface Diagnostic {
  line: number | null;
  message: string;
  code: string;
  hint: string | null;
  severity: "error" | "warning" | "info";
}

/** A declared field, as `field.string{…}` and its siblings make it. */
export interface FieldDefinition {
  type: "string" | "number" | "integer" | "boolean" | "array" | "object";
  description?: string | null;
  required?: boolean | null;
  default?: unknown;
  enum?: unknown[] | null;
  minimum?: number | null;
  maximum?: number | null;
  items?: FieldDefinition | null;
  fields?: Fields | null;
}

export type Fields = Record<string, FieldDefinition>;

export interface ProcedureDefinition {
  name: string;
  file: string;
  input: Fields | null;
  output: Fields | null;
  agents: { name: string; provider: string; model: string; line?: number | null }[];
}

export interface CheckAnswer {
  ok: boolean;
  diagnostics: Diagnostic[];
  definition: ProcedureDefinition | null;
}

/** One word of the language, for completion and hover. */
export interface Word {
  name: string;
  signature: string;
  text: string;
  example: string | null;
}

export interface RunList {
  runs: Run[];
  counts: Partial<Record<Run["status"], number>>;
}

export interface TurnList {
  turns: Turn[];
  /** Turns by status; `failed` are all that have no answer. Not every status is counted. */
  counts: Partial<Record<"active" | Ending, number>>;
}

export interface Percentiles {
  p50: number | null;
  p90: number | null;
  p99: number | null;
}

export interface AnalyticsGroup {
  key: string;
  turns: number;
  failed: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cost: number | null;
  ttft_ms: Percentiles;
  duration_ms: Percentiles;
}

export interface AnalyticsBucket {
  start_ms: number;
  turns: number;
  cost: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  ttft_p50_ms: number | null;
  duration_p50_ms: number | null;
}

export interface Analytics {
  by_model: AnalyticsGroup[];
  by_agent: AnalyticsGroup[];
  over_time: AnalyticsBucket[];
  ttft_threshold_ms: number;
}

export interface Models {
  providers: { name: string; ready: boolean; key_variable: string | null }[];
  local: { name: string; base_url: string; models: string[] }[];
}
