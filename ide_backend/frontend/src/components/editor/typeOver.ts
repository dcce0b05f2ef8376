import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/**
 * Typing over a selection, done here and not by the browser.
 *
 * Left to itself, Chromium keeps the colour of the replaced text with an inline style, which the
 * page's content security policy refuses and reports.
 */
export const typeOver: Extension = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.data;
    const { main, ranges } = view.state.selection;
    if (event.inputType !== "insertText" || text === null || view.composing) return false;
    if (main.empty || ranges.length > 1) return false;
    const insert = () =>
      view.state.update(view.state.replaceSelection(text), {
        userEvent: "input.type",
        scrollIntoView: true,
      });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, main.from, main.to, text, insert))) {
      view.dispatch(insert());
    }
    event.preventDefault();
    return true;
  },
});
