import { readRun } from "../api/routes";
import { Difference } from "../components/editor/Difference";
import { Problem } from "../components/shell/Problem";
import { Status } from "../components/shell/Status";
import { count, duration, json, moment, money } from "../format";
import { useResource } from "../hooks/useResource";
import { type Route, runAddress } from "../hooks/useRoute";
import type { Run } from "../types/wire";

const FIGURES: [string, (run: Run) => string][] = [
  ["Started", (run) => moment(run.started_ms)],
  ["Model", (run) => run.model ?? "as declared"],
  ["Duration", (run) => duration(run.duration_ms)],
  ["Turns", (run) => count(run.turns)],
  ["Input tokens", (run) => count(run.input_tokens)],
  ["Output tokens", (run) => count(run.output_tokens)],
  ["Cost", (run) => money(run.cost)],
];

/** Two runs side by side: figures, inputs, results and, where it differs, the source. */
export function ComparePage({ route }: { route: Route }) {
  const ids = [route.query.get("a") ?? "", route.query.get("b") ?? ""];
  const { data, error, reload } = useResource(ids.join(" "), (signal) =>
    Promise.all(ids.map((id) => readRun(id, signal))),
  );
  const [left, right] = data ?? [];
  return (
    <main className="page" aria-busy={!data && !error}>
      <p className="crumbs">
        <a href="#/runs">Runs</a> / compare
      </p>
      <h1>Compare two runs</h1>
      {error && <Problem error={error} onRetry={reload} />}
      {left && right && (
        <>
          <div className="table-box">
            <table>
              <thead>
                <tr>
                  <th scope="col">
                    <span className="unseen">Figure</span>
                  </th>
                  {[left.run, right.run].map((run) => (
                    <th scope="col" key={run.id}>
                      <a href={runAddress(run.id)}>{run.procedure}</a>{" "}
                      <Status status={run.status} />
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {FIGURES.map(([name, read]) => {
                  const differs = name !== "Started" && read(left.run) !== read(right.run);
                  return (
                    <tr key={name} className={differs ? "differs" : undefined}>
                      <th scope="row">{name}</th>
                      <td>{read(left.run)}</td>
                      <td>{read(right.run)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
          <Part name="Inputs" left={json(left.run.params)} right={json(right.run.params)} />
          <Part name="Result" left={ended(left.run)} right={ended(right.run)} />
          <Part name="Source" path="source.lua" left={left.source} right={right.source} />
        </>
      )}
    </main>
  );
}

/** What a run came to as text; long lines of a result are broken where its strings are. */
function ended(run: Run): string {
  if (run.error) return `${run.error.code}: ${run.error.message}`;
  return json(run.result).replaceAll("\\n", "\n");
}

function Part(props: { name: string; left: string; right: string; path?: string }) {
  const { name, left, right, path = "text.txt" } = props;
  return (
    <section>
      <h2>{name}</h2>
      {left === right ? (
        <p className="faint">The same in both.</p>
      ) : (
        <Difference
          path={path}
          left={{ title: `${name} of the first run`, text: left }}
          right={{ title: `${name} of the second run`, text: right }}
        />
      )}
    </section>
  );
}
