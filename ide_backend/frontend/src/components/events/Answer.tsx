import { useMemo } from "react";
import { answerIn } from "../../stream/answer";
import type { GrowingText } from "../../stream/growingText";
import { StreamingText } from "./StreamingText";
import { Values } from "./Values";

/** The answer of an agent with declared output, once it is whole; its text can be looked at. */
export function Answer({ text }: { text: GrowingText }) {
  const table = useMemo(() => answerIn(text.toString()), [text]);
  if (table === null) return <StreamingText text={text} trimmed />;
  return (
    <section className="answer" aria-label="Answer">
      <Values values={table} />
      <details>
        <summary className="faint">As the model wrote it</summary>
        <StreamingText text={text} trimmed />
      </details>
    </section>
  );
}
