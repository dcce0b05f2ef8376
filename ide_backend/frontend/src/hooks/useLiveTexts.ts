import { useEffect, useRef } from "react";
import { eventsAddress } from "../api/routes";
import { follow } from "../stream/follow";
import { GrowingText } from "../stream/growingText";
import { shareSlot } from "../stream/slot";
import type { EventOf, WireEvent } from "../types/wire";

/** The growing texts of turns; a turn's id says which it is in its run, and no more. */
export interface LiveTexts {
  of: (runId: string, turnId: string, soFar: string) => GrowingText;
}

/**
 * The texts of all turns that are live now, over the one stream of all runs.
 *
 * `onTurn` is called when a turn begins or ends: the list of turns is to be read again.
 */
export function useLiveTexts(onTurn: () => void): LiveTexts {
  const texts = useRef(new Map<string, GrowingText>());
  const voided = useRef(new Map<GrowingText, string>());
  const latest = useRef(onTurn);
  latest.current = onTurn;

  useEffect(() => {
    let cursor = "";
    const seen = new Map<string, number>();
    const take = (event: WireEvent, id: string) => {
      if (id) cursor = id;
      if (event.event_type === "heartbeat" || event.event_type === "snapshot") return true;
      if (event.seq <= (seen.get(event.run_id) ?? 0)) return true;
      seen.set(event.run_id, event.seq);
      if (event.event_type === "agent_stream_chunk") {
        takeChunk(textOf(texts.current, event.run_id, event.turn_id), event);
      } else if (event.event_type === "step_restarted") {
        const text = textOf(texts.current, event.run_id, event.turn_id);
        voided.current.set(text, text.toString()); // the list may still have it
        text.cut(event.kept_length ?? 0);
        latest.current();
      } else if (event.event_type === "agent_turn" || event.event_type === "cost") {
        latest.current();
      }
      return true;
    };
    return shareSlot(() =>
      follow({
        address: () => eventsAddress(null, cursor),
        take,
        ended: () => false,
        connection: () => undefined, // the list is read on a clock too
      }),
    );
  }, []);

  return {
    of: (runId, turnId, soFar) => {
      const text = textOf(texts.current, runId, turnId);
      // The list is a moment old: it mends a text, it never takes from one, nor brings back what
      // is void.
      const isVoid = voided.current.get(text)?.startsWith(soFar) ?? false;
      if (soFar.length > text.toString().length && !isVoid) text.replace(soFar);
      return text;
    },
  };
}

function textOf(texts: Map<string, GrowingText>, runId: string, turnId: string): GrowingText {
  const key = `${runId} ${turnId}`;
  const text = texts.get(key) ?? new GrowingText();
  texts.set(key, text);
  return text;
}

/** Add the chunk where it fits; one that does not waits for the list, which knows the text so far. */
function takeChunk(text: GrowingText, chunk: EventOf<"agent_stream_chunk">): void {
  const length = [...chunk.chunk_text].length;
  if (chunk.accumulated_text !== undefined) text.replace(chunk.accumulated_text);
  else if (length === chunk.accumulated_length)
    text.replace(chunk.chunk_text); // the first, again
  else if (text.length + length === chunk.accumulated_length) text.append(chunk.chunk_text);
}
