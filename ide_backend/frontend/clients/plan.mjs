// What a script is asked for, as JSON on its standard input, and what it answers on its output.
import { readFileSync } from "node:fs";

export function asked() {
  return JSON.parse(readFileSync(0, "utf8"));
}

export function answer(value) {
  process.stdout.write(JSON.stringify(value));
}

/** Does `work` with each of `items`, `width` at a time; the results in the order of the items. */
export async function each(items, width, work) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
