import { listTurns } from "../api/routes";
import { Problem } from "../components/shell/Problem";
import { StreamCard } from "../components/streams/StreamCard";
import { count } from "../format";
import { useLiveTexts } from "../hooks/useLiveTexts";
import { useResource } from "../hooks/useResource";
import { type Route, refine } from "../hooks/useRoute";
import { useRowKeys } from "../hooks/useRowKeys";
import { ENDINGS } from "../stream/turnView";

const STATES = ["active", ...ENDINGS] as const;
const TITLES = new Map([
  ["failed", "Every turn without its answer: refused, blocked, truncated too"],
]);

/** What the models are saying now and said lately, as cards. */
export function StreamsPage({ route }: { route: Route }) {
  const status = route.query.get("status");
  const query = new URLSearchParams({ limit: "30", ...(status ? { status } : {}) }).toString();
  const { data, error, loading, reload } = useResource(
    query,
    (signal) => listTurns(new URLSearchParams(query), signal),
    3_000,
  );
  const texts = useLiveTexts(reload);
  useRowKeys();
  return (
    <main className="page" aria-busy={loading && !data}>
      <h1>Streams</h1>
      <fieldset className="segments">
        <legend className="unseen">Status</legend>
        {[null, ...STATES].map((state) => (
          <button
            key={state ?? "all"}
            type="button"
            aria-pressed={status === state}
            title={state ? TITLES.get(state) : undefined}
            onClick={() => refine({ status: state })}
          >
            {state ?? "all"}
            {state && data?.counts[state] !== undefined && (
              <span className="count">{count(data.counts[state])}</span>
            )}
          </button>
        ))}
      </fieldset>
      {error && <Problem error={error} onRetry={reload} />}
      <div className="cards">
        {data?.turns.map((turn) => (
          <StreamCard
            key={`${turn.run_id} ${turn.turn_id}`}
            turn={turn}
            text={texts.of(turn.run_id, turn.turn_id, turn.text)}
          />
        ))}
      </div>
      {data?.turns.length === 0 && (
        <p className="empty">
          {status ? `No turn is ${status}. ` : "No agent has had a turn yet. "}
          <a href="#/edit">Run a procedure</a> and watch it here.
        </p>
      )}
    </main>
  );
}
