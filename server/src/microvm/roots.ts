import type { FileSource } from "../nix/files.ts";

export interface Roots {
  /** Folders with a flake.nix. */
  readonly flakes: readonly string[];
  /** Entry modules outside of flakes. */
  readonly modules: readonly string[];
  /** Other Nix files of a folder without a flake: modules of their own, unless one of them imports another. */
  readonly loose: readonly string[];
}

const skipped = new Set(["node_modules", "result", "target", "dist", ".git", ".direnv", ".devenv"]);
const entries = ["configuration.nix", "default.nix", "hive.nix"];
const deepest = 6;
const mostFolders = 4000;
const mostLoose = 200;

/** The flakes of the workspace, and where there is none, the files that usually are a host's entry. */
export function findRoots(files: FileSource, roots: readonly string[]): Roots {
  const flakes: string[] = [];
  const modules: string[] = [];
  const loose: string[] = [];
  for (const root of roots) {
    const type = files.type(root);
    if (!type.ok) continue;
    if (type.value !== "directory") {
      if (root.endsWith("/flake.nix")) flakes.push(root.slice(0, -"/flake.nix".length));
      else if (root.endsWith(".nix")) modules.push(root);
      continue;
    }
    const found = flakesBelow(files, root);
    flakes.push(...found);
    if (found.length > 0) continue;
    for (const name of entries) if (files.type(`${root}/${name}`).ok) modules.push(`${root}/${name}`);
    loose.push(...looseFiles(files, root).filter((file) => !modules.includes(file)));
  }
  return { flakes: [...new Set(flakes)], modules: [...new Set(modules)], loose: [...new Set(loose)] };
}

function looseFiles(files: FileSource, folder: string): string[] {
  const listed = files.entries(folder);
  if (!listed.ok) return [];
  const found = [...listed.value].filter(([name, type]) => name.endsWith(".nix") && type !== "directory");
  return found.length > mostLoose ? [] : found.map(([name]) => `${folder}/${name}`).sort();
}

function flakesBelow(files: FileSource, root: string): string[] {
  const found: string[] = [];
  let queue = [root];
  let visited = 0;
  for (let depth = 0; depth <= deepest && queue.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of queue) {
      if (++visited > mostFolders) return found;
      const listed = files.entries(folder);
      if (!listed.ok) continue;
      for (const [name, type] of [...listed.value].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (name === "flake.nix" && type !== "directory") found.push(folder);
        else if (type === "directory" && !skipped.has(name) && !name.startsWith(".")) next.push(`${folder}/${name}`);
      }
    }
    queue = next;
  }
  return found;
}
