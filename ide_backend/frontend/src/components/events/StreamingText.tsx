import { useLayoutEffect, useRef } from "react";
import { onceAFrame } from "../../stream/frame";
import type { GrowingText } from "../../stream/growingText";

interface Props {
  text: GrowingText;
  /** Leave out the blank lines at its beginning: it stands apart from what is above it anyway. */
  trimmed?: boolean;
}

/**
 * A text that grows, in one text node that is added to at most once a frame.
 *
 * React does not see the pieces: a long answer costs as much for its last word as for its first.
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
    const node = document.createTextNode(shown(text.toString()));
    box.current?.replaceChildren(node);
    let pending = "";
    let replaced = false;
    const drawing = onceAFrame(() => {
      if (replaced) {
        begun = !trimmed;
        node.data = shown(text.toString());
      } else node.appendData(shown(pending));
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
