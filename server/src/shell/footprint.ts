import type { Text } from "../base/text.ts";
import type { FileState } from "./state/files.ts";

/** Paths that nothing is noted for and that something may be done to. */
export interface Touched {
  /** Equal where they fit the same. */
  readonly key: string;
  readonly fits: (path: string) => boolean;
  readonly why: Text;
  /** A directory that holds all of them; null where there is none that is known. */
  readonly under: string | null;
}

/**
 * What a script asked of files and did to them, taken down while it was played. Played on files of which nothing is known,
 * it goes every way, so that on any others it asks and does nothing else.
 */
export class Footprint {
  /** Names that nothing was noted for. */
  readonly asked = new Set<string>();
  /** Names that somebody wanted to know of. */
  readonly reads = new Set<string>();
  /** Names that are something else afterwards. */
  readonly writes = new Set<string>();
  /** Directories of which everything below may have been read or changed. */
  readonly under = new Set<string>();
  /** What may be touched without being named. */
  readonly patterns = new Map<string, Touched>();
  /** Links that were made, and where they lead, as it is written in them. */
  readonly links = new Map<string, Set<string>>();
  /** Names that may lead anywhere afterwards. */
  readonly astray = new Set<string>();
  #everything: Text | null = null;

  /** Set where it may have done anything to everything. */
  get everything(): Text | null {
    return this.#everything;
  }

  lost(why: Text): void {
    this.#everything ??= why;
  }

  /** `unseen`: why nothing is known of what nobody looked at. */
  wrote(path: string, state: FileState, unseen: Text | null): void {
    this.writes.add(path);
    if (state.exists === "no") return;
    if (state.kind === "link" && state.target !== null) {
      const targets = this.links.get(path) ?? new Set();
      this.links.set(path, targets.add(state.target));
    } else if (state.kind === "link" || (state.kind === null && state.why !== unseen)) this.astray.add(path);
  }
}
