import type { EventStream } from "../../hooks/useEventStream";

/** Says when the page no longer hears of the run, and how to hear again. */
export function ConnectionLine({ stream }: { stream: EventStream }) {
  if (stream.connection === "retrying") {
    return (
      <p className="box warn" role="status">
        The connection was lost; trying again. The run goes on.
      </p>
    );
  }
  if (stream.connection === "lost") {
    return (
      <div className="box error" role="alert">
        <p>
          <strong>The connection is lost.</strong> The run may go on: it belongs to the server.
        </p>
        <button type="button" onClick={stream.retry}>
          Connect again
        </button>
      </div>
    );
  }
  return null;
}
