import { useEffect, useState } from "react";
import { copy } from "../../clipboard";

interface Props {
  text: () => string;
  what: string;
  children?: string;
}

export function CopyButton({ text, what, children = "Copy" }: Props) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className="quiet"
      aria-label={`${children}: ${what}`}
      title={`Copy ${what}`}
      onClick={() => void copy(text(), what).then(() => setDone(true))}
    >
      {done ? "Copied" : children}
    </button>
  );
}
