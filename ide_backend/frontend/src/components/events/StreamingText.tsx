import { useLayoutEffect, useRef } from "react";
import { onceAFrame } from "../../stream/frame";
import type { GrowingText } from "../../stream/growingText";

interface Props {
  text: GrowingText;
  /** Leave out the blank lines at its beginning: it stands apart from what is above it anyway. */
  trimmed?: boolean;
}

const BLOCK = 2_000; // characters after which the text before the next line is laid away

/**
 * A text that grows, in a text node that is added to at most once a frame.
 *
 * React does not see the pieces, and what is long done stands in blocks of its own, which the
 * browser does not lay out again: a long answer costs as much for its last word as for its first.
 */
export function StreamingText({ text, trimmed = false }: Props) {
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    let begun = !trimmed;
    const shown = (piece: string) => {
      const rest = begun ? piece : piece.replace(/^\n+/, "");
      begun ||= rest !== "";
      return rest;
    };
    let node = document.createTextNode("");
    const add = (piece: string) => {
      node.appendData(piece);
      while (node.length > BLOCK) {
        const end = node.data.indexOf("\n", BLOCK) + 1;
        if (end === 0) return;
        const rest = node.splitText(end);
        const block = document.createElement("div");
        node.replaceWith(block);
        block.append(node);
        node = rest;
      }
    };
    const begin = () => {
      node = document.createTextNode("");
      box.current?.replaceChildren(node);
      add(shown(text.toString()));
    };
    begin();
    let pending = "";
    let replaced = false;
    const drawing = onceAFrame(() => {
      if (replaced) {
        begun = !trimmed;
        begin();
      } else add(shown(pending));
      pending = "";
      replaced = false;
    });
    const unsubscribe = text.subscribe((piece) => {
      if (piece === null) replaced = true;
      else pending += piece;
      drawing.ask();
    });
    return () => {
      unsubscribe();
      drawing.cancel();
    };
  }, [text, trimmed]);

  return <div className="model-text" ref={box} />;
}
