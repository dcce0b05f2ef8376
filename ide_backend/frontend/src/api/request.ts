/** What the server, or the way to it, said went wrong; `hint` is the next step. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly line: number | null;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    const told = (body as { error?: Record<string, unknown> } | null)?.error ?? {};
    super(typeof told.message === "string" ? told.message : `The server answered ${status}.`);
    this.name = "RequestError";
    this.status = status;
    this.code = typeof told.code === "string" ? told.code : String(status);
    this.hint = typeof told.hint === "string" ? told.hint : null;
    this.line = typeof told.line === "number" ? told.line : null;
    this.body = body;
  }
}

const UNREACHABLE = {
  error: {
    code: "unreachable",
    message: "The server does not answer.",
    hint: "Is `tactus ide` still running? Your text is kept in this page.",
  },
};

const NO_SESSION = {
  error: {
    code: "session",
    message: "This page has no session with the server.",
    hint: "Open the address that `tactus ide` printed; it holds a new token after each start.",
  },
};

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * Ask the server; the answer is its JSON, or undefined where it has none.
 *
 * Rejects with a RequestError, or with an AbortError when `signal` was aborted.
 */
export async function request<T>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const options: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
  if (signal) options.signal = signal;
  if (method !== "GET") {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body ?? {});
  }
  let response: Response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestError(0, UNREACHABLE);
  }
  const text = await response.text();
  const answer = readJson(text);
  if (response.ok) return answer as T;
  const refused = response.status === 403 && path !== "/api/session";
  if (refused && [undefined, "token"].includes(codeOf(answer))) {
    throw new RequestError(403, NO_SESSION);
  }
  throw new RequestError(response.status, answer);
}

function codeOf(answer: unknown): string | undefined {
  return (answer as { error?: { code?: string } } | undefined)?.error?.code;
}

function readJson(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
