import { basename, dirname, join } from "node:path";
import { printable } from "../base/printable.ts";
import { messages, type Text, verbatim } from "../base/text.ts";
import type { FilesystemFacts } from "../disk/facts.ts";
import { workSuffix } from "../disk/guests.ts";
import { isOperable, isReplaceable } from "../disk/handling.ts";
import { own } from "./action.ts";
import { type Leavings, type Refusal, refuse, type Step, type Target } from "./operation.ts";

export const text = messages("operation", {
  notAFile: { en: "{path} is not a regular file", "zh-cn": "{path} 不是普通文件" },
  inUse: { en: "{path} is in use: {by}", "zh-cn": "{path} 正在使用：{by}" },
  running: { en: "the guest {guest} is running: stop it first", "zh-cn": "虚拟机 {guest} 正在运行：请先停止它" },
  unseen: {
    en: "it cannot be seen whether anybody holds {path}: {why}. Root on the machine itself sees everyone",
    "zh-cn": "无法看到是否有进程占用 {path}：{why}。该机器本身上的 root 可看到全部",
  },
  notRaw: {
    en: "{path} is not raw: `microvm-lens image convert` makes it so",
    "zh-cn": "{path} 不是 raw 格式：可用 `microvm-lens image convert` 转换",
  },
  unreadable: { en: "{path} could not be read: {detail}", "zh-cn": "无法读取 {path}：{detail}" },
  hardLinks: {
    en: "{path} has several names (hard links): replacing one would part them",
    "zh-cn": "{path} 有多个名称（硬链接）：替换其中一个会使它们分离",
  },
  noSpace: {
    en: "{needed} are needed for a copy, and {free} are free",
    "zh-cn": "副本需要 {needed}，而剩余 {free}",
  },
  blank: {
    en: "{path} is blank: `microvm-lens image move-aside` lets the next start recreate it",
    "zh-cn": "{path} 是空白的：`microvm-lens image move-aside` 可让下次启动重新创建它",
  },
  noFilesystem: { en: "{path} holds no known filesystem", "zh-cn": "{path} 中没有已知的文件系统" },
  free: { en: "nobody holds the image, and its guest does not run", "zh-cn": "没有进程占用该镜像，其虚拟机也未运行" },
  space: { en: "a copy takes up to {needed}, {free} are free", "zh-cn": "副本最多需要 {needed}，剩余 {free}" },
  keeps: { en: "the old image stays as {path}", "zh-cn": "旧镜像保留为 {path}" },
  undoKept: {
    en: "move {kept} back over {path}",
    "zh-cn": "将 {kept} 移回并覆盖 {path}",
  },
  goOn: { en: "{why}; --unseen goes on all the same", "zh-cn": "{why}；--unseen 则仍然继续" },
  someHidden: {
    en: "nobody that can be seen from here holds the image, and its guest does not run; but {why}",
    "zh-cn": "就此处所见，没有谁占用该镜像，其虚拟机也未运行；但{why}",
  },
  discard: { en: "remove what an earlier copy left", "zh-cn": "删除先前副本的残留" },
  copy: {
    en: "copy the image, sharing blocks where the host can, and keeping holes",
    "zh-cn": "复制镜像，主机支持时共享数据块，并保留空洞",
  },
  rights: { en: "same owner, rights and attributes as before", "zh-cn": "所有者、权限和属性与之前相同" },
  keep: {
    en: "give the old image a second name, under which it stays",
    "zh-cn": "为旧镜像添加第二个名称，并以此名称保留",
  },
  swap: { en: "put the new image in its place, in one act", "zh-cn": "一步将新镜像放到原位" },
  sync: { en: "wait until it is on the disk", "zh-cn": "等待写入磁盘" },
  syncNames: { en: "wait until the names are on the disk", "zh-cn": "等待文件名写入磁盘" },
  andMore: { en: "{first}; {rest}", "zh-cn": "{first}；{rest}" },
  notAsWanted: { en: "the result is not what was wanted", "zh-cn": "结果与预期不符" },
});

/** Why nothing at all may be done to this image now, or null. Asked again before every step. */
export function untouchable(target: Target): Refusal | null {
  const { path, image, holders, runningGuest, starting } = target;
  const shown = printable(path);
  if (!isOperable(image)) return refuse(text.notAFile({ path: shown }));
  if (holders.length > 0) return refuse(text.inUse({ path: shown, by: listed(holders) }));
  if (image.inUse?.state === "seen") return refuse(text.inUse({ path: shown, by: printable(image.inUse.by) }));
  if (image.inUse?.state === "unreadable") {
    return refuse(text.unreadable({ path: shown, detail: printable(image.inUse.detail) }));
  }
  if (starting !== null) {
    const stop = unseenHolder(path, target.unseen);
    if (stop) return refuse(stop);
  }
  if (runningGuest !== null) return refuse(text.running({ guest: printable(runningGuest) }));
  return null;
}

/** The filesystem of a raw image, or why there is none to work on. */
export function rawFilesystem({ path, image }: Target): FilesystemFacts | Refusal {
  const shown = printable(path);
  const { container, filesystem } = image;
  if (container.state === "unreadable") {
    return refuse(text.unreadable({ path: shown, detail: printable(container.detail) }));
  }
  if (container.state !== "seen" || container.value.format !== "raw") return refuse(text.notRaw({ path: shown }));
  if (image.blank === true) return refuse(text.blank({ path: shown }));
  if (filesystem.state === "unreadable") {
    return refuse(text.unreadable({ path: shown, detail: printable(filesystem.detail) }));
  }
  return filesystem.state === "seen" ? filesystem.value : refuse(text.noFilesystem({ path: shown }));
}

/** What is said of an image that is {@link untouchable} by nobody. */
export function isFree({ unseen }: Target): Text {
  return unseen === null ? text.free() : text.someHidden({ why: unseen });
}

/**
 * Why nothing is done where it cannot be seen who holds a file, or null. Asked wherever nobody reads a plan first, and
 * wherever bytes go for good: an operation that somebody wants to run tells it in its plan, and keeps the old image.
 */
export function unseenHolder(path: string, unseen: Text | null): Text | null {
  return unseen && text.unseen({ path: printable(path), why: unseen });
}

/** {@link unseenHolder} where the user may say `--unseen`, which is `goOn` then. */
export function unseenOwner(path: string, unseen: Text | null, goOn: boolean): Text | null {
  const why = goOn ? null : unseenHolder(path, unseen);
  return why && text.goOn({ why });
}

/** The copy that an operation works on. What an interrupted run left under this name is worthless and removed first. */
export function workingCopy(path: string): string {
  return `${path}${workSuffix}`;
}

/** Steps that make a copy, after removing what an earlier one left. */
export function copyTo(work: string, { path, image }: Target): Step[] {
  return [
    own(text.discard(), { kind: "discard", path: work }),
    {
      does: text.copy(),
      argv: [
        "cp",
        "--remove-destination",
        "--sparse=always",
        "--reflink=auto",
        "--preserve=all",
        "-T",
        "--",
        path,
        work,
      ],
      needsBytes: image.allocatedBytes,
      fills: { path: work, bytes: image.allocatedBytes },
    },
  ];
}

/** The step that gives a file made anew the image's owner, rights and attributes; its time stays that of its making. */
export function likeTheImage(work: string, { path }: Target): Step {
  const argv: Step["argv"] = [
    "cp",
    "--attributes-only",
    "--preserve=all",
    "--no-preserve=timestamps",
    "-T",
    "--",
    path,
    work,
  ];
  return { does: text.rights(), argv };
}

/** A name beside the image that is free: `<image>.<word>`, `<image>.<word>-2` … */
export function freeName({ path, siblings }: Target, word: string): string {
  const base = `${basename(path)}.${word}`;
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!siblings.has(name)) return join(dirname(path), name);
  }
}

/** Steps that put `work` in the image's place, which is never empty: a start in between finds the old or the new one. */
export function replaceBy(work: string, { path }: Target, kept: string): Step[] {
  return [
    own(text.sync(), { kind: "sync", paths: [work] }),
    own(text.keep(), { kind: "link", from: path, to: kept }),
    // Without this a power cut may leave the new name and not the second one of the old image.
    own(text.syncNames(), { kind: "sync", paths: [dirname(path)] }),
    own(text.swap(), { kind: "replace", from: work, to: path, kept }),
    own(text.syncNames(), { kind: "sync", paths: [dirname(path)] }),
  ];
}

/** What is there after a crash in the middle of {@link replaceBy}. */
export function replacing(work: string, kept: string): Leavings {
  return { work, kept, placed: null, mountPoint: null };
}

/** More than the copy itself: filesystems want room to breathe. */
const marginBytes = 64 * 1024 * 1024;

/** Whether a copy fits beside the image; the words say with which numbers. */
export function roomForCopy({ image, freeBytes, path }: Target): Room | Refusal {
  if (!isReplaceable(image)) return refuse(text.hardLinks({ path: printable(path) }));
  if (freeBytes === null) return { checked: [] };
  const needed = image.allocatedBytes + marginBytes;
  if (needed > freeBytes) return refuse(text.noSpace({ needed: sizeWords(needed), free: sizeWords(freeBytes) }));
  const room = text.space({ needed: sizeWords(needed), free: sizeWords(freeBytes) });
  return { checked: [room], room };
}

/** What was found out about the room for a copy, as parts of a plan. */
export interface Room {
  readonly checked: readonly Text[];
  readonly room?: Text;
}

function listed(holders: readonly Text[]): Text {
  const [first = verbatim(""), ...rest] = holders;
  return rest.length === 0 ? first : text.andMore({ first, rest: listed(rest) });
}

/** `512 MiB`, `68.4 MiB`; below a MiB in bytes. */
export function sizeWords(bytes: number): string {
  const mib = bytes / (1024 * 1024);
  if (mib < 1) return `${bytes} B`;
  return `${Number.isInteger(mib) ? mib : mib.toFixed(mib < 1024 ? 1 : 0)} MiB`;
}
