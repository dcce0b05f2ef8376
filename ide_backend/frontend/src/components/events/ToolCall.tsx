import { duration, json } from "../../format";
import type { EventOf } from "../../types/wire";
import { Status } from "../shell/Status";

/** A call of a tool, in line with the text around it. */
export function ToolCall({ call }: { call: EventOf<"tool_call"> }) {
  const ended = call.stage !== "started";
  return (
    <details className="box tool">
      <summary>
        <span aria-hidden="true">⚙</span> <code>{call.tool_name}</code>{" "}
        <Status status={ended ? call.stage : "running"} />{" "}
        {call.duration_ms != null && <span className="faint">{duration(call.duration_ms)}</span>}
      </summary>
      <h4>Arguments</h4>
      <pre>{json(call.arguments ?? {})}</pre>
      {ended && (
        <>
          <h4>Result</h4>
          <pre>{json(call.result ?? null)}</pre>
        </>
      )}
    </details>
  );
}
