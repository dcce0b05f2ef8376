import { useEffect, useMemo, useRef, useState } from "react";
import { useCommands } from "../../commands";
import { commandLine } from "../../format";
import type { EventStream } from "../../hooks/useEventStream";
import { useRunAnnouncements } from "../../hooks/useRunAnnouncements";
import { useRunner } from "../../hooks/useRunner";
import type { Fields } from "../../types/api";
import { InputForm } from "../inputs/InputForm";
import { ModelField } from "../inputs/ModelField";
import { type Entries, entriesOf, readEntries } from "../inputs/values";
import { CopyButton } from "../shell/CopyButton";
import { Problem } from "../shell/Problem";
import { ConnectionLine } from "./ConnectionLine";
import { RawEvents } from "./RawEvents";
import { RunBar } from "./RunBar";
import { RunOutput } from "./RunOutput";

const MODEL_KEY = "tactus.model";

interface Props {
  path: string;
  /** The text to run when it is not what is on disk. */
  unsaved: string | undefined;
  fields: Fields;
  runId: string | null;
  stream: EventStream;
  onRun: (id: string) => void;
  onLine: (line: number) => void;
}

/** Give inputs, run, watch, stop. */
export function RunPanel({ path, unsaved, fields, runId, stream, onRun, onLine }: Props) {
  const [entries, setEntries] = useState<Entries>({});
  const [tried, setTried] = useState(false);
  const [raw, setRaw] = useState(false);
  const [model, setModel] = useState(() => localStorage.getItem(MODEL_KEY) ?? "");
  const runner = useRunner();
  const panel = useRef<HTMLElement>(null);
  const { view } = stream;
  useRunAnnouncements(view);

  useEffect(() => localStorage.setItem(MODEL_KEY, model), [model]);

  const given = view.started?.params;
  useEffect(() => {
    // The inputs of the run that is shown, until something is typed: it can be run again, changed.
    if (given) setEntries((typed) => (Object.keys(typed).length ? typed : entriesOf(given)));
  }, [given]);

  const reading = useMemo(() => readEntries(fields, entries), [fields, entries]);
  const live = runId !== null && (view.status === null || view.status === "running");

  const run = async () => {
    setTried(true);
    if (live || runner.starting || !reading.ok) return;
    const asked = { path, params: reading.params };
    const id = await runner.start({
      ...asked,
      ...(unsaved === undefined ? {} : { text: unsaved }),
      ...(model ? { model } : {}),
    });
    if (!id) return;
    onRun(id);
    panel.current?.scrollIntoView({ block: "start" }); // on a narrow page it stands under the text
  };
  const stop = () => {
    if (live && runId) void runner.stop(runId);
  };

  useCommands([
    { id: "run", title: "Run the procedure", keys: ["Mod+Enter"], group: "Run", run },
    { id: "stop", title: "Stop the run", keys: ["Mod+.", "Escape"], group: "Run", run: stop },
    { id: "raw", title: "Show raw events", group: "Run", run: () => setRaw((shown) => !shown) },
  ]);

  return (
    <section className="run-panel" aria-label="Run" ref={panel}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <InputForm
          fields={fields}
          entries={entries}
          problems={tried && !reading.ok ? reading.problems : {}}
          onChange={setEntries}
        />
        <div className="row">
          <ModelField model={model} onChange={setModel} />
          <CopyButton
            what="command line"
            text={() => commandLine(path, reading.ok ? reading.params : {}, model)}
          >
            Copy command
          </CopyButton>
        </div>
      </form>
      <RunBar
        runId={runId}
        status={view.status}
        waiting={view.asking !== null}
        starting={runner.starting}
        stopping={runner.stopping}
        raw={raw}
        canRun={path.endsWith(".lua")}
        onRun={run}
        onStop={stop}
        onRaw={() => setRaw((shown) => !shown)}
      />
      {runner.error && <Problem error={runner.error} />}
      <ConnectionLine stream={stream} />
      {runId === null ? (
        <p className="empty">
          Nothing has run yet. Without a key, set the model to <code>demo</code> and press Run.
        </p>
      ) : raw ? (
        <RawEvents raw={stream.raw} runId={runId} />
      ) : (
        <RunOutput view={view} onLine={onLine} />
      )}
    </section>
  );
}
