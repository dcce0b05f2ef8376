import { type Ref, useState } from "react";
import { announce } from "../../announce";
import { RequestError } from "../../api/request";
import { type Buffer, edit, isDirty, save, takeDisk } from "../../buffers";
import { spellKeys, useCommands } from "../../commands";
import type { CheckAnswer, Word } from "../../types/api";
import { Problem } from "../shell/Problem";
import { CodeEditor, type EditorHandle } from "./CodeEditor";
import { ConflictDialog } from "./ConflictDialog";

interface Props {
  buffer: Buffer;
  words: readonly Word[];
  checked: CheckAnswer | null;
  failedAt: number | null;
  handle: Ref<EditorHandle>;
  onSaved: () => void;
}

/** A file in the editor, with its state and what the check says of it. */
export function EditorPane({ buffer, words, checked, failedAt, handle, onSaved }: Props) {
  const { path, conflict } = buffer;
  const [wrap, setWrap] = useState(false);
  const [deciding, setDeciding] = useState(false);
  const [error, setError] = useState<RequestError | null>(null);
  const dirty = isDirty(buffer);

  const write = async (over?: string) => {
    setError(null);
    try {
      const saved = await save(path, over);
      setDeciding(!saved);
      if (saved) announce(`${path} saved`);
      if (saved) onSaved();
    } catch (failure) {
      if (!(failure instanceof RequestError)) throw failure;
      setError(failure);
    }
  };

  useCommands([
    { id: "save", title: "Save the file", keys: ["Mod+s"], group: "Edit", run: () => void write() },
    {
      id: "wrap",
      title: "Wrap long lines",
      keys: ["Alt+z"],
      group: "View",
      run: () => setWrap((before) => !before),
    },
  ]);

  return (
    <section className="editor-pane" aria-label="Editor">
      <div className="row pane-bar">
        <h1 title={path}>{path}</h1>
        <span className="faint">{dirty ? "● not saved" : "saved"}</span>
        <span className="spread" />
        <CheckLine checked={checked} />
        <button type="button" disabled={!dirty} onClick={() => void write()}>
          Save <kbd>{spellKeys("Mod+s")}</kbd>
        </button>
      </div>
      {conflict && (
        <div className="box warn" role="alert">
          <p>This file was changed on disk while you changed it here.</p>
          <button type="button" onClick={() => setDeciding(true)}>
            Compare
          </button>
        </div>
      )}
      {error && <Problem error={error} onRetry={() => void write()} />}
      <CodeEditor
        path={path}
        text={buffer.text}
        edition={buffer.edition}
        words={words}
        diagnostics={checked?.diagnostics ?? []}
        failedAt={failedAt}
        wrap={wrap}
        onChange={(text) => edit(path, text)}
        handle={handle}
      />
      {conflict && deciding && (
        <ConflictDialog
          buffer={buffer}
          disk={conflict}
          onKeepMine={() => void write(conflict.version)}
          onTakeDisk={() => {
            takeDisk(path, conflict);
            setDeciding(false);
          }}
          onClose={() => setDeciding(false)}
        />
      )}
    </section>
  );
}

function CheckLine({ checked }: { checked: CheckAnswer | null }) {
  if (!checked) return null;
  const problems = checked.diagnostics.length;
  if (problems === 0) return <span className="good">✓ no problem</span>;
  return <span className="bad">{problems === 1 ? "✕ 1 problem" : `✕ ${problems} problems`}</span>;
}
