import { lstatSync, type Stats } from "node:fs";
import { basename, dirname } from "node:path";
import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { workSuffix } from "../disk/guests.ts";
import { act, own, syncPath } from "./action.ts";
import { endJournal, isAlive, type Journal, journalPath, readJournal, sameBoot } from "./journal.ts";
import { findHolders, isMountPoint, isProcess } from "./look/holders.ts";
import { mountPointNames } from "./look/mount.ts";
import { sameFile } from "./look/same-file.ts";
import { type Refusal, refuse, type Step } from "./operation.ts";
import { runProgram } from "./program.ts";

const text = messages("operation.recover", {
  undone: {
    en: "an interrupted {operation} is undone: {path} is the image as it was before",
    "zh-cn": "撤销被中断的 {operation}：{path} 是操作之前的镜像",
  },
  finished: {
    en: "an interrupted {operation} had done its work, and is finished: {path}",
    "zh-cn": "被中断的 {operation} 已完成其工作，现予收尾：{path}",
  },
  writtenSince: {
    en: "an interrupted {operation} had done its work, and is finished: {path} is the new image. The old one, {kept}, was written to afterwards: look at both before you delete one",
    "zh-cn":
      "被中断的 {operation} 已完成其工作，现予收尾：{path} 是新镜像。旧镜像 {kept} 之后又被写入：舍弃任一之前请先检查两者",
  },
  otherFile: {
    en: "an interrupted {operation} is undone: somebody had put another file at {path} meanwhile, which stays; the image as it was before is {kept}",
    "zh-cn": "撤销被中断的 {operation}：其间有人在 {path} 放置了另一个文件，予以保留；操作之前的镜像是 {kept}",
  },
  inPlace: {
    en: "an interrupted {operation} worked on {path} itself, step by step; nothing is lost, and running it again goes on",
    "zh-cn": "被中断的 {operation} 直接作用于 {path}；没有丢失数据，重新运行即可继续",
  },
  alive: {
    en: "another `microvm-lens image {operation}` works on {path} (process {pid})",
    "zh-cn": "另一个 `microvm-lens image {operation}` 正在处理 {path}（进程 {pid}）",
  },
  elsewhereAlive: {
    en: "`microvm-lens image {operation}` was begun on {path} in another container, and it cannot be seen from here whether it still runs: `microvm-lens image complete {path}` tells, there or as root on the machine itself",
    "zh-cn":
      "`microvm-lens image {operation}` 是在另一个容器中对 {path} 开始的，此处无法看到它是否仍在运行：请在该容器中或以该机器本身的 root 身份执行 `microvm-lens image complete {path}` 查看",
  },
  hidden: {
    en: "{journal} belongs to another user's operation, which runs or was interrupted: `microvm-lens image complete {path}` tells which, as root",
    "zh-cn":
      "{journal} 属于另一用户的操作，该操作正在运行或已被中断：请以 root 身份执行 `microvm-lens image complete {path}` 查看",
  },
  foreign: {
    en: "{journal} is not a journal that this version understands: look at it, and remove it if nothing runs",
    "zh-cn": "{journal} 不是此版本能理解的日志：请检查，若没有操作在运行则删除它",
  },
  elsewhere: {
    en: "{journal} tells of an interrupted {operation}, but the image that it worked on is neither at {path} nor at {kept}: nothing was touched",
    "zh-cn": "{journal} 记录了被中断的 {operation}，但其镜像既不在 {path} 也不在 {kept}：没有改动任何内容",
  },
  held: { en: "{path} is in use: {by}", "zh-cn": "{path} 正在使用：{by}" },
  unmount: { en: "unmount what was mounted", "zh-cn": "卸载先前的挂载" },
  removeWork: { en: "remove the unfinished copy", "zh-cn": "删除未完成的副本" },
  removeName: { en: "remove the second name of the image", "zh-cn": "删除镜像的第二个名称" },
  failed: { en: "could not clean up: {detail}", "zh-cn": "无法清理：{detail}" },
});

/** How what an interrupted operation left is put in order. */
export interface Recovery {
  readonly kind: "recovery";
  readonly path: string;
  readonly outcome: Text;
  readonly steps: readonly Step[];
}

/**
 * What has to be done after an interruption, or null when there was none. It is decided by what lies on the disk now,
 * not by how far the operation may have come: until the new file has the image's name everything is undone, from then
 * on it is finished. Paths out of a journal are only trusted as far as they name files of our own making.
 */
export function planRecovery(path: string): Recovery | Refusal | null {
  const journal = readJournal(path);
  if (journal === null) return null;
  const shown = printable(path);
  if (journal === "hidden") return refuse(text.hidden({ journal: printable(journalPath(path)), path: shown }));
  if (journal === "foreign") return refuse(text.foreign({ journal: printable(journalPath(path)) }));
  const operation = printable(journal.operation);
  const alive = isAlive(journal);
  if (alive === null) return refuse(text.elsewhereAlive({ operation, path: shown }));
  if (alive) return refuse(text.alive({ operation, path: shown, pid: journal.process.pid }));
  return recoveryOf(path, journal);
}

/** What this process itself left when a step failed. */
export function planRecoveryOfOwn(path: string): Recovery | Refusal | null {
  const journal = readJournal(path);
  return journal === null || typeof journal === "string" ? null : recoveryOf(path, journal);
}

/** Puts things in order. Returns null, or why it stopped. */
export async function runRecovery({ path, steps }: Recovery): Promise<Text | null> {
  try {
    for (const { own: action, argv } of steps) {
      if (action) act(action);
      else {
        const failed = await runProgram({ argv });
        if (failed) return failed;
      }
    }
    // What was taken away elsewhere has to stay away, too, when the journal is gone.
    const changed = steps.flatMap(({ own: action }) => (action !== undefined && "path" in action ? [action.path] : []));
    for (const folder of new Set([path, ...changed].map((each) => dirname(each)))) syncPath(folder);
    endJournal(path);
    return null;
  } catch (error) {
    return text.failed({ detail: printable(String(error instanceof Error ? error.message : error)) });
  }
}

function recoveryOf(path: string, journal: Journal): Recovery | Refusal {
  const names = checked(path, journal);
  const [at, work, kept, placed] = [path, names.work, names.kept, names.placed].map(statOf) as [
    Found,
    Found,
    Found,
    Found,
  ];
  const stays = isOld(at, journal);
  const shown = { operation: printable(journal.operation), path: printable(path) };
  if (at === null && journal.operation === "delete-old") {
    return { kind: "recovery", path, outcome: text.finished(shown), steps: [] };
  }
  if (!stays && !isOld(kept, journal) && !isOld(placed, journal)) {
    const other = printable(names.kept ?? names.placed ?? path);
    return refuse(text.elsewhere({ ...shown, journal: printable(journalPath(path)), kept: other }));
  }
  // A program that outlived a killed run may still write its copy; and the old image may have been taken meanwhile.
  for (const [name, file] of [
    [names.work, work],
    [names.kept, stays ? null : kept],
  ] as const) {
    const [by] = file === null ? [] : findHolders(file).found;
    if (by) return refuse(text.held({ path: printable(name ?? path), by }));
  }
  // A `mount` that outlived it would come after our unmounting.
  const mounting = names.mountPoint === null || at === null ? undefined : findHolders(at).found.find(isProcess);
  if (mounting) return refuse(text.held({ path: shown.path, by: mounting }));
  const steps = unmounting(names.mountPoint);
  for (const [name, file] of [
    [names.kept, kept],
    [names.placed, placed],
  ] as const) {
    if (name !== null && stays && isSame(at, file)) {
      steps.push(own(text.removeName(), { kind: "unlink", path: name, other: path }));
    }
  }
  if (names.work !== null && work !== null) {
    steps.push(own(text.removeWork(), { kind: "discard", path: names.work }));
  }
  return { kind: "recovery", path, outcome: outcome(), steps };

  function outcome(): Text {
    const copied = names.work !== null && placed !== null && (work === null || isSame(work, placed));
    if (stays && copied) return text.finished({ ...shown, path: printable(names.placed ?? "") });
    const inPlace = names.work === null && names.kept === null && names.placed === null;
    if (stays) return inPlace ? text.inPlace(shown) : text.undone(shown);
    if (isOld(placed, journal)) return text.finished({ ...shown, path: printable(names.placed ?? "") });
    // Neither the old image nor the copy, which is still there: the new one never got the name.
    if (work !== null && !isSame(at, work)) return text.otherFile({ ...shown, kept: printable(names.kept ?? "") });
    const written = kept?.size !== journal.image.bytes || Math.floor(kept.mtimeMs) !== journal.image.modifiedMs;
    return written ? text.writtenSince({ ...shown, kept: printable(names.kept ?? "") }) : text.finished(shown);
  }
}

function unmounting(point: string | null): Step[] {
  const steps: Step[] = [];
  if (point === null || !statOf(point)?.isDirectory()) return steps;
  if (isMountPoint(point)) steps.push({ does: text.unmount(), argv: ["umount", "--", point] });
  return [...steps, own(text.unmount(), { kind: "removeFolder", path: point })];
}

type Found = Stats | null;

/** Names of our own making, or null: whoever may write the folder could have planted a journal with any others. */
function checked(path: string, { work, kept, placed, mountPoint }: Journal) {
  const folder = dirname(path);
  const beside = (name: string | null) => name !== null && dirname(name) === folder && name.startsWith(`${path}.`);
  return {
    work: work !== null && basename(work).endsWith(workSuffix) ? work : null,
    kept: beside(kept) ? kept : null,
    placed,
    mountPoint: mountPoint !== null && mountPointNames.test(mountPoint) ? mountPoint : null,
  };
}

function isOld(found: Found, journal: Journal): boolean {
  const { device, inode } = journal.image;
  return found !== null && found.ino === inode && (found.dev === device || !sameBoot(journal));
}

function isSame(one: Found, other: Found): boolean {
  return one !== null && other !== null && sameFile(one, other);
}

function statOf(path: string | null): Found {
  const stats = path === null ? undefined : lstatSync(path, { throwIfNoEntry: false });
  return stats ?? null;
}
