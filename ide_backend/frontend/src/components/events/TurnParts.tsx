import type { TurnPart } from "../../stream/turnParts";
import { isLive, type TurnView } from "../../stream/turnView";
import { AgentStreamingComponent } from "./AgentStreamingComponent";
import { Answer } from "./Answer";
import { EventLine } from "./EventLine";
import { QuestionBox } from "./QuestionBox";
import { Misfit, RestartLine } from "./RestartLine";
import { StreamingText } from "./StreamingText";
import { Thinking } from "./Thinking";
import { ToolCall } from "./ToolCall";

interface Props {
  view: TurnView;
  onLine?: ((line: number) => void) | undefined;
}

/** Texts, thoughts, calls and all else of a turn, in the order in which they happened. */
export function TurnParts({ view, onLine }: Props) {
  const answered = view.structured && view.stage === "completed";
  const last = view.parts.findLast((part) => part.kind === "text");
  const show = (part: TurnPart, first: boolean) => {
    switch (part.kind) {
      case "text":
        if (answered && part === last) return <Answer key={part.key} text={part.text} />;
        return <StreamingText key={part.key} text={part.text} trimmed={!first} />;
      case "thought":
        return <Thinking key={part.key} text={part.text} />;
      case "call":
        return <ToolCall key={part.key} call={part.call} over={!isLive(view.stage)} />;
      case "turn":
        return <AgentStreamingComponent key={part.key} turn={part.turn} onLine={onLine} />;
      case "question":
        return <QuestionBox key={part.key} question={part.question} />;
      case "restart":
        return <RestartLine key={part.key} restart={part.restart} />;
      case "misfit":
        return <Misfit key={part.key} errors={part.errors} />;
      case "event":
        return <EventLine key={part.key} event={part.event} onLine={onLine} />;
    }
  };
  return <div className="parts">{view.parts.map((part, index) => show(part, index === 0))}</div>;
}
