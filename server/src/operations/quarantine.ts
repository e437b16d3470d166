import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messages, type Text } from "../base/text.ts";
import { createWhole } from "../files/write-file.ts";
import { act, syncPath } from "./action.ts";
import { unseenOwner } from "./common.ts";
import { findHolders } from "./look/holders.ts";
import { type FileIdentity, sameFile } from "./look/same-file.ts";
import type { Quarantined } from "./plans/prune.ts";
import { removeFile } from "./plans/remove.ts";
import { failedAct } from "./program.ts";

const text = messages("operation.quarantine", {
  changed: { en: "it is another file by now", "zh-cn": "它现在已是另一个文件" },
  taken: { en: "{by}: it has its place again", "zh-cn": "{by}：它已回到原位" },
  exists: { en: "there is a file at {path}: move it away first", "zh-cn": "{path} 处已有文件：请先移走它" },
  noFolder: { en: "the folder {path} is gone: make it first", "zh-cn": "文件夹 {path} 已不存在：请先创建" },
  notOurs: { en: "{path} is not a folder of root's", "zh-cn": "{path} 不是 root 的文件夹" },
  otherFilesystem: {
    en: "it lies on another file system than the quarantine, and nothing is copied",
    "zh-cn": "它与隔离区不在同一文件系统上，且不会复制",
  },
  lost: { en: "the file is no longer in quarantine", "zh-cn": "该文件已不在隔离区" },
});

/** Below the state directory, so that a move is one act of the file system; no guest's name begins with a dot. */
export function quarantineFolder(stateDir: string): string {
  return join(stateDir, ".microvm-lens-quarantine");
}

const recordName = "entry.json";
const contentName = "content";

/** What is in quarantine, the oldest first. What a broken-off move left is put in order: the file stays where it was. */
export function readQuarantine(stateDir: string): readonly Quarantined[] {
  const folder = quarantineFolder(stateDir);
  const found: Quarantined[] = [];
  for (const id of namesIn(folder)) {
    const record = readRecord(join(folder, id));
    if (record === null) continue;
    const content = lstatSync(join(folder, id, contentName), { throwIfNoEntry: false });
    const before = lstatSync(record.from, { throwIfNoEntry: false });
    // Both names lead to it: the move was not finished.
    if (content === undefined || (before !== undefined && sameFile(before, content))) continue;
    found.push({ id, ...record });
  }
  return found.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
}

/** Takes away what broken-off moves left: a record without a file, a second name of a file that is where it was. */
export function tidyQuarantine(stateDir: string): void {
  const folder = quarantineFolder(stateDir);
  for (const id of namesIn(folder)) {
    const record = readRecord(join(folder, id));
    const place = join(folder, id, contentName);
    const content = lstatSync(place, { throwIfNoEntry: false });
    if (content !== undefined) {
      const before = record === null ? undefined : lstatSync(record.from, { throwIfNoEntry: false });
      if (before === undefined || record === null || !sameFile(before, content)) continue;
      act({ kind: "unlink", path: place, other: record.from });
    }
    close(folder, id);
  }
}

/** What is written down of a file that goes to quarantine. */
interface Moving {
  readonly reason: string;
  readonly nowMs: number;
  readonly bytes: number;
  /** The user wants it there though it cannot be seen who holds it. */
  readonly unseen?: boolean;
}

/** Moves a file into quarantine, of that very identity and held by nobody. Null, or why it stays. Nothing is copied. */
export function quarantine(
  stateDir: string,
  path: string,
  file: FileIdentity,
  { reason, nowMs, bytes, unseen = false }: Moving,
): Text | null {
  const folder = quarantineFolder(stateDir);
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (!before?.isFile() || !sameFile(before, file)) return text.changed();
  const stop = unseenOwner(path, findHolders(before).unseen, unseen);
  if (stop) return stop;
  let id = "";
  try {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
    // The state directory is the user microvm's, who could have put a link there.
    if (!isOurs(folder)) return text.notOurs({ path: folder });
    id = newEntry(folder, basename(path), nowMs);
    const entry = join(folder, id);
    const record = { version: 1, from: path, reason, at: new Date(nowMs).toISOString(), bytes };
    createWhole(join(entry, recordName), Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
    syncPath(folder);
    const place = join(entry, contentName);
    linkSync(path, place);
    syncPath(entry);
    act({ kind: "unlink", path, other: place });
    syncPath(dirname(path));
    const taken = takenMeanwhile(place, before.mtimeMs);
    if (taken === null) return null;
    linkSync(place, path);
    act({ kind: "unlink", path: place, other: path });
    close(folder, id);
    return text.taken({ by: taken });
  } catch (error) {
    tidyQuarantine(stateDir);
    if ((error as NodeJS.ErrnoException).code === "EXDEV") return text.otherFilesystem();
    return failedAct(["mv", "--", path, join(folder, id)], error);
  }
}

/** Gives a file back its name and place: the very file, with all that belongs to it. Null, or why it stays. */
export function restoreQuarantined(stateDir: string, { id, from }: Quarantined): Text | null {
  const folder = quarantineFolder(stateDir);
  const place = join(folder, id, contentName);
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return text.lost();
  try {
    linkSync(place, from);
    syncPath(dirname(from));
    act({ kind: "unlink", path: place, other: from });
    close(folder, id);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return text.exists({ path: from });
    if (code === "ENOENT") return text.noFolder({ path: dirname(from) });
    return failedAct(["mv", "--", place, from], error);
  }
}

/** Deletes what was in quarantine, for good. Null, or why it stays. */
export function forgetQuarantined(stateDir: string, { id }: Pick<Quarantined, "id">, unseen = false): Text | null {
  const folder = quarantineFolder(stateDir);
  const place = join(folder, id, contentName);
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return text.lost();
  const stays = removeFile(place, stats, unseen);
  if (stays === null) close(folder, id);
  return stays;
}

function newEntry(folder: string, name: string, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  for (let count = 1; ; count++) {
    // A name of its own: that of the image may be as long as a name may be.
    const id = `${day}-${count}-${Buffer.from(name)
      .subarray(0, 80)
      .toString("latin1")
      .replace(/[^\w.-]/g, "_")}`;
    try {
      mkdirSync(join(folder, id), { mode: 0o700 });
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function close(folder: string, id: string): void {
  const record = join(folder, id, recordName);
  if (lstatSync(record, { throwIfNoEntry: false })) unlinkSync(record);
  try {
    rmdirSync(join(folder, id));
  } catch {
    // Something else lies there, which is not ours.
  }
  syncPath(folder);
}

function takenMeanwhile(place: string, modifiedMs: number): Text | null {
  const now = lstatSync(place);
  const [holder] = findHolders(now).found;
  return holder ?? (now.mtimeMs === modifiedMs ? null : text.changed());
}

function namesIn(folder: string): readonly string[] {
  return isOurs(folder) ? readdirSync(folder) : [];
}

/** Not through a link, and made by root or whoever asks: the state directory is the user microvm's. */
function isOurs(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (stats.uid === 0 || stats.uid === process.geteuid?.());
}

function readRecord(entry: string): Omit<Quarantined, "id"> | null {
  try {
    const value = JSON.parse(readFileSync(join(entry, recordName), "utf8")) as Record<string, unknown>;
    const { version, from, reason, at, bytes } = value;
    const atMs = typeof at === "string" ? Date.parse(at) : Number.NaN;
    if (version !== 1 || typeof from !== "string" || !from.startsWith("/")) return null;
    if (typeof reason !== "string" || typeof bytes !== "number" || Number.isNaN(atMs)) return null;
    return { from, reason, atMs, bytes };
  } catch {
    return null;
  }
}
