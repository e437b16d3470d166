import type { FileSource } from "../nix/files.ts";
import { inputNode, type Lock, readLock } from "../nix/flakes/lock.ts";
import type { MicrovmInput } from "./model.ts";
import { upstream } from "./schema/provenance.ts";

/** The locked microvm.nix of each flake. A flake without a lock file, or with a fork, gives nothing. */
export function microvmInputs(files: FileSource, folders: readonly string[]): MicrovmInput[] {
  return folders.flatMap((folder) => {
    const lock = readLock(files, folder);
    if (!lock) return [];
    const nixpkgsModified = newestNixpkgs(lock);
    return [...lock.root.inputs.keys()].flatMap((name): MicrovmInput[] => {
      const node = inputNode(lock, lock.root, name);
      if (!node?.locked || node.lastModified === null) return [];
      const { owner, repo } = node.locked;
      if (repo !== "microvm.nix" || owner === null || !upstream.has(owner)) return [];
      return [{ folder, name, lastModified: node.lastModified, nixpkgsModified }];
    });
  });
}

/** When the newest nixpkgs among the flake's own inputs was made, in seconds since 1970; null where none is locked. */
function newestNixpkgs(lock: Lock): number | null {
  let newest: number | null = null;
  for (const name of lock.root.inputs.keys()) {
    const node = inputNode(lock, lock.root, name);
    if (!node || node.lastModified === null) continue;
    if (node.locked?.repo !== "nixpkgs" && !name.startsWith("nixpkgs")) continue;
    newest = Math.max(newest ?? 0, node.lastModified);
  }
  return newest;
}
