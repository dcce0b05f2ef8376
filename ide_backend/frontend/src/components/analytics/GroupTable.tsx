import { count, duration, money } from "../../format";
import type { AnalyticsGroup, Percentiles } from "../../types/api";
import { Scrolled } from "../shell/Scrolled";

interface Props {
  title: string;
  name: string;
  groups: readonly AnalyticsGroup[];
  threshold: number;
}

/** Figures by model or by agent, with percentiles; a slow first token is marked. */
export function GroupTable({ title, name, groups, threshold }: Props) {
  return (
    <section>
      <h2>{title}</h2>
      <Scrolled className="table-box" label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{name}</th>
              {["Turns", "Failed", "In", "Out", "Cost"].map((head) => (
                <th scope="col" className="number" key={head}>
                  {head}
                </th>
              ))}
              <th scope="col" className="number">
                First token p50 · p90 · p99
              </th>
              <th scope="col" className="number">
                Duration p50 · p90 · p99
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.key}>
                <th scope="row">{group.key}</th>
                <td className="number">{count(group.turns)}</td>
                <td className={group.failed ? "number bad" : "number"}>{count(group.failed)}</td>
                <td className="number">{count(group.input_tokens)}</td>
                <td className="number">{count(group.output_tokens)}</td>
                <td className="number">{money(group.cost)}</td>
                <td className="number">
                  <Spread of={group.ttft_ms} threshold={threshold} />
                </td>
                <td className="number">
                  <Spread of={group.duration_ms} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </section>
  );
}

function Spread({ of, threshold }: { of: Percentiles; threshold?: number }) {
  const parts = [of.p50, of.p90, of.p99].map((value, at) => {
    const high = threshold !== undefined && value !== null && value > threshold;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: always the same three
      <span key={at} className={high ? "bad" : undefined}>
        {at > 0 && " · "}
        {high && <span title={`over ${duration(threshold)}`}>▲ </span>}
        {duration(value)}
      </span>
    );
  });
  return <span className="spread-of">{parts}</span>;
}
