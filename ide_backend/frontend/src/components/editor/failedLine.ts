import { type Extension, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";

/** Mark a line as the one where a run failed; null takes the mark away. */
export const markFailedLine = StateEffect.define<number | null>();

const failed = Decoration.line({ class: "cm-failed-line" });

/** The line where the last run failed, marked until it is edited. */
export const failedLine: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let current = transaction.docChanged ? marks.map(transaction.changes) : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(markFailedLine)) continue;
      const builder = new RangeSetBuilder<Decoration>();
      const { doc } = transaction.state;
      if (effect.value !== null && effect.value >= 1 && effect.value <= doc.lines) {
        const { from } = doc.line(effect.value);
        builder.add(from, from, failed);
      }
      current = builder.finish();
    }
    return current;
  },
  provide: (field) => EditorView.decorations.from(field),
});
