import type { EventOf, RunEvent } from "../types/wire";
import { GrowingText } from "./growingText";
import type { QuestionLog } from "./questionLog";
import type { TurnLog } from "./turnLog";

type Told =
  | { kind: "thought"; text: GrowingText }
  | { kind: "call"; call: EventOf<"tool_call"> }
  | { kind: "turn"; turn: TurnLog }
  | { kind: "question"; question: QuestionLog }
  | { kind: "restart"; restart: EventOf<"step_restarted"> }
  | { kind: "misfit"; errors: readonly string[] }
  | { kind: "event"; event: RunEvent };

/** Something that stands between the texts of a turn, `at` so many characters of its text. */
type Mark = Told & { key: string; at: number };
type TextPart = { kind: "text"; key: string; at: number; text: GrowingText };

/** One thing of a turn, in the order in which it happened; `at` is where its text begins. */
export type TurnPart = TextPart | Mark;

/**
 * What a turn said and did, in order: pieces of text, and what came between them.
 *
 * `list` is a new list when a part begins or changes; a text that grows tells its own readers.
 */
export class TurnParts {
  #list: readonly TurnPart[] = [];
  #made = 0;

  get list(): readonly TurnPart[] {
    return this.#list;
  }

  /** Characters of all text, as the server counts them. */
  get length(): number {
    const last = this.#list.findLast((part) => part.kind === "text");
    return last ? last.at + last.text.length : 0;
  }

  /** The calls that were begun and have not ended. */
  get running(): number {
    return this.#list.filter((part) => part.kind === "call" && part.call.stage === "started")
      .length;
  }

  toString(): string {
    return this.#list.map((part) => (part.kind === "text" ? part.text.toString() : "")).join("");
  }

  append(piece: string): void {
    const last = this.#list.at(-1);
    if (last?.kind === "text") last.text.append(piece);
    else if (piece) this.#list = [...this.#list, this.#text(this.length, piece)];
  }

  /** Put `text` in the place of all text; what stands between keeps its place. */
  replace(text: string): void {
    if (text !== this.toString()) this.#lay(text, this.#marks());
  }

  /** Take back the text beyond the first `length` characters; nothing else is taken back. */
  cut(length: number): void {
    const marks = this.#marks().map((mark) => ({ ...mark, at: Math.min(mark.at, length) }));
    this.#lay([...this.toString()].slice(0, length).join(""), marks);
  }

  /** Add `told` behind the first `at` characters of the text, which is at the end if not said. */
  add(told: Told, at = this.length): void {
    const mark: Mark = { ...told, key: this.#key(), at };
    if (at >= this.length) {
      this.#list = [...this.#list, mark];
      return;
    }
    const marks = this.#marks();
    const before = marks.findLastIndex((other) => other.at <= at) + 1;
    this.#lay(this.toString(), marks.toSpliced(before, 0, mark));
  }

  /** A piece of thought: it belongs above the text that the same model call says. */
  think(piece: string): void {
    const list = this.#list;
    const text = list.at(-1)?.kind === "text" ? list.length - 1 : list.length;
    const before = list[text - 1];
    if (before?.kind === "thought") {
      before.text.append(piece);
      return;
    }
    const thought = new GrowingText();
    thought.append(piece);
    const at = list[text]?.at ?? this.length;
    const mark: Mark = { kind: "thought", key: this.#key(), at, text: thought };
    this.#list = list.toSpliced(text, 0, mark);
  }

  /** A call that begins, or what came of one that has begun. */
  call(event: EventOf<"tool_call">): void {
    const id = event.call_id ?? "";
    const found = this.#list.findLastIndex(
      (part) =>
        part.kind === "call" &&
        part.call.stage === "started" &&
        part.call.tool_name === event.tool_name &&
        (part.call.call_id ?? "") === id,
    );
    const begun = this.#list[found];
    if (event.stage === "started" || begun?.kind !== "call") {
      this.add({ kind: "call", call: event }, event.text_length);
      return;
    }
    const call = { ...begun.call, ...event, arguments: event.arguments ?? begun.call.arguments };
    this.#list = this.#list.with(found, { ...begun, call } as TurnPart);
  }

  #marks(): Mark[] {
    return this.#list.filter((part) => part.kind !== "text");
  }

  /** Lay `text` out between `marks`; a text that begins where one began before goes on as it. */
  #lay(text: string, marks: readonly Mark[]): void {
    const before = new Map(
      this.#list.flatMap((part) => (part.kind === "text" ? [[part.at, part] as const] : [])),
    );
    const characters = marks.length > 0 ? [...text] : [];
    const list: TurnPart[] = [];
    let from = 0;
    const say = (said: string) => {
      if (said === "") return;
      const part = before.get(from);
      part?.text.replace(said);
      list.push(part ?? this.#text(from, said));
    };
    for (const mark of marks) {
      const to = Math.min(mark.at, characters.length);
      if (to > from) {
        say(characters.slice(from, to).join(""));
        from = to;
      }
      list.push(mark);
    }
    say(marks.length > 0 ? characters.slice(from).join("") : text);
    this.#list = list;
  }

  #text(at: number, said: string): TextPart {
    const text = new GrowingText();
    text.append(said);
    return { kind: "text", key: this.#key(), at, text };
  }

  #key(): string {
    this.#made += 1;
    return `p${this.#made}`;
  }
}
