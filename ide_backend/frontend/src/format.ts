/** What is shown for a value that is not known: null is not zero. */
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en");
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

type Maybe<T> = T | null | undefined;

export function count(value: Maybe<number>): string {
  return value == null ? UNKNOWN : whole.format(value);
}

/** Tokens of a turn or run; one that is not known is not zero. */
export function tokens(input: Maybe<number>, output: Maybe<number>): string {
  if (input == null && output == null) return UNKNOWN;
  return `${count(input)} in, ${count(output)} out`;
}

/** Money in USD, with as many digits as a small price needs. */
export function money(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  if (value === 0) return "$0";
  if (value < 0.00001) return "< $0.00001";
  return `$${value.toFixed(value < 0.01 ? 5 : value < 1 ? 4 : 2)}`;
}

/** A time span given in milliseconds. */
export function duration(ms: Maybe<number>): string {
  if (ms == null) return UNKNOWN;
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long there is left, by the second while it is short. */
export function remaining(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

export function moment(ms: Maybe<number>): string {
  return ms == null ? UNKNOWN : dateTime.format(ms);
}

/** The time of day, with its date when that is not today. */
export function shortMoment(ms: number, now: number = Date.now()): string {
  const today = new Date(ms).toDateString() === new Date(now).toDateString();
  return today ? timeOnly.format(ms) : dateTime.format(ms);
}

export function json(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? UNKNOWN);
}

const BRIEF = 120;

/** A value in one short line: a table as its names and values, a text without its line breaks. */
export function brief(value: unknown): string {
  const line = lineOf(value);
  const characters = [
    ...line
      .slice(0, 4 * BRIEF)
      .replace(/\s+/g, " ")
      .trim(),
  ];
  const cut = characters.length > BRIEF || line.length > 4 * BRIEF;
  return characters.slice(0, BRIEF).join("") + (cut ? "…" : "");
}

function lineOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return JSON.stringify(value) ?? UNKNOWN;
  }
  return Object.entries(value)
    .map(([name, one]) => `${name}: ${JSON.stringify(one)}`)
    .join(", ");
}

/** The command that runs the same procedure in a terminal. */
export function commandLine(
  path: string,
  params: Record<string, unknown>,
  model: Maybe<string>,
): string {
  const parts = ["tactus run", quote(path)];
  for (const [name, value] of Object.entries(params)) {
    parts.push("-p", quote(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`));
  }
  if (model) parts.push("--model", quote(model));
  return parts.join(" ");
}

function quote(text: string): string {
  return /^[\w./=:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
