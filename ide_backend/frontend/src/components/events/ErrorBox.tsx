import type { EventOf } from "../../types/wire";
import { CopyButton } from "../shell/CopyButton";

type Shown = Pick<EventOf<"error">, "code" | "message"> &
  Partial<Omit<EventOf<"error">, "event_type">>;

interface Props {
  error: Shown;
  onLine?: ((line: number) => void) | undefined;
}

/** What failed, the line of the procedure where it did, and the next step. */
export function ErrorBox({ error, onLine }: Props) {
  const { code, message, file, line, excerpt, hint, traceback } = error;
  const place = file ? `${file}${line == null ? "" : `:${line}`}` : null;
  return (
    <section className="box error" aria-label="Error">
      <header>
        <span aria-hidden="true">✕</span>
        <code>{code}</code>
        {place &&
          (line != null && onLine ? (
            <button type="button" className="link" onClick={() => onLine(line)}>
              {place}
            </button>
          ) : (
            <span>{place}</span>
          ))}
        <span className="spread" />
        <CopyButton
          what="error"
          text={() => [place, message, excerpt, hint, traceback].filter(Boolean).join("\n")}
        />
      </header>
      <p className="error-message">{message}</p>
      {excerpt && <pre className="excerpt">{excerpt}</pre>}
      {hint && (
        <p>
          <strong>Next:</strong> {hint}
        </p>
      )}
      {traceback && (
        <details>
          <summary>Traceback</summary>
          <pre>{traceback}</pre>
        </details>
      )}
    </section>
  );
}
