import { describe, expect, it } from "vitest";
import type { EventOf } from "../types/wire";
import { TurnParts } from "./turnParts";

type Call = EventOf<"tool_call">;

function call(call_id: string, stage: Call["stage"], more: Partial<Call> = {}): Call {
  return {
    event_type: "tool_call",
    turn_id: "t",
    tool_name: "roll",
    call_id,
    stage,
    ...more,
  } as Call;
}

/** The parts in order: a text as it stands, everything else by its kind. */
function shown(parts: TurnParts): string[] {
  return parts.list.map((part) => {
    if (part.kind === "text") return String(part.text);
    if (part.kind === "thought") return `(${part.text})`;
    return part.kind === "call" ? `${part.call.call_id} ${part.call.stage}` : part.kind;
  });
}

function said(...texts: string[]): TurnParts {
  const parts = new TurnParts();
  for (const text of texts) parts.append(text);
  return parts;
}

describe("the parts of a turn", () => {
  it("are text and calls in the order in which they came", () => {
    const parts = said("I look. ");
    parts.call(call("a", "started", { text_length: 8 }));
    parts.call(call("b", "started", { text_length: 8 }));
    expect(parts.running).toBe(2);
    parts.call(call("b", "failed", { error: "no" }));
    parts.call(call("a", "completed"));
    parts.append("\n\nIt is 🦊");
    expect(shown(parts)).toEqual(["I look. ", "a completed", "b failed", "\n\nIt is 🦊"]);
    expect(parts.running).toBe(0);
    expect(parts.length).toBe(17);
    expect(String(parts)).toBe("I look. \n\nIt is 🦊");
  });

  it("keep the arguments that a call began with", () => {
    const parts = said();
    parts.call(call("a", "started", { arguments: { n: 1 } }));
    parts.call(call("a", "completed", { result: 4 }));
    expect(parts.list).toMatchObject([{ call: { arguments: { n: 1 }, result: 4 } }]);
  });

  it("have a call where its text length says, though its text comes before it or late", () => {
    const early = said("🦊 first, then");
    early.call(call("a", "started", { text_length: 7 }));
    expect(shown(early)).toEqual(["🦊 first", "a started", ", then"]);
    const late = said("🦊");
    late.call(call("a", "started", { text_length: 7 }));
    late.call(call("b", "started", { text_length: 13 }));
    late.replace("🦊 first, then, last");
    expect(shown(late)).toEqual(["🦊 first", "a started", ", then", "b started", ", last"]);
  });

  it("go on in the same growing text, however they are laid out anew", () => {
    const parts = said("one");
    const [first] = parts.list;
    parts.call(call("a", "started", { text_length: 3 }));
    parts.append("two");
    const second = parts.list[2];
    parts.replace("one, then two");
    expect(shown(parts)).toEqual(["one", "a started", ", then two"]);
    expect(parts.list[0]).toBe(first);
    expect(parts.list[2]).toBe(second);
    const list = parts.list;
    parts.replace("one, then two");
    parts.append("!");
    expect(parts.list).toBe(list);
  });

  it("show what a model thinks above what it says then, also if it thinks on", () => {
    const parts = said();
    parts.think("hm ");
    parts.think("so");
    parts.append("Wait. ");
    parts.think(", well");
    parts.call(call("a", "completed", { text_length: 6 }));
    parts.append("Done");
    parts.think("ah");
    expect(shown(parts)).toEqual(["(hm so, well)", "Wait. ", "a completed", "(ah)", "Done"]);
    expect(String(parts)).toBe("Wait. Done");
  });

  it("lose the text that is void and nothing else, and stay in order after it", () => {
    const parts = said("kept 🦊");
    parts.call(call("a", "completed", { text_length: 6 }));
    parts.think("hm");
    parts.append("void");
    parts.add({ kind: "misfit", errors: ["no"] });
    parts.cut(6);
    const restart = { reason: "repair" } as EventOf<"step_restarted">;
    parts.add({ kind: "restart", restart });
    parts.append("anew");
    const order = ["kept 🦊", "a completed", "(hm)", "misfit", "restart", "anew"];
    expect(shown(parts)).toEqual(order);
    parts.replace("kept 🦊anew, and more");
    expect(shown(parts)).toEqual([...order.slice(0, -1), "anew, and more"]);
  });

  it("cost as much for their last word as for their first", () => {
    const parts = said();
    for (let number = 0; number < 50; number++) {
      for (let word = 0; word < 500; word++) parts.append("words ");
      parts.call(call(`c${number}`, "completed", { text_length: parts.length }));
    }
    const told: (string | null)[] = [];
    parts.append("last");
    const last = parts.list.at(-1);
    if (last?.kind === "text") last.text.subscribe((piece) => told.push(piece));
    const { list } = parts;
    parts.append(" word");
    parts.replace(String(parts));
    expect(told).toEqual([" word"]);
    expect(parts.list).toBe(list);
    expect(parts.length).toBe(150_009);
    expect(parts.list.length).toBe(101);
  });
});
