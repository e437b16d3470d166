import type { Text } from "../base/text.ts";
import type { ImageFacts } from "../disk/facts.ts";

/** Everything that an operation has to know about one image before it is planned, and again before each step. */
export interface Target {
  /** Where the image really lies: after following symlinks. */
  readonly path: string;
  readonly image: ImageFacts;
  /** Name of a guest that runs in the image's folder, or null. */
  readonly runningGuest: string | null;
  /** Free bytes of the filesystem that holds it; null: not known. */
  readonly freeBytes: number | null;
  /** Names in the image's folder. */
  readonly siblings: ReadonlySet<string>;
}

/** One program that is run, without a shell. */
export interface Step {
  readonly argv: readonly [string, ...string[]];
  /** Exit codes that mean success; default: 0. */
  readonly success?: readonly number[];
}

/** What an operation would do. Nothing happens before it was shown. */
export interface Plan {
  readonly kind: "plan";
  readonly title: Text;
  /** What was found in order, in words. */
  readonly checked: readonly Text[];
  readonly steps: readonly Step[];
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

export function refuse(reason: Text): Refusal {
  return { kind: "refusal", reason };
}

export function done(reason: Text): Refusal {
  return { kind: "done", reason };
}
