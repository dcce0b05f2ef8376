import { count, duration, money } from "../../format";
import type { EventOf } from "../../types/wire";

/** What a turn used, under its text. */
export function TurnFigures({ cost }: { cost: EventOf<"cost"> }) {
  const tokens = `${count(cost.input_tokens)} in, ${count(cost.output_tokens)} out`;
  const figures: [string, string][] = [
    ["Cost", money(cost.total_cost)],
    ["Tokens", cost.estimated ? `${tokens} (estimated)` : tokens],
    ["Duration", duration(cost.duration_ms)],
    ["First token", duration(cost.time_to_first_token_ms)],
  ];
  if (cost.finish_reason && cost.finish_reason !== "stop") {
    figures.push(["Ended by", cost.finish_reason]);
  }
  return <Figures figures={figures} />;
}

export function Figures({ figures }: { figures: [string, string][] }) {
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
