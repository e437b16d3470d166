import type { Text } from "../base/text.ts";
import type { ImageFacts } from "../disk/facts.ts";
import type { Action } from "./action.ts";

/** Everything that an operation has to know about one image before it is planned, and again before each step. */
export interface Target {
  /** Where the image really lies: after following symlinks. */
  readonly path: string;
  /** True when the name that was asked for is a symlink to it. */
  readonly viaLink: boolean;
  readonly image: ImageFacts;
  /** Processes, loop devices and mounts that hold it now, in words. */
  readonly holders: readonly Text[];
  /** Why somebody may hold it without our seeing it; null: everybody is seen. */
  readonly unseen: Text | null;
  /** Name of a guest that runs with this image, or null. */
  readonly runningGuest: string | null;
  /**
   * The guest that is being started right now, by whom we were called: its unit and its link `booted` say nothing then; who
   * has the image open counts all the same. Null: none.
   */
  readonly starting: string | null;
  /** Free bytes of the filesystem that holds it; null: not known. */
  readonly freeBytes: number | null;
  /** Names in the image's folder. */
  readonly siblings: ReadonlySet<string>;
}

/** One program that is run, without a shell. */
export interface Step {
  readonly argv: readonly [string, ...string[]];
  /** What the step is for. */
  readonly does: Text;
  /** Exit codes that mean success; default: 0. */
  readonly success?: readonly number[];
  /** Where set, this process does itself what `argv` says: it can look at the file and act on it in one go. */
  readonly own?: Action;
  /** Free bytes that have to be there right before. */
  readonly needsBytes?: number;
  /** The file that this step fills, and about how many bytes it will take: tells how far the step has come. */
  readonly fills?: { readonly path: string; readonly bytes: number };
  /** This step writes into the image, so that its size and time differ afterwards. */
  readonly writesImage?: true;
  /** The image is mounted by an earlier step: it is in our own hands. */
  readonly whileMounted?: true;
}

/** What a crash may leave behind; written down before the first step, and read by `complete`. */
export interface Leavings {
  /** A copy in the making, which is worth nothing until it is finished. */
  readonly work: string | null;
  /** Further name that the old image gets before another takes its place. */
  readonly kept: string | null;
  /** New name of the image, or of a finished copy. */
  readonly placed: string | null;
  readonly mountPoint: string | null;
}

/** What an operation would do. Nothing happens before it was shown. */
export interface Plan {
  readonly kind: "plan";
  readonly operation: string;
  readonly title: Text;
  /** What was found in order, in words. */
  readonly checked: readonly Text[];
  /** How much room it takes, and how much there is; missing where it takes none, or where that is not known. */
  readonly room?: Text;
  readonly steps: readonly Step[];
  readonly leaves: Leavings;
  /** Null: no byte is lost. */
  readonly destroys: Text | null;
  readonly undo: Text;
  /** What remains to be done elsewhere, e.g. in the guest. */
  readonly afterwards: Text | null;
  /** Whether the result is what was wanted: null, or what is wrong. */
  verify(after: Target): Text | null;
}

/** The operation cannot be done, or need not (`done`). */
export interface Refusal {
  readonly kind: "refusal" | "done";
  readonly reason: Text;
}

export type Outcome = Plan | Refusal;

/** For operations that leave no further file. */
export const nothingLeft: Leavings = { work: null, kept: null, placed: null, mountPoint: null };

export function refuse(reason: Text): Refusal {
  return { kind: "refusal", reason };
}

export function done(reason: Text): Refusal {
  return { kind: "done", reason };
}
