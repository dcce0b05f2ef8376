/** Told of each piece as it is appended, or null when the text was replaced as a whole. */
export type TextListener = (piece: string | null) => void;

/** The text of one turn, growing piece by piece; who shows it is told of each piece. */
export class GrowingText {
  #value = "";
  #length = 0;
  #listeners = new Set<TextListener>();

  /** Characters as the server counts them: code points, not UTF-16 units. */
  get length(): number {
    return this.#length;
  }

  append(piece: string): void {
    this.#value += piece;
    this.#length += codePoints(piece);
    for (const listener of this.#listeners) listener(piece);
  }

  /** Put `text` in the place of everything that came; the same text changes nothing. */
  replace(text: string): void {
    if (text === this.#value) return;
    this.#value = text;
    this.#length = codePoints(text);
    for (const listener of this.#listeners) listener(null);
  }

  /** Take back everything beyond the first `length` characters. */
  cut(length: number): void {
    if (length < this.#length) this.replace([...this.#value].slice(0, length).join(""));
  }

  /** Call `listener` at each change, until the function that is returned is called. */
  subscribe(listener: TextListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  toString(): string {
    return this.#value;
  }
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count--;
      i++;
    }
  }
  return count;
}
