import type { Diagnostic as Mark } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import type { Diagnostic } from "../../types/api";

const SEVERITIES = ["error", "warning", "info"] as const;

/** Diagnostics with lines as marks with positions; a line that is not there is the nearest. */
export function marksOf(diagnostics: readonly Diagnostic[], doc: Text): Mark[] {
  return diagnostics.map(({ line, message, hint, severity, code }) => {
    const { from, to, text } = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
    return {
      from: from + (text.length - text.trimStart().length),
      to: Math.max(to, from),
      severity: SEVERITIES.find((known) => known === severity) ?? "error",
      message: hint ? `${message}\n${hint}` : message,
      source: code,
    };
  });
}
