import type { Text } from "../base/text.ts";
import type { Place } from "./script.ts";

/** One thing that a script does to a file, in the order in which it does them. */
export interface Act {
  readonly what: ActKind;
  readonly path: ActPath;
  /** "move" and "link": the new name; "copy" is a "make" or "write" with `from`. */
  readonly to?: ActPath;
  readonly from?: ActPath;
  /** Size afterwards in bytes, where it is known. */
  readonly bytes?: number;
  /** "format": the type of the filesystem (`swap` for mkswap) and its label ("": none; left out: not known). */
  readonly type?: string;
  readonly label?: string;
  /**
   * "always": in every way through the script that is possible. "if": under `conditions`, which are not decided by what is
   * known of the files. "maybe": whether it happens at all, or to this file, is not known.
   */
  readonly certainty: "always" | "if" | "maybe";
  readonly conditions: readonly Condition[];
  readonly place: Place;
  /** The name of the command that does it. */
  readonly command: string;
  /** "anything": why it may do that. */
  readonly why: Text | null;
}

export type ActKind =
  | "make"
  | "remove"
  | "move"
  | "lengthen"
  | "shorten"
  | "format"
  /** Other content, where none of the above says more. */
  | "write"
  | "make-directory"
  | "change-owner"
  | "change-mode"
  | "link"
  /** May do anything to it, or to everything (`path` is then a pattern that fits everything). */
  | "anything";

export type ActPath =
  | { readonly is: "known"; readonly path: string }
  /** Partly unknown: `known` are its known pieces, any text may stand between two of them. */
  | { readonly is: "partly"; readonly known: readonly string[]; readonly why: Text };

/** Something that what is known of the files does not decide, and how it went. */
export interface Condition {
  readonly place: Place;
  readonly holds: boolean;
}

/** How a script ends, over all possible ways through it. */
export interface Exit {
  readonly is: "success" | "failure" | "either";
  /** The status where it is the same in every way; null otherwise. */
  readonly status: number | null;
  /** Where it fails (the first such place) and why; null where it succeeds. */
  readonly place: Place | null;
  readonly why: Text | null;
}
