import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import type { Diagnostic, Word } from "../../types/api";
import { appearance, styleNonce } from "./appearance";
import { marksOf } from "./diagnostics";
import { failedLine, markFailedLine } from "./failedLine";
import { languageOf } from "./language";
import { typeOver } from "./typeOver";

export interface EditorHandle {
  /** Put the cursor on `line`, from 1, and show it. */
  reveal: (line: number) => void;
  focus: () => void;
}

interface Props {
  path: string;
  /** The text at first; afterwards the editor has it. Another `path` or `edition` begins anew. */
  text: string;
  edition?: number;
  words?: readonly Word[];
  diagnostics?: readonly Diagnostic[];
  failedAt?: number | null;
  wrap?: boolean;
  onChange?: (text: string) => void;
  handle?: Ref<EditorHandle>;
}

const NO_WORDS: readonly Word[] = [];
const NO_DIAGNOSTICS: readonly Diagnostic[] = [];

export function CodeEditor(props: Props) {
  const { path, edition = 0, words = NO_WORDS, diagnostics = NO_DIAGNOSTICS } = props;
  const { failedAt = null, wrap = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const language = useRef(new Compartment());
  const wrapping = useRef(new Compartment());

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new file or edition, a new editor
  useEffect(() => {
    if (!box.current) return;
    const { text, onChange } = latest.current;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          onChange ? editing : [EditorState.readOnly.of(true), EditorView.editable.of(false)],
          showing,
          language.current.of(languageOf(path, words)),
          wrapping.current.of(wrap ? EditorView.lineWrapping : []),
          EditorView.cspNonce.of(styleNonce()),
          EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [path, edition]);

  useEffect(() => {
    view.current?.dispatch({
      effects: [
        language.current.reconfigure(languageOf(path, words)),
        wrapping.current.reconfigure(wrap ? EditorView.lineWrapping : []),
      ],
    });
  }, [path, words, wrap]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new editor is marked anew
  useEffect(() => {
    const state = view.current?.state;
    if (!state) return;
    view.current?.dispatch(setDiagnostics(state, marksOf(diagnostics, state.doc)));
    view.current?.dispatch({ effects: markFailedLine.of(failedAt) });
  }, [diagnostics, failedAt, path, edition]);

  useImperativeHandle(props.handle, () => ({
    reveal: (line) => {
      const editor = view.current;
      if (!editor) return;
      const { from } = editor.state.doc.line(Math.min(Math.max(line, 1), editor.state.doc.lines));
      const effects = EditorView.scrollIntoView(from, { y: "center" });
      editor.dispatch({ selection: { anchor: from }, effects });
      editor.focus();
    },
    focus: () => view.current?.focus(),
  }));

  return <div className="code" ref={box} />;
}

const showing: Extension = [
  lineNumbers(),
  foldGutter(),
  drawSelection(),
  bracketMatching(),
  lintGutter(),
  failedLine,
  appearance,
];

const editing: Extension = [
  typeOver,
  history(),
  indentUnit.of("    "),
  EditorState.tabSize.of(4),
  indentOnInput(),
  closeBrackets(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  keymap.of([
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...lintKeymap,
    ...defaultKeymap,
    indentWithTab,
  ]),
];
