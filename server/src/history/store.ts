import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { NotWritten, writeWhole } from "../files/write-file.ts";
import {
  type HistoryKind,
  historyText,
  kinds,
  longestHistory,
  readHistory,
  type Sample,
  withSamples,
} from "./samples.ts";

/*
 * A history is a folder with a file for each kind, hours.jsonl and days.jsonl, in the format of readHistory. docs/numbers.md
 * describes it.
 */

/** A file of a history could not be read or written; `error` is what the system says, or {@link NotWritten}. */
export class HistoryProblem extends Error {
  readonly file: string;
  readonly doing: "read" | "write";
  readonly error: unknown;
  constructor(file: string, doing: HistoryProblem["doing"], error: unknown) {
    super(`${file}: ${error instanceof Error ? error.message : error}`);
    this.file = file;
    this.doing = doing;
    this.error = error;
  }
}

/** Where the editor keeps the history of the hosts that it looks at, by the XDG base directories. */
export function usualFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const state = env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local/state");
  return join(state, "microvm-lens/history");
}

/** The folder of one host below that of all; null: its name cannot be one. */
export function folderOfHost(folder: string, host: string): string | null {
  try {
    const name = encodeURIComponent(host).replace(/^\.+$/, (dots) => "%2E".repeat(dots.length));
    return name === "" || name.length > 255 ? null : join(folder, name);
  } catch {
    return null;
  }
}

/** The hosts that a folder has histories of, with their folders. Throws {@link HistoryProblem}. */
export function hostsIn(folder: string): readonly { readonly host: string; readonly folder: string }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ host: decoded(name), folder: join(folder, name) }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new HistoryProblem(folder, "read", error);
  }
}

/** All samples of a history; of one that is not there none. Throws {@link HistoryProblem}. */
export function readFolder(folder: string): readonly Sample[] {
  return all.flatMap((kind) => readHistory(textOf(read(fileOf(folder, kind)))));
}

/** Who may read a history: others on a server that is watched, nobody else where it is a user's own. */
export type Readers = "everybody" | "owner";

/**
 * Adds to a history what is due, makes its folder where there is none, and returns all of it. Of two who write at once
 * neither damages what the other wrote; what one of them adds is tried again on what the other left. Throws
 * {@link HistoryProblem}.
 */
export function record(
  folder: string,
  samples: readonly Sample[],
  nowSeconds: number,
  readers: Readers,
): readonly Sample[] {
  return all.flatMap((kind) => recordKind(folder, kind, samples, nowSeconds, readers));
}

const all = Object.keys(kinds) as HistoryKind[];
/** So often somebody else may write in between; after that it is left to the next look. */
const attempts = 20;

function recordKind(
  folder: string,
  kind: HistoryKind,
  samples: readonly Sample[],
  nowSeconds: number,
  readers: Readers,
): readonly Sample[] {
  const file = fileOf(folder, kind);
  for (let attempt = 1; ; attempt++) {
    const found = read(file);
    const before = readHistory(textOf(found));
    const after = withSamples(before, samples, nowSeconds, kind);
    if (after === null) return before;
    try {
      mkdirSync(folder, { recursive: true, mode: readers === "owner" ? 0o700 : 0o755 });
      const mode = readers === "owner" ? 0o600 : 0o644;
      writeWhole(file, Buffer.from(historyText(after)), { mode, ...(found ? { expected: found } : {}) });
      return after;
    } catch (error) {
      if (!(error instanceof NotWritten && error.why === "changed")) throw new HistoryProblem(file, "write", error);
      if (attempt === attempts) return after;
    }
  }
}

function fileOf(folder: string, kind: HistoryKind): string {
  return join(folder, `${kind}.jsonl`);
}

/** Null: no such file. */
function read(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new HistoryProblem(file, "read", error);
  }
}

function textOf(bytes: Buffer | null): string {
  return bytes === null || bytes.length > longestHistory ? "" : bytes.toString("utf8");
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
