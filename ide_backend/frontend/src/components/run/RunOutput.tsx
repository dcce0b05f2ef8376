import { useRef } from "react";
import { useCommands } from "../../commands";
import { count, duration, json, money, tokens } from "../../format";
import { useFollowScroll } from "../../hooks/useFollowScroll";
import type { RunView } from "../../stream/runLog";
import { EventRenderer } from "../events/EventRenderer";
import { among, Figures } from "../events/TurnFigures";
import { Values } from "../events/Values";
import { CopyButton } from "../shell/CopyButton";
import { Scrolled } from "../shell/Scrolled";

interface Props {
  view: RunView;
  onLine?: ((line: number) => void) | undefined;
}

/** A run as it goes: turns, tool calls, questions, lines of the log, errors, and at last its result. */
export function RunOutput({ view, onLine }: Props) {
  const box = useRef<HTMLElement>(null);
  const [follows, toEnd] = useFollowScroll(box);
  const toQuestion = () => {
    const control = ".question.open :is(button, textarea)";
    box.current?.querySelector<HTMLElement>(control)?.focus();
  };
  useCommands(
    view.asking
      ? [
          {
            id: "question",
            title: "Answer the question",
            keys: ["g q"],
            group: "Run",
            run: toQuestion,
          },
        ]
      : [],
  );
  return (
    <div className="output-frame">
      <Scrolled className="output" ref={box} label="Output of the run">
        <div className="output-content">
          {view.snapshot && (
            <p className="faint">Earlier events are no longer held; this is what they came to.</p>
          )}
          {view.items.map((item) => (
            <EventRenderer key={item.key} item={item} onLine={onLine} />
          ))}
          <RunEnd view={view} />
        </div>
      </Scrolled>
      {!follows && (
        <button type="button" className="to-end" onClick={toEnd}>
          ↓ Latest
        </button>
      )}
    </div>
  );
}

function RunEnd({ view: { finished, status, snapshot } }: { view: RunView }) {
  if (status === "interrupted") {
    return (
      <p className="box">
        The server ended while this run was live. What it had told is above; start it again.
      </p>
    );
  }
  const result = finished?.result ?? snapshot?.result;
  const totals = finished?.totals;
  return (
    <>
      {result != null && (
        <section className="result" aria-label="Result">
          <header>
            <h2>Result</h2>
            <span className="spread" />
            <CopyButton text={() => json(result)} what="result" />
          </header>
          <Values values={result} />
        </section>
      )}
      {totals && (
        <section className="totals" aria-label="Totals">
          <Figures
            figures={[
              ["Cost", money(totals.cost)],
              ["Tokens", tokens(totals.input_tokens, totals.output_tokens), among(totals)],
              ["Turns", count(totals.turns)],
              ["Duration", duration(totals.duration_ms)],
            ]}
          />
        </section>
      )}
    </>
  );
}
