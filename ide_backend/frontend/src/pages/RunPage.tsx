import { useEffect, useRef, useState } from "react";
import { readRun } from "../api/routes";
import { CodeEditor, type EditorHandle } from "../components/editor/CodeEditor";
import { ConnectionLine } from "../components/run/ConnectionLine";
import { RawEvents } from "../components/run/RawEvents";
import { RunOutput } from "../components/run/RunOutput";
import { RunActions } from "../components/runs/RunActions";
import { RunFacts } from "../components/runs/RunFacts";
import { Problem } from "../components/shell/Problem";
import { Status } from "../components/shell/Status";
import { useEventStream } from "../hooks/useEventStream";
import { useResource } from "../hooks/useResource";
import { useRunAnnouncements } from "../hooks/useRunAnnouncements";

const VIEWS = ["Output", "Source", "Raw events"] as const;

/** One run: what it did, what it used, the source it ran, and its events. */
export function RunPage({ id }: { id: string }) {
  const { data, error, reload } = useResource(`run ${id}`, (signal) => readRun(id, signal));
  const stream = useEventStream(data ? id : null);
  const [shown, setShown] = useState<(typeof VIEWS)[number]>("Output");
  const editor = useRef<EditorHandle>(null);
  const line = useRef<number | null>(null);
  useRunAnnouncements(stream.view);

  const ended = stream.view.finished !== null;
  useEffect(() => {
    if (ended) reload(); // the figures of the whole run are known now
  }, [ended, reload]);

  useEffect(() => {
    if (shown === "Source" && line.current !== null) editor.current?.reveal(line.current);
    line.current = null;
  }, [shown]);

  if (error && !data) {
    return (
      <main className="page">
        <h1>Run {id}</h1>
        <Problem error={error} onRetry={reload} />
      </main>
    );
  }
  if (!data) return <main className="page" aria-busy="true" />;
  const { run, source } = data;
  const status = stream.view.status ?? run.status;
  return (
    <main className="page run-page">
      <p className="crumbs">
        <a href="#/runs">Runs</a> / {run.id}
      </p>
      <div className="row">
        <h1>{run.procedure}</h1>
        <Status status={stream.view.asking ? "waiting" : status} />
      </div>
      <RunActions run={run} status={status} />
      <RunFacts run={run} />
      <fieldset className="segments">
        <legend className="unseen">Show</legend>
        {VIEWS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={shown === name}
            onClick={() => setShown(name)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <ConnectionLine stream={stream} />
      {shown === "Output" && (
        <RunOutput
          view={stream.view}
          onLine={(at) => {
            line.current = at;
            setShown("Source");
          }}
        />
      )}
      {shown === "Raw events" && <RawEvents raw={stream.raw} runId={id} />}
      {shown === "Source" && (
        <CodeEditor
          path={run.procedure}
          text={source}
          failedAt={run.error?.line ?? null}
          handle={editor}
        />
      )}
    </main>
  );
}
