import { useEffect, useState } from "react";
import { copy, download } from "../../clipboard";
import type { RunEvent } from "../../types/wire";
import { Scrolled } from "../shell/Scrolled";

const SHOWN = 300;

interface Props {
  raw: readonly RunEvent[];
  runId: string;
}

/** The events of a run as they came over the wire, the last ones of many. */
export function RawEvents({ raw, runId }: Props) {
  const [length, setLength] = useState(raw.length);
  const [find, setFind] = useState("");

  useEffect(() => {
    const timer = setInterval(() => setLength(raw.length), 500);
    return () => clearInterval(timer);
  }, [raw]);

  const lines = raw
    .slice(0, Math.max(length, raw.length))
    .map((event) => JSON.stringify(event))
    .filter((line) => line.includes(find));
  const all = () => `${raw.map((event) => JSON.stringify(event)).join("\n")}\n`;
  return (
    <div className="raw">
      <div className="row">
        <input
          type="search"
          aria-label="Find in the events"
          placeholder="Find in the events"
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
        <button type="button" onClick={() => void copy(all(), "events")}>
          Copy all
        </button>
        <button type="button" onClick={() => download(all(), `${runId}.jsonl`)}>
          Download
        </button>
      </div>
      <p className="faint">
        {lines.length} of {raw.length} events{lines.length > SHOWN && `, the last ${SHOWN} shown`}
      </p>
      <Scrolled className="raw-lines" label="Events">
        {lines.slice(-SHOWN).map((line) => (
          <pre key={line} className="raw-line">
            {line}
          </pre>
        ))}
      </Scrolled>
    </div>
  );
}
