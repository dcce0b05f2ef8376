import { useEffect, useState } from "react";
import { useAnnouncement } from "./announce";
import type { RequestError } from "./api/request";
import { listFiles } from "./api/routes";
import { useDirtyPaths } from "./buffers";
import { listenForKeys, useCommands } from "./commands";
import { Header, PLACES } from "./components/shell/Header";
import { Palette } from "./components/shell/Palette";
import { Problem } from "./components/shell/Problem";
import { ShortcutSheet } from "./components/shell/ShortcutSheet";
import type { Resource } from "./hooks/useResource";
import { useResource } from "./hooks/useResource";
import { go, type Route, useRoute } from "./hooks/useRoute";
import { THEMES, useTheme } from "./hooks/useTheme";
import { AnalyticsPage } from "./pages/AnalyticsPage";
import { ComparePage } from "./pages/ComparePage";
import { EditorPage } from "./pages/EditorPage";
import { RunPage } from "./pages/RunPage";
import { RunsPage } from "./pages/RunsPage";
import { StreamsPage } from "./pages/StreamsPage";
import type { FileList } from "./types/api";

export function App({ refused }: { refused: RequestError | null }) {
  const route = useRoute();
  const [theme, setTheme] = useTheme();
  const [open, setOpen] = useState<"palette" | "sheet" | null>(null);
  const files = useResource("files", listFiles, 15_000);
  const said = useAnnouncement();
  const unsaved = useDirtyPaths().length > 0;

  useEffect(() => listenForKeys(), []);

  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);

  useEffect(() => {
    document.title = [route.path.slice(1).join("/") || route.path[0], "Tactus"]
      .filter(Boolean)
      .join(" · ");
  }, [route]);

  useCommands([
    ...PLACES.map(({ name, to, keys }) => ({
      id: `go-${name}`,
      title: name,
      keys: [keys],
      group: "Go to" as const,
      run: () => go(to),
    })),
    {
      id: "palette",
      title: "Find a command or a file",
      keys: ["Mod+k"],
      group: "Go to",
      run: () => setOpen("palette"),
    },
    { id: "sheet", title: "Keyboard", keys: ["?"], group: "View", run: () => setOpen("sheet") },
    ...THEMES.map((name) => ({
      id: `theme-${name}`,
      title: `Theme: ${name}`,
      group: "View" as const,
      run: () => setTheme(name),
    })),
  ]);

  const error = refused ?? files.error;
  return (
    <>
      <Header
        route={route}
        theme={theme}
        onTheme={setTheme}
        onPalette={() => setOpen("palette")}
        onSheet={() => setOpen("sheet")}
      />
      {error && <Problem error={error} onRetry={files.reload} />}
      <Page route={route} files={files} />
      <div className="unseen" role="status" aria-live="polite">
        {said}
      </div>
      {open === "palette" && (
        <Palette files={files.data?.files ?? []} onClose={() => setOpen(null)} />
      )}
      {open === "sheet" && <ShortcutSheet onClose={() => setOpen(null)} />}
    </>
  );
}

function Page({ route, files }: { route: Route; files: Resource<FileList> }) {
  const [place = "edit", id] = route.path;
  if (place === "edit") return <EditorPage route={route} files={files} />;
  if (place === "runs" && id) return <RunPage key={id} id={id} />;
  if (place === "runs") return <RunsPage route={route} />;
  if (place === "compare") return <ComparePage route={route} />;
  if (place === "streams") return <StreamsPage route={route} />;
  if (place === "analytics") return <AnalyticsPage route={route} />;
  return (
    <main className="page">
      <h1>There is no such page</h1>
      <p>
        <a href="#/edit">Go to the editor</a>
      </p>
    </main>
  );
}
