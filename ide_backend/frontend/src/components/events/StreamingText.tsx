import { useLayoutEffect, useRef } from "react";
import { onceAFrame } from "../../stream/frame";
import type { GrowingText } from "../../stream/growingText";

/**
 * A text that grows, in one text node that is added to at most once a frame.
 *
 * React does not see the pieces: a long answer costs as much for its last word as for its first.
 */
export function StreamingText({ text }: { text: GrowingText }) {
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const node = document.createTextNode(text.toString());
    box.current?.replaceChildren(node);
    let pending = "";
    let replaced = false;
    const drawing = onceAFrame(() => {
      if (replaced) node.data = text.toString();
      else node.appendData(pending);
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
  }, [text]);

  return <div className="model-text" ref={box} />;
}
