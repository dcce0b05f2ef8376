import { memo } from "react";
import { brief, duration, json } from "../../format";
import type { EventOf } from "../../types/wire";
import { Status } from "../shell/Status";

interface Props {
  call: EventOf<"tool_call">;
  /** Whether the turn has ended: then a call that has not was stopped with it. */
  over: boolean;
}

/** A call of a tool: one line of what went in, one of what came out; both open on the whole. */
export const ToolCall = memo(function ToolCall({ call, over }: Props) {
  const ended = call.stage !== "started";
  const state = ended ? call.stage : over ? "stopped" : "running";
  const { error } = call;
  const came = error ?? call.result;
  const whole = (name: "arguments" | "result" | "error", value: unknown) =>
    call.abridged?.includes(name) ? "(too large to be shown here)" : json(value);
  return (
    <details className={`tool ${state}`}>
      <summary>
        <span className="tool-line">
          <span aria-hidden="true">⚙</span>
          <code className="tool-name">{call.tool_name}</code>
          <span className="brief">{brief(call.arguments ?? {})}</span>
          <span className="spread" />
          {state === "running" && <span className="spinner" aria-hidden="true" />}
          <Status status={state} />
          {call.duration_ms != null && <span className="faint">{duration(call.duration_ms)}</span>}
        </span>
        {ended && came != null && (
          <span className={error ? "brief bad" : "brief"}>
            <span aria-hidden="true">→</span> {brief(came)}
          </span>
        )}
      </summary>
      <p className="tool-part">Arguments</p>
      <pre>{whole("arguments", call.arguments ?? {})}</pre>
      {ended && (
        <>
          <p className="tool-part">{error ? "Error" : "Result"}</p>
          <pre>{error ? whole("error", error) : whole("result", call.result ?? null)}</pre>
        </>
      )}
    </details>
  );
});
