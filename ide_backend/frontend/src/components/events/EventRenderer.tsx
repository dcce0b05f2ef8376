import { memo } from "react";
import type { RunItem } from "../../stream/runLog";
import { AgentStreamingComponent } from "./AgentStreamingComponent";
import { EventLine } from "./EventLine";
import { QuestionBox } from "./QuestionBox";

/** One thing in the course of a run: a turn, a question, or an event that belongs to no turn. */
export const EventRenderer = memo(function EventRenderer({
  item,
  onLine,
}: {
  item: RunItem;
  onLine?: ((line: number) => void) | undefined;
}) {
  if (item.kind === "turn") return <AgentStreamingComponent turn={item.turn} onLine={onLine} />;
  if (item.kind === "question") return <QuestionBox question={item.question} />;
  return <EventLine event={item.event} onLine={onLine} />;
});
