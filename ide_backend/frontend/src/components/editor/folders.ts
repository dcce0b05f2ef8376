/** A folder with what is in it, folders first, by name. */
export interface Folder {
  name: string;
  path: string;
  folders: Folder[];
  files: { name: string; path: string }[];
}

/** The tree that `paths` (with `/`) make. */
export function folderOf(paths: readonly string[]): Folder {
  const root: Folder = { name: "", path: "", folders: [], files: [] };
  for (const path of [...paths].sort()) {
    const parts = path.split("/");
    const name = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) {
      let child = folder.folders.find((one) => one.name === part);
      if (!child) {
        child = { name: part, path: `${folder.path}${part}/`, folders: [], files: [] };
        folder.folders.push(child);
      }
      folder = child;
    }
    folder.files.push({ name, path });
  }
  return root;
}
