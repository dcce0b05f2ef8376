import { json } from "../../format";
import type { RunEvent } from "../../types/wire";
import { ErrorBox } from "./ErrorBox";

/** How each kind of event is shown; one that is not known is shown as it came. */
export function EventLine({
  event,
  onLine,
}: {
  event: RunEvent;
  onLine?: ((line: number) => void) | undefined;
}) {
  switch (event.event_type) {
    case "error":
      return <ErrorBox error={event} onLine={onLine} />;
    case "log":
      return (
        <p className={`log-line ${event.level}`}>
          <span className="log-level">{event.level}</span>
          <span className="log-message">{event.message}</span>
          {event.line != null && onLine && (
            <button type="button" className="link" onClick={() => onLine(event.line ?? 1)}>
              line {event.line}
            </button>
          )}
        </p>
      );
    case "validation":
      return event.ok ? (
        <p className="log-line good">
          <span aria-hidden="true">✓</span> The result fits the declared output.
        </p>
      ) : (
        <div className="box error">
          <p>
            <strong>The result does not fit the declared output.</strong>
          </p>
          <ul>
            {(event.errors ?? []).map((error) => (
              <li key={error}>{error}</li>
            ))}
          </ul>
        </div>
      );
    case "run_started":
    case "run_finished":
    case "agent_turn":
    case "agent_stream_chunk":
    case "agent_reasoning_chunk":
    case "step_restarted":
    case "tool_call":
    case "question":
    case "cost":
      return null;
    default:
      return <UnknownEvent event={event} />;
  }
}

function UnknownEvent({ event }: { event: { event_type: string } }) {
  return (
    <details className="box">
      <summary>{event.event_type}</summary>
      <pre>{json(event)}</pre>
    </details>
  );
}
