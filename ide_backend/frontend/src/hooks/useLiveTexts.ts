import { useEffect, useRef } from "react";
import { eventsAddress } from "../api/routes";
import { follow } from "../stream/follow";
import { GrowingText } from "../stream/growingText";
import { shareSlot } from "../stream/slot";
import type { WireEvent } from "../types/wire";

/** The growing texts of turns, by the turn's id. */
export interface LiveTexts {
  of: (turnId: string, soFar: string) => GrowingText;
}

/**
 * The texts of all turns that are live now, over the one stream of all runs.
 *
 * `onTurn` is called when a turn begins or ends: the list of turns is to be read again.
 */
export function useLiveTexts(onTurn: () => void): LiveTexts {
  const texts = useRef(new Map<string, GrowingText>());
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
        const text = texts.current.get(event.turn_id) ?? new GrowingText();
        texts.current.set(event.turn_id, text);
        if (event.accumulated_text !== undefined) text.replace(event.accumulated_text);
        else if (text.length + [...event.chunk_text].length === event.accumulated_length) {
          text.append(event.chunk_text);
        }
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
    of: (turnId, soFar) => {
      const text = texts.current.get(turnId) ?? new GrowingText();
      texts.current.set(turnId, text);
      // The list is a moment old: it mends a text, it never takes from one.
      if (soFar.length > text.toString().length) text.replace(soFar);
      return text;
    },
  };
}
