import { memo } from "react";
import type { TurnView } from "../../stream/turnView";
import { CopyButton } from "../shell/CopyButton";
import { Status } from "../shell/Status";
import { StreamingText } from "./StreamingText";
import { TurnFigures } from "./TurnFigures";

/** One turn of an agent: a spinner, then its growing text, then what it used. */
export const AgentStreamingComponent = memo(function AgentStreamingComponent({
  turn,
}: {
  turn: TurnView;
}) {
  const live = turn.stage === "waiting" || turn.stage === "streaming";
  const name = [turn.provider, turn.model].filter(Boolean).join("/");
  return (
    <article
      className={`turn ${turn.stage}`}
      aria-label={`Turn of ${turn.agentName}`}
      aria-busy={live}
      data-turn={turn.id}
    >
      <header>
        <strong>{turn.agentName}</strong>
        {name && <span className="faint">{name}</span>}
        {turn.attempt > 1 && <span className="faint">attempt {turn.attempt}</span>}
        <span className="spread" />
        {turn.stage !== "waiting" && (
          <CopyButton text={() => turn.text.toString()} what={`text of ${turn.agentName}`} />
        )}
        <Status status={turn.stage} />
      </header>
      {turn.stage === "waiting" ? (
        <p className="waiting-line">
          <span className="spinner" aria-hidden="true" />
          Waiting for the first word
        </p>
      ) : (
        <StreamingText text={turn.text} />
      )}
      {turn.cost && <TurnFigures cost={turn.cost} />}
    </article>
  );
});
