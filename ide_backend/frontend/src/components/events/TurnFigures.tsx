import { count, duration, money, tokens } from "../../format";
import type { EventOf } from "../../types/wire";

/** A name, its value, and what is to be said of it in small. */
export type Figure = readonly [name: string, value: string, note?: string];

/** What a turn used, under its text. */
export function TurnFigures({ cost }: { cost: EventOf<"cost"> }) {
  return <Figures figures={figuresOf(cost)} />;
}

export function figuresOf(cost: EventOf<"cost">): Figure[] {
  const used = tokens(cost.input_tokens, cost.output_tokens);
  const calls = cost.model_calls ?? 1;
  const figures: Figure[] = [
    ["Cost", money(cost.total_cost), cost.from_cache ? "from cache" : ""],
    ["Tokens", used, among(cost)],
    ["Duration", duration(cost.duration_ms)],
    ["First token", duration(cost.time_to_first_token_ms)],
  ];
  if (calls > 1) figures.push(["Model calls", count(calls)]);
  if (cost.finish_reason && cost.finish_reason !== "stop") {
    figures.push(["Ended by", cost.finish_reason]);
  }
  return figures;
}

type Counted = Pick<EventOf<"cost">, "cached_tokens" | "reasoning_tokens" | "estimated">;

/** What is to be known about counts of tokens: who counted, and which kinds are among them. */
export function among({ cached_tokens, reasoning_tokens, estimated }: Counted): string {
  return [
    estimated && "estimated",
    cached_tokens && `${count(cached_tokens)} cached`,
    reasoning_tokens && `${count(reasoning_tokens)} reasoning`,
  ]
    .filter(Boolean)
    .join(", ");
}

export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className="figures">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note && <small className="faint"> {note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
