import { useId, useMemo, useState } from "react";
import { spellKeys, useAllCommands } from "../../commands";
import { editAddress, go } from "../../hooks/useRoute";
import type { FileEntry } from "../../types/api";
import { Dialog } from "./Dialog";

interface Choice {
  id: string;
  title: string;
  hint: string;
  run: () => void;
}

/** Everything that can be done or opened, found by typing a part of its name. */
export function Palette({ files, onClose }: { files: FileEntry[]; onClose: () => void }) {
  const commands = useAllCommands();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();

  const choices = useMemo(() => {
    const all: Choice[] = [
      ...commands
        .filter((command) => !command.keyOnly && command.id !== "palette")
        .map(({ id, title, keys, run }) => ({ id, title, run, hint: spellKeys(keys?.[0] ?? "") })),
      ...files.map(({ path }) => ({
        id: `file:${path}`,
        title: path,
        hint: "file",
        run: () => go(editAddress(path)),
      })),
    ];
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return all
      .filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
      .slice(0, 50);
  }, [commands, files, text]);

  const chosen = choices[Math.min(at, choices.length - 1)];
  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    setTimeout(choice.run); // after the dialog has given the focus back
  };

  return (
    <Dialog title="Commands and files" onClose={onClose}>
      <input
        data-first
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={chosen ? `${list}-${chosen.id}` : undefined}
        aria-label="Find a command or a file"
        placeholder="Find a command or a file"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) {
            event.preventDefault();
            setAt((before) => (before + step + choices.length) % Math.max(choices.length, 1));
          } else if (event.key === "Enter") {
            event.preventDefault();
            take(chosen);
          }
        }}
      />
      <div className="palette" id={list} role="listbox" aria-label="Found">
        {choices.map((choice) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            key={choice.id}
            id={`${list}-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={choice === chosen}
            ref={(element) => {
              if (element && choice === chosen) element.scrollIntoView?.({ block: "nearest" });
            }}
            onClick={() => take(choice)}
          >
            <span>{choice.title}</span>
            <kbd>{choice.hint}</kbd>
          </div>
        ))}
        {choices.length === 0 && <p className="empty">Nothing is called that.</p>}
      </div>
    </Dialog>
  );
}
