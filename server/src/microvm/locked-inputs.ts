import type { FileSource } from "../nix/files.ts";
import { inputNode, readLock } from "../nix/flakes/lock.ts";
import type { MicrovmInput } from "./model.ts";

/** Upstream's names: the repository moved in 2025. */
const owners: ReadonlySet<string> = new Set(["astro", "microvm-nix"]);

/** The locked microvm.nix of each flake. A flake without a lock file, or with a fork, gives nothing. */
export function microvmInputs(files: FileSource, folders: readonly string[]): MicrovmInput[] {
  return folders.flatMap((folder) => {
    const lock = readLock(files, folder);
    if (!lock) return [];
    return [...lock.root.inputs.keys()].flatMap((name): MicrovmInput[] => {
      const node = inputNode(lock, lock.root, name);
      if (!node?.locked || node.lastModified === null) return [];
      const { owner, repo } = node.locked;
      if (repo !== "microvm.nix" || owner === null || !owners.has(owner)) return [];
      return [{ folder, name, lastModified: node.lastModified }];
    });
  });
}
