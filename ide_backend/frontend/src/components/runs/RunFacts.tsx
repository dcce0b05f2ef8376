import { count, duration, json, moment, money, tokens } from "../../format";
import type { Run } from "../../types/wire";
import { Figures } from "../events/TurnFigures";

/** The figures and inputs of a run. */
export function RunFacts({ run }: { run: Run }) {
  const inputs = Object.keys(run.params).length > 0;
  return (
    <div className="run-facts">
      <Figures
        figures={[
          ["Started", moment(run.started_ms)],
          ["Duration", duration(run.duration_ms)],
          ["Model", run.model ?? "as declared"],
          ["Turns", count(run.turns)],
          ["Tokens", tokens(run.input_tokens, run.output_tokens)],
          ["Cost", money(run.cost)],
          ...(run.goal_id ? [["Goal", run.goal_id] as [string, string]] : []),
        ]}
      />
      {inputs && (
        <details>
          <summary>Inputs</summary>
          <pre>{json(run.params)}</pre>
        </details>
      )}
    </div>
  );
}
