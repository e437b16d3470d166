import type { Text } from "../../base/text.ts";
import type { DeclaredGuest, DeclaredVolume } from "../../declared/file.ts";
import type { Terminal } from "../frame/command.ts";

/** What became, or would become, of one volume. */
export interface DoneVolume {
  readonly guest: string;
  readonly image: string;
  readonly path: string;
  readonly state: "unchanged" | "planned" | "done" | "failed";
  /** What is said of it; null: nothing. */
  readonly sentence: Text | null;
  /** Of the image, afterwards; null: there is none, or it is not known. */
  readonly bytes: number | null;
  /** Where the old content lies; null: there is none. */
  readonly kept: string | null;
  /** The guest must not start. */
  readonly refuse: boolean;
}

/** One volume of `--declared`, and how it is dealt with. */
export interface Job {
  readonly guest: DeclaredGuest;
  readonly volume: DeclaredVolume;
  readonly path: string;
  /** Other guests that declare the same file, and do not want it to be new. */
  readonly others: readonly string[];
  /** Called by the guest's own unit, which is starting. */
  readonly starting: boolean;
  readonly yes: boolean;
  /** Volumes without a policy, too. */
  readonly all: boolean;
  readonly terminal: Terminal;
}

/** That nothing became of it, but for what is said. */
export function doneOf({ guest, volume, path }: Job, more: Partial<DoneVolume>): DoneVolume {
  return {
    guest: guest.name,
    image: volume.image,
    path,
    state: "unchanged",
    sentence: null,
    bytes: null,
    kept: null,
    refuse: false,
    ...more,
  };
}
