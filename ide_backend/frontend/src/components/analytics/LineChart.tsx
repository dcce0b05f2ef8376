import { useId } from "react";
import { shortMoment } from "../../format";
import { niceTicks, type Series, spans } from "./scale";

const WIDTH = 560;
const HEIGHT = 190;
const LEFT = 62;
const BOTTOM = 24;
const TOP = 10;
const RIGHT = 10;

interface Props {
  title: string;
  times: readonly number[];
  series: readonly Series[];
  format: (value: number | null) => string;
  /** A line above which values are too high. */
  threshold?: number;
}

/** Values over time as a picture, with the same values as a table under it. */
export function LineChart({ title, times, series, format, threshold }: Props) {
  const id = useId();
  const values = series.flatMap(({ values }) => values).filter((value) => value !== null);
  const highest = Math.max(...values, 0);
  const ticks = niceTicks(
    threshold !== undefined && highest > threshold / 3
      ? Math.max(highest, threshold * 1.1)
      : highest,
  );
  const top = ticks.at(-1) || 1;
  const x = (index: number) =>
    LEFT + (WIDTH - LEFT - RIGHT) * (times.length < 2 ? 0.5 : index / (times.length - 1));
  const y = (value: number) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / top;
  const over = threshold !== undefined && highest > threshold;

  return (
    <figure className="chart">
      <figcaption>
        {title}
        {over && <span className="bad"> ▲ over {format(threshold)}</span>}
        <span className="legend">
          {series.map(({ name }, at) => (
            <span key={name} className={`series-${at}`}>
              {name}
            </span>
          ))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
        <title id={id}>{`${title} over time`}</title>
        {ticks.map((tick) => (
          <g key={tick}>
            <line className="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
              {format(tick)}
            </text>
          </g>
        ))}
        {threshold !== undefined && threshold <= top && (
          <line
            className="threshold"
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={y(threshold)}
            y2={y(threshold)}
          />
        )}
        {series.map(({ name, values }, at) => (
          <g key={name} className={`series-${at}`}>
            {spans(values).map((span) => (
              <polyline
                key={span[0]?.index}
                points={span.map(({ index, value }) => `${x(index)},${y(value)}`).join(" ")}
              />
            ))}
            {values.map((value, index) =>
              value === null ? null : (
                <circle key={times[index]} cx={x(index)} cy={y(value)} r={3}>
                  <title>{`${shortMoment(times[index] ?? 0)}: ${format(value)}`}</title>
                </circle>
              ),
            )}
          </g>
        ))}
        {edges(times).map(([index, time]) => (
          <text
            key={index}
            x={x(index)}
            y={HEIGHT - 6}
            textAnchor={times.length < 2 ? "middle" : index === 0 ? "start" : "end"}
          >
            {shortMoment(time)}
          </text>
        ))}
      </svg>
      <ChartTable title={title} times={times} series={series} format={format} />
    </figure>
  );
}

function ChartTable({ title, times, series, format }: Omit<Props, "threshold">) {
  return (
    <details>
      <summary>As a table</summary>
      <table>
        <caption className="unseen">{title}</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            {series.map(({ name }) => (
              <th scope="col" className="number" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={time}>
              <th scope="row">{shortMoment(time)}</th>
              {series.map(({ name, values }) => (
                <td className="number" key={name}>
                  {format(values[index] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function edges(times: readonly number[]): [number, number][] {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return [];
  return times.length === 1
    ? [[0, first]]
    : [
        [0, first],
        [times.length - 1, last],
      ];
}
