import { useMemo, useState } from "react";
import { editAddress } from "../../hooks/useRoute";
import type { FileEntry } from "../../types/api";
import { type Folder, folderOf } from "./folders";

interface Props {
  root: string;
  files: readonly FileEntry[];
  current: string | null;
  dirty: readonly string[];
  onNew: () => void;
}

/** The files of the workspace, by folder. */
export function FileTree({ root, files, current, dirty, onNew }: Props) {
  const [find, setFind] = useState("");
  const tree = useMemo(
    () => folderOf(files.map(({ path }) => path).filter((path) => path.includes(find))),
    [files, find],
  );
  return (
    <nav className="files" aria-label="Files">
      <div className="row">
        <strong title={root}>{root}</strong>
        <span className="spread" />
        <button type="button" onClick={onNew}>
          New
        </button>
      </div>
      <input
        type="search"
        aria-label="Find a file"
        placeholder="Find a file"
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <Entries folder={tree} current={current} dirty={dirty} />
      {files.length === 0 && <p className="empty">No procedure yet. Begin with New.</p>}
    </nav>
  );
}

type EntriesProps = Pick<Props, "current" | "dirty"> & { folder: Folder };

function Entries({ folder, current, dirty }: EntriesProps) {
  return (
    <ul>
      {folder.folders.map((child) => (
        <li key={child.path}>
          <details open>
            <summary>{child.name}</summary>
            <Entries folder={child} current={current} dirty={dirty} />
          </details>
        </li>
      ))}
      {folder.files.map(({ name, path }) => (
        <li key={path}>
          <a href={editAddress(path)} aria-current={path === current ? "page" : undefined}>
            {name}
            {dirty.includes(path) && (
              <span className="dirty" title="Not saved">
                <span aria-hidden="true">●</span>
                <span className="unseen"> not saved</span>
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}
