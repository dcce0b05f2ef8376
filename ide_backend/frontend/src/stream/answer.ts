const FENCE = /```(?:json)?[^\S\n]*\n(.*?)\n\s*```/s;

/**
 * The table that a structured answer holds, or null where it cannot be read.
 *
 * The server reads more than this, as it mends slips of models; what is not read here stays shown
 * as the text that it is.
 */
export function answerIn(text: string): Record<string, unknown> | null {
  const body = FENCE.exec(text)?.[1] ?? text;
  const spans = [body, body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)];
  for (const span of spans) {
    try {
      const value: unknown = JSON.parse(span);
      const table = typeof value === "object" && value !== null && !Array.isArray(value);
      return table ? (value as Record<string, unknown>) : null;
    } catch {
      // the next span may hold it
    }
  }
  return null;
}
