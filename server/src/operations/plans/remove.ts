import { closeSync, constants, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { messages, type Text } from "../../base/text.ts";
import { syncPath } from "../action.ts";
import { unseenOwner } from "../common.ts";
import { findHolders } from "../look/holders.ts";
import { type FileIdentity, sameFile, writtenSince } from "../look/same-file.ts";
import { failedAct } from "../program.ts";

const text = messages("operation.remove", {
  notKept: { en: "its name is not one that an operation gives", "zh-cn": "其名称不是操作所赋予的" },
  changed: { en: "it is another file by now", "zh-cn": "它现在已是另一个文件" },
  since: {
    en: "it was written to after the image in its place was made: look at both before you delete one",
    "zh-cn": "它在取代它的镜像创建之后又被写入：删除任一之前请先检查两者",
  },
});

/** Why an operation kept a file under another name. */
export const keptWords = ["before-grow", "before-restore", "before-relabel", "before-trim", "aside"] as const;
export type KeptWord = (typeof keptWords)[number];

/** What the name of a file that an operation kept says. */
export interface KeptName {
  /** Path of the image that it was. */
  readonly image: string;
  readonly why: KeptWord;
}

const keptNames = new RegExp(`^(.+)\\.(${keptWords.join("|")})(?:-[2-9]|-[1-9]\\d+)?$`);

/** `data.img.before-grow`, `data.img.aside-2` …: null for every other name. */
export function keptName(path: string): KeptName | null {
  const found = keptNames.exec(basename(path));
  if (found === null) return null;
  const why = keptWords.find((each) => each === found[2]) as KeptWord;
  const folder = dirname(path);
  return { image: `${folder === "/" ? "" : folder}/${found[1]}`, why };
}

/**
 * Takes away the last name of a file that an operation kept, for good: it has to be that very file, a regular one, held by
 * nobody. Returns null, or why it stays.
 */
export function removeKept(path: string, file: FileIdentity, unseen = false): Text | null {
  const kept = keptName(path);
  if (kept === null) return text.notKept();
  const [old, image] = [path, kept.image].map((each) => lstatSync(each, { throwIfNoEntry: false }));
  if (old && image && writtenSince(old, image)) return text.since();
  return removeFile(path, file, unseen);
}

/**
 * Takes a name away for good, of that very file, held by nobody. Null, or why it stays. `unseen`: the user wants it gone
 * though it cannot be seen who holds it.
 */
export function removeFile(path: string, file: FileIdentity, unseen = false): Text | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return failedAct(["rm", "--", path], error);
  }
  try {
    const opened = fstatSync(fd);
    if (!opened.isFile() || !sameFile(opened, file)) return text.changed();
    const holders = findHolders(opened);
    const [holder] = holders.found;
    if (holder) return holder;
    const stop = unseenOwner(path, holders.unseen, unseen);
    if (stop) return stop;
    const named = lstatSync(path, { throwIfNoEntry: false });
    if (named === undefined || !sameFile(named, opened)) return text.changed();
    unlinkSync(path);
    syncPath(dirname(path));
    return null;
  } catch (error) {
    return failedAct(["rm", "--", path], error);
  } finally {
    closeSync(fd);
  }
}
