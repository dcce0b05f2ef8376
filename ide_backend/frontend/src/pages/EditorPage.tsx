import { useEffect, useMemo, useRef, useState } from "react";
import { readLanguage } from "../api/routes";
import { isDirty, useBuffer, useDirtyPaths } from "../buffers";
import { useCommands } from "../commands";
import type { EditorHandle } from "../components/editor/CodeEditor";
import { EditorPane } from "../components/editor/EditorPane";
import { FileTree } from "../components/editor/FileTree";
import { NewFileDialog } from "../components/editor/NewFileDialog";
import { RunPanel } from "../components/run/RunPanel";
import { Problem } from "../components/shell/Problem";
import { useCheck } from "../hooks/useCheck";
import { useEventStream } from "../hooks/useEventStream";
import { type Resource, useResource } from "../hooks/useResource";
import { editAddress, go, type Route, refine } from "../hooks/useRoute";
import type { FileList, Word } from "../types/api";

const NO_WORDS: readonly Word[] = [];
const NO_FIELDS = {};

interface Props {
  route: Route;
  files: Resource<FileList>;
}

/** Files on the left, the editor in the middle, the run on the right. */
export function EditorPage({ route, files }: Props) {
  const path = route.path.slice(1).join("/") || null;
  const runId = route.query.get("run");
  const language = useResource("language", readLanguage);
  const { buffer, error, reload } = useBuffer(path);
  const dirty = useDirtyPaths();
  const checked = useCheck(path ?? "", buffer?.text ?? null);
  const stream = useEventStream(runId);
  const editor = useRef<EditorHandle>(null);
  const [creating, setCreating] = useState(false);

  const first = files.data?.files.find((file) => file.path.endsWith(".lua"))?.path;
  useEffect(() => {
    if (path === null && first) go(editAddress(first), { replace: true });
  }, [path, first]);

  const failedAt = useMemo(() => {
    const failure = stream.view.items.findLast(
      (item) => item.kind === "event" && item.event.event_type === "error",
    );
    if (failure?.kind !== "event" || failure.event.event_type !== "error") return null;
    return failure.event.line ?? null;
  }, [stream.view.items]);

  useCommands([
    { id: "new", title: "New procedure", group: "Edit", run: () => setCreating(true) },
    {
      id: "focus-editor",
      title: "Go to the text",
      keys: ["g t"],
      group: "Go to",
      run: () => editor.current?.focus(),
    },
  ]);

  return (
    <main className="editor-page">
      <FileTree
        root={files.data?.root ?? "…"}
        files={files.data?.files ?? []}
        current={path}
        dirty={dirty}
        onNew={() => setCreating(true)}
      />
      {buffer ? (
        <EditorPane
          key={buffer.path}
          buffer={buffer}
          words={language.data?.words ?? NO_WORDS}
          checked={checked}
          failedAt={failedAt}
          handle={editor}
          onSaved={files.reload}
        />
      ) : (
        <section className="editor-pane" aria-label="Editor">
          <h1 className="unseen">Editor</h1>
          {error ? <Problem error={error} onRetry={reload} /> : null}
          {files.data?.files.length === 0 && (
            <p className="empty">
              This folder holds no procedure.{" "}
              <button type="button" onClick={() => setCreating(true)}>
                New from a template
              </button>
            </p>
          )}
        </section>
      )}
      {path && (
        <RunPanel
          key={`run ${path}`}
          path={path}
          unsaved={buffer && isDirty(buffer) ? buffer.text : undefined}
          fields={checked?.definition?.input ?? NO_FIELDS}
          runId={runId}
          stream={stream}
          onRun={(id) => refine({ run: id })}
          onLine={(line) => editor.current?.reveal(line)}
        />
      )}
      {creating && <NewFileDialog onCreated={files.reload} onClose={() => setCreating(false)} />}
    </main>
  );
}
