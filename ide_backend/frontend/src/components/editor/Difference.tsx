import { MergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { appearance, styleNonce } from "./appearance";
import { languageOf } from "./language";

interface Side {
  title: string;
  text: string;
}

/** Two texts side by side, with what differs marked. */
export function Difference({ path, left, right }: { path: string; left: Side; right: Side }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const extensions = (title: string): Extension => [
      lineNumbers(),
      appearance,
      languageOf(path, []),
      EditorView.lineWrapping,
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.cspNonce.of(styleNonce()),
      EditorView.contentAttributes.of({ "aria-label": title, tabindex: "0" }),
    ];
    const view = new MergeView({
      parent: box.current,
      a: { doc: left.text, extensions: extensions(left.title) },
      b: { doc: right.text, extensions: extensions(right.title) },
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => view.destroy();
  }, [path, left.text, left.title, right.text, right.title]);
  return (
    <div className="difference">
      <div className="difference-titles">
        <span>{left.title}</span>
        <span>{right.title}</span>
      </div>
      <div className="difference-body" ref={box} />
    </div>
  );
}
