import type { FileKind, ImageFacts, Observed } from "./facts.ts";
import type { FileStat, ImageContent } from "./images/image.ts";
import type { Holders } from "./in-use.ts";
import type { Turns } from "./local/turns.ts";

/** An answer that is there at once (a local disk) or later (anything that may hang). */
export type Soon<T> = T | Promise<T>;

export interface DirectoryEntry {
  readonly name: string;
  /** Of the entry itself; links are not followed. */
  readonly kind: FileKind;
}

/**
 * The files of one machine, as far as a scan needs them. `absent` means that the path does not exist. Implemented by
 * the local file system (local-machine.ts) and by the transcript of an ssh session (remote-machine.ts), so that one
 * and the same scan reads both.
 */
export interface Machine {
  lstat(path: string): Soon<Observed<FileStat>>;
  /** Follows links. */
  stat(path: string): Soon<Observed<FileStat>>;
  /** The path with every link followed; a last component that does not exist is allowed. */
  realpath(path: string): Soon<Observed<string>>;
  readlink(path: string): Soon<Observed<string>>;
  /** At most {@link maxEntries} entries, in no order. A stat of the directory that is known already saves another. */
  list(path: string, stat?: FileStat): Soon<Observed<readonly DirectoryEntry[]>>;
  /** The first `maxBytes` of a file as text. */
  readText(path: string, maxBytes: number): Soon<Observed<string>>;
  /** Content of the file with this stat (see {@link FileStat}). */
  content(path: string, stat: FileStat): Soon<ImageContent>;
  /** Space on the filesystem that holds the path; free as an ordinary user would find it. */
  space(path: string): Soon<Observed<Space>>;
  /**
   * The facts that were kept of a file, when a new stat shows it unchanged and the same holder has it; absent when it
   * does not exist; null when it must be looked at. Machines that keep nothing leave both functions out.
   */
  recall?(path: string, holders: Holders): Observed<ImageFacts> | null;
  /**
   * Stat and content of a path that a listing of its directory calls a regular file, with one walk along the path
   * instead of two; null when they must be asked for one after the other, and when the machine always does so.
   */
  readRegular?(path: string): ReadFile | null;
  /** Keeps the facts of the file with this stat. */
  keep?(path: string, stat: FileStat, facts: Observed<ImageFacts>): void;
  /** Gives other work a turn when this one has held the event loop for long enough (see {@link Turns.breathe}). */
  breathe(weight?: number): Promise<void> | null;
}

/** What {@link Machine.readRegular} gives. */
export interface ReadFile {
  readonly stat: FileStat;
  readonly content: Soon<ImageContent>;
}

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A directory with more entries is read up to here. */
export const maxEntries = 20_000;
