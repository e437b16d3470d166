import type { SyntaxTree } from "./syntax/tree.ts";

export type EntryType = "regular" | "directory" | "symlink" | "unknown";

/** Why a file cannot be had. `outside`: not below a root that evaluation may read; `encrypted`: by git-crypt. */
export type FileProblem =
  | "absent"
  | "outside"
  | "permission"
  | "not-a-file"
  | "too-large"
  | "not-text"
  | "encrypted"
  | "unreadable";

export type FileResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: FileProblem };

/**
 * What evaluation may read: open documents laid over the disk, bounded to the workspace and to locked inputs in the local
 * Nix store. Synchronous: reads are small and local. Paths are absolute and normalised. Every method records what was
 * asked with the `Dependencies` collector in force (see engine), so that an edit re-evaluates only what read the file.
 */
export interface FileSource {
  /** The parsed file; parsed once per content. */
  tree(path: string): FileResult<SyntaxTree>;
  /** The text (UTF-8), at most 16 MiB. */
  text(path: string): FileResult<string>;
  entries(path: string): FileResult<ReadonlyMap<string, EntryType>>;
  /** What lies there, following symlinks; `absent` and `outside` are failures. */
  type(path: string): FileResult<EntryType>;
  /** Changes whenever the content of anything that was read may have changed. */
  readonly generation: number;
}
