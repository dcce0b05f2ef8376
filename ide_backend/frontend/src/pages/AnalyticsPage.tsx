import { readAnalytics } from "../api/routes";
import { GroupTable } from "../components/analytics/GroupTable";
import { LineChart } from "../components/analytics/LineChart";
import { Figures } from "../components/events/TurnFigures";
import { Problem } from "../components/shell/Problem";
import { count, duration, money } from "../format";
import { useResource } from "../hooks/useResource";
import { type Route, refine } from "../hooks/useRoute";
import type { Analytics, AnalyticsBucket, AnalyticsGroup } from "../types/api";

const HOUR = 3_600_000;
const SPANS = [
  { name: "hour", length: HOUR, bucket: HOUR / 30 },
  { name: "day", length: 24 * HOUR, bucket: HOUR },
  { name: "week", length: 7 * 24 * HOUR, bucket: 6 * HOUR },
  { name: "month", length: 30 * 24 * HOUR, bucket: 24 * HOUR },
];

/** Time to first token, duration, tokens and cost: over time, by model and by agent. */
export function AnalyticsPage({ route }: { route: Route }) {
  const span = SPANS.find(({ name }) => name === route.query.get("span")) ?? SPANS[1];
  const { data, error, loading, reload } = useResource(
    span?.name ?? null,
    (signal) => {
      const { length = HOUR, bucket = HOUR } = span ?? {};
      const since = String(Date.now() - length);
      return readAnalytics(new URLSearchParams({ since, bucket: String(bucket) }), signal);
    },
    10_000,
  );
  return (
    <main className="page" aria-busy={loading && !data}>
      <h1>Analytics</h1>
      <fieldset className="segments">
        <legend className="unseen">Time span</legend>
        {SPANS.map(({ name }) => (
          <button
            key={name}
            type="button"
            aria-pressed={span?.name === name}
            onClick={() => refine({ span: name })}
          >
            last {name}
          </button>
        ))}
      </fieldset>
      {error && <Problem error={error} onRetry={reload} />}
      {data && data.by_model.length === 0 && (
        <p className="empty">
          No turn in this time. <a href="#/edit">Run a procedure</a>, or look at a longer time.
        </p>
      )}
      {data && data.by_model.length > 0 && <Report data={data} />}
    </main>
  );
}

function Report({ data }: { data: Analytics }) {
  const { by_model, by_agent, over_time, ttft_threshold_ms: threshold } = data;
  const times = over_time.map(({ start_ms }) => start_ms);
  const line = (name: string, read: (bucket: AnalyticsBucket) => number | null) => ({
    name,
    values: over_time.map(read),
  });
  return (
    <>
      <Figures
        figures={[
          ["Turns", sum(by_model, "turns", count)],
          ["Failed", sum(by_model, "failed", count)],
          ["Input tokens", sum(by_model, "input_tokens", count)],
          ["Output tokens", sum(by_model, "output_tokens", count)],
          ["Cost", sum(by_model, "cost", money)],
        ]}
      />
      <div className="charts">
        <LineChart
          title="Time to first token"
          times={times}
          series={[line("p50", (bucket) => bucket.ttft_p50_ms)]}
          format={duration}
          threshold={threshold}
        />
        <LineChart
          title="Duration of a turn"
          times={times}
          series={[line("p50", (bucket) => bucket.duration_p50_ms)]}
          format={duration}
        />
        <LineChart
          title="Tokens"
          times={times}
          series={[
            line("input", (bucket) => bucket.input_tokens),
            line("output", (bucket) => bucket.output_tokens),
          ]}
          format={count}
        />
        <LineChart
          title="Cost"
          times={times}
          series={[line("USD", (bucket) => bucket.cost)]}
          format={money}
        />
      </div>
      <GroupTable title="By model" name="Model" groups={by_model} threshold={threshold} />
      <GroupTable title="By agent" name="Agent" groups={by_agent} threshold={threshold} />
    </>
  );
}

type Summed = "turns" | "failed" | "input_tokens" | "output_tokens" | "cost";

/** The sum of what is known, marked as a lower bound where something is not. */
function sum(
  groups: readonly AnalyticsGroup[],
  key: Summed,
  format: (value: number | null) => string,
): string {
  const known = groups.map((group) => group[key]).filter((value) => value !== null);
  if (known.length === 0) return format(null);
  const total = format(known.reduce((before, value) => before + value, 0));
  return known.length < groups.length ? `≥ ${total}` : total;
}
