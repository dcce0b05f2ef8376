import { useState } from "react";
import { listRuns } from "../api/routes";
import { RunTable } from "../components/runs/RunTable";
import { Problem } from "../components/shell/Problem";
import { count } from "../format";
import { useResource } from "../hooks/useResource";
import { address, type Route, refine } from "../hooks/useRoute";
import { useRowKeys } from "../hooks/useRowKeys";
import { useSettled } from "../hooks/useSettled";
import { codeOf, endingOf, RUN_ENDINGS } from "../stream/ending";
import type { RunStatus } from "../types/wire";

const STATES: RunStatus[] = ["running", "completed", "failed", "stopped", "interrupted"];
const KEYS = ["status", "procedure", "q", "goal"];
const FILTERS = [...KEYS, "ending"];
const PAGE = 50;

/** The history: every run that the store holds, filtered by state, procedure and words. */
export function RunsPage({ route }: { route: Route }) {
  const [chosen, setChosen] = useState<string[]>([]);
  const limit = Number(route.query.get("limit")) || PAGE;
  const query = new URLSearchParams({ limit: String(limit) });
  for (const key of KEYS) {
    const value = route.query.get(key);
    if (value) query.set(key, value);
  }
  const ending = RUN_ENDINGS.find((one) => one === route.query.get("ending"));
  if (ending) {
    query.set("status", "failed");
    if (!query.has("q")) query.set("q", codeOf(ending)); // searched in errors, too
  }
  const key = useSettled(query.toString());
  const { data, error, loading, reload } = useResource(
    key,
    (signal) => listRuns(new URLSearchParams(key), signal),
    3_000,
  );
  useRowKeys();
  const status = route.query.get("status");
  const runs = data?.runs.filter((run) => !ending || endingOf(run) === ending);
  const filtered = FILTERS.some((name) => route.query.has(name));

  return (
    <main className="page" aria-busy={loading && !data}>
      <h1>Runs</h1>
      <div className="row filters">
        <input
          type="search"
          data-filter
          aria-label="Search runs"
          placeholder="Search runs  ( / )"
          value={route.query.get("q") ?? ""}
          onChange={(event) => refine({ q: event.target.value, limit: null })}
        />
        <fieldset className="segments">
          <legend className="unseen">Status</legend>
          {[null, ...STATES].map((state) => (
            <button
              key={state ?? "all"}
              type="button"
              aria-pressed={status === state && !ending}
              onClick={() => refine({ status: state, ending: null, limit: null })}
            >
              {state ?? "all"}
              {state && <span className="count">{count(data?.counts[state] ?? 0)}</span>}
            </button>
          ))}
          {RUN_ENDINGS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={ending === one}
              onClick={() => refine({ ending: one, status: null, limit: null })}
            >
              {one}
            </button>
          ))}
        </fieldset>
        <span className="spread" />
        {chosen.length === 2 ? (
          <a className="button primary" href={address(["compare"], { a: chosen[0], b: chosen[1] })}>
            Compare these two
          </a>
        ) : (
          <span className="faint">Choose two runs to compare</span>
        )}
      </div>
      {error && <Problem error={error} onRetry={reload} />}
      {runs && runs.length > 0 && (
        <RunTable
          runs={runs}
          chosen={chosen}
          onChoose={(id) =>
            setChosen((before) =>
              before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(-2),
            )
          }
        />
      )}
      {data?.runs.length === limit && (
        <button type="button" onClick={() => refine({ limit: String(limit + PAGE) })}>
          Show more
        </button>
      )}
      {runs?.length === 0 && (
        <p className="empty">
          {filtered ? (
            <>
              No run fits. <a href="#/runs">Show all</a>
            </>
          ) : (
            <>
              Nothing has run yet. <a href="#/edit">Open a procedure</a> and press Run.
            </>
          )}
        </p>
      )}
    </main>
  );
}
