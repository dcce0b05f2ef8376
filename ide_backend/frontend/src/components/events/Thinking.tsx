import { useState } from "react";
import type { GrowingText } from "../../stream/growingText";
import { StreamingText } from "./StreamingText";

const KEY = "tactus.thinking";

/** What a model thinks before it speaks; open or closed as the reader last had one. */
export function Thinking({ text }: { text: GrowingText }) {
  const [open, setOpen] = useState(() => localStorage.getItem(KEY) === "open");
  return (
    <details
      className="thinking"
      open={open}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
        localStorage.setItem(KEY, currentTarget.open ? "open" : "closed");
      }}
    >
      <summary>Thinking</summary>
      <StreamingText text={text} />
    </details>
  );
}
