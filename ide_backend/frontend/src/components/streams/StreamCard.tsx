import { memo } from "react";
import { duration, money, shortMoment, tokens } from "../../format";
import { runAddress } from "../../hooks/useRoute";
import type { GrowingText } from "../../stream/growingText";
import type { Turn } from "../../types/wire";
import { StreamingText } from "../events/StreamingText";
import { Figures } from "../events/TurnFigures";
import { Scrolled } from "../shell/Scrolled";
import { Status } from "../shell/Status";

/** One turn as a card: who, which model, its state, its text and its figures. */
export const StreamCard = memo(function StreamCard({
  turn,
  text,
}: {
  turn: Turn;
  text: GrowingText;
}) {
  return (
    <article className={`card ${turn.status}`} aria-label={`Turn of ${turn.agent_name}`}>
      <header>
        <a href={runAddress(turn.run_id)} data-row>
          {turn.agent_name}
        </a>
        <span className="faint clip">
          {turn.provider}/{turn.model}
        </span>
        <span className="spread" />
        <span className="faint">{shortMoment(turn.started_ms)}</span>
        <Status status={turn.status} />
      </header>
      <Scrolled
        className="card-text"
        label={`Text of ${turn.agent_name}, ${turn.turn_id} of run ${turn.run_id.slice(0, 8)}`}
      >
        <StreamingText text={text} />
      </Scrolled>
      <Figures
        figures={[
          ["Duration", duration(turn.duration_ms)],
          ["First token", duration(turn.time_to_first_token_ms)],
          ["Tokens", tokens(turn.input_tokens, turn.output_tokens)],
          ["Cost", money(turn.cost)],
        ]}
      />
    </article>
  );
});
