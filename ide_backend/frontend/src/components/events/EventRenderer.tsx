import { memo } from "react";
import type { RunItem } from "../../stream/runLog";
import { AgentStreamingComponent } from "./AgentStreamingComponent";
import { EventLine } from "./EventLine";

/** One thing in the course of a run: a turn, or an event that belongs to none. */
export const EventRenderer = memo(function EventRenderer({
  item,
  onLine,
}: {
  item: RunItem;
  onLine?: ((line: number) => void) | undefined;
}) {
  if (item.kind === "turn") return <AgentStreamingComponent turn={item.turn} onLine={onLine} />;
  return <EventLine event={item.event} onLine={onLine} />;
});
