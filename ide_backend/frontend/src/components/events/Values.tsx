import { json } from "../../format";

/** Named values as they read: a text with its lines, everything else as JSON. */
export function Values({ values }: { values: unknown }) {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    return <pre>{json(values)}</pre>;
  }
  return (
    <dl className="values">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={typeof value === "string" ? undefined : "mono"}>{json(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
