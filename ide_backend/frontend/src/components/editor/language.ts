import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completeAnyWord,
} from "@codemirror/autocomplete";
import { StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { json } from "@codemirror/legacy-modes/mode/javascript";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import type { Word } from "../../types/api";
import { colours } from "./appearance";

const MODES = new Map(Object.entries({ lua, json, toml }));

/** Highlighting for the file, and for Lua the completion and hover of the language's `words`. */
export function languageOf(path: string, words: readonly Word[]): Extension {
  const ending = path.split(".").pop() ?? "";
  const mode = MODES.get(ending);
  const highlighting = syntaxHighlighting(colours);
  if (!mode) return highlighting;
  const language = StreamLanguage.define(mode);
  if (ending !== "lua") return [language, highlighting];
  return [
    language,
    highlighting,
    autocompletion({ override: [(context) => complete(context, words), completeAnyWord] }),
    hoverTooltip((view, position) => {
      const line = view.state.doc.lineAt(position);
      const word = wordAt(line.text, position - line.from, words);
      return word && { pos: position, create: () => ({ dom: explain(word) }) };
    }),
  ];
}

/** The word of the language at `offset` of `line`: `field.string`, not only `string`. */
export function wordAt(line: string, offset: number, words: readonly Word[]): Word | null {
  for (const match of line.matchAll(/[A-Za-z_][\w.]*/g)) {
    if (offset < match.index || offset > match.index + match[0].length) continue;
    return words.find(({ name }) => name === match[0] || name === match[0].split(".")[0]) ?? null;
  }
  return null;
}

/** What completes the text before the cursor. */
export function complete(
  context: CompletionContext,
  words: readonly Word[],
): CompletionResult | null {
  const before = context.matchBefore(/[A-Za-z_][\w.]*/);
  if (!before && !context.explicit) return null;
  return {
    from: before?.from ?? context.pos,
    validFor: /^[\w.]*$/,
    options: words.map((word) => ({
      label: word.name,
      detail: word.signature.replace(word.name, ""),
      type: word.signature.includes("(") ? "function" : "variable",
      boost: 2,
      info: () => explain(word),
    })),
  };
}

/** A card about `word`; text nodes only. */
function explain(word: Word): HTMLElement {
  const card = document.createElement("div");
  card.className = "word-card";
  for (const [tag, text] of [
    ["code", word.signature],
    ["p", word.text],
    ["pre", word.example],
  ] as const) {
    if (!text) continue;
    const part = document.createElement(tag);
    part.append(text);
    card.append(part);
  }
  return card;
}
