import { memo, useSyncExternalStore } from "react";
import type { TurnLog } from "../../stream/turnLog";
import { isLive } from "../../stream/turnView";
import { CopyButton } from "../shell/CopyButton";
import { Status } from "../shell/Status";
import { TurnFigures } from "./TurnFigures";
import { TurnParts } from "./TurnParts";

interface Props {
  turn: TurnLog;
  onLine?: ((line: number) => void) | undefined;
}

/** One turn of an agent: what it says and does, in order, then what it used. */
export const AgentStreamingComponent = memo(function AgentStreamingComponent({
  turn,
  onLine,
}: Props) {
  const view = useSyncExternalStore(turn.subscribe, turn.getView);
  const name = [view.provider, view.model].filter(Boolean).join("/");
  return (
    <article
      className={`turn ${view.stage}`}
      aria-label={`Turn of ${view.agentName}`}
      aria-busy={isLive(view.stage)}
      data-turn={view.id}
    >
      <header>
        <strong>{view.agentName}</strong>
        {name && <span className="faint">{name}</span>}
        {view.attempt > 1 && <span className="faint">attempt {view.attempt}</span>}
        <span className="spread" />
        {view.parts.some((part) => part.kind === "text") && (
          <CopyButton text={() => turn.text} what={`text of ${view.agentName}`} />
        )}
        <Status status={view.stage} />
      </header>
      <TurnParts view={view} onLine={onLine} />
      {view.stage === "waiting" && (
        <p className="waiting-line">
          <span className="spinner" aria-hidden="true" />
          {view.parts.length > 0 ? "Waiting for the next word" : "Waiting for the first word"}
        </p>
      )}
      {view.cost && <TurnFigures cost={view.cost} />}
    </article>
  );
});
