import { count, duration, money, shortMoment } from "../../format";
import { runAddress } from "../../hooks/useRoute";
import { endingOf } from "../../stream/ending";
import type { Run } from "../../types/wire";
import { Scrolled } from "../shell/Scrolled";
import { Status } from "../shell/Status";

interface Props {
  runs: readonly Run[];
  chosen: readonly string[];
  onChoose: (id: string) => void;
}

/** Runs, newest first; two of them can be chosen to compare. */
export function RunTable({ runs, chosen, onChoose }: Props) {
  return (
    <Scrolled className="table-box" label="Runs">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Compare</span>
            </th>
            <th scope="col">Procedure</th>
            <th scope="col">Status</th>
            <th scope="col">Started</th>
            <th scope="col">Model</th>
            <th scope="col" className="number">
              Duration
            </th>
            <th scope="col" className="number">
              Turns
            </th>
            <th scope="col" className="number">
              Tokens
            </th>
            <th scope="col" className="number">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>
                <input
                  type="checkbox"
                  aria-label={`Compare run ${run.id}`}
                  checked={chosen.includes(run.id)}
                  onChange={() => onChoose(run.id)}
                />
              </td>
              <td>
                <a href={runAddress(run.id)} data-row>
                  {run.procedure}
                </a>
                {run.error && <div className="faint clip">{run.error.message}</div>}
              </td>
              <td>
                <RunStatuses run={run} />
              </td>
              <td>{shortMoment(run.started_ms)}</td>
              <td>{run.model ?? "as declared"}</td>
              <td className="number">{duration(run.duration_ms)}</td>
              <td className="number">{count(run.turns)}</td>
              <td className="number">{count(tokens(run))}</td>
              <td className="number">{money(run.cost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function RunStatuses({ run }: { run: Run }) {
  const ending = endingOf(run);
  return (
    <>
      <Status status={run.status} /> {ending && <Status status={ending} />}
    </>
  );
}

function tokens({ input_tokens, output_tokens }: Run): number | null {
  if (input_tokens === null || output_tokens === null) return null;
  return input_tokens + output_tokens;
}
