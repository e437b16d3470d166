import { basename, dirname, join } from "node:path";
import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import type { FilesystemFacts } from "../disk/facts.ts";
import { type Refusal, refuse, type Step, type Target } from "./operation.ts";

export const text = messages("operation", {
  notAFile: { en: "{path} is no regular file", "zh-cn": "{path} 不是普通文件" },
  inUse: { en: "{path} is in use: {by}", "zh-cn": "{path} 正在使用：{by}" },
  running: { en: "the guest {guest} is running: stop it first", "zh-cn": "虚拟机 {guest} 正在运行：请先停止它" },
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
    en: "{needed} bytes are needed for a copy, and {free} are free",
    "zh-cn": "副本需要 {needed} 字节，而剩余 {free} 字节",
  },
  blank: {
    en: "{path} is blank: `microvm-lens image move-aside` lets the next start make it anew",
    "zh-cn": "{path} 是空白的：`microvm-lens image move-aside` 可让下次启动重新创建它",
  },
  noFilesystem: { en: "there is no filesystem in {path} that we know", "zh-cn": "{path} 中没有已知的文件系统" },
  free: { en: "nobody holds the image, and its guest does not run", "zh-cn": "没有进程占用该镜像，其虚拟机也未运行" },
  space: { en: "{needed} bytes for a copy, {free} are free", "zh-cn": "副本需要 {needed} 字节，剩余 {free} 字节" },
  keeps: { en: "the old image stays as {path}", "zh-cn": "旧镜像保留为 {path}" },
  undoKept: {
    en: "move {kept} back over {path}",
    "zh-cn": "将 {kept} 移回并覆盖 {path}",
  },
  notAsWanted: { en: "the result is not what was wanted", "zh-cn": "结果与预期不符" },
});

/** Why nothing at all may be done to this image now, or null. Asked again before every step. */
export function untouchable({ path, image, runningGuest }: Target): Refusal | null {
  const shown = printable(path);
  if (image.kind !== "regular") return refuse(text.notAFile({ path: shown }));
  if (image.inUse?.state === "seen") return refuse(text.inUse({ path: shown, by: printable(image.inUse.by) }));
  if (image.inUse?.state === "unreadable") {
    return refuse(text.unreadable({ path: shown, detail: printable(image.inUse.detail) }));
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

/** The copy that an operation works on. What an interrupted run left under this name is worthless and removed first. */
export function workingCopy({ path }: Target): string {
  return `${path}.microvm-lens-new`;
}

/** A name beside the image that is free: `<image>.<word>`, `<image>.<word>-2` … */
export function freeName({ path, siblings }: Target, word: string): string {
  const base = `${basename(path)}.${word}`;
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!siblings.has(name)) return join(dirname(path), name);
  }
}

/** Steps that put `fresh` in the image's place, which is never empty: a start in between finds the old or the new one. */
export function replaceBy(fresh: string, { path }: Target, kept: string): Step[] {
  return [
    { argv: ["sync", "--", fresh] },
    { argv: ["ln", "-T", "--", path, kept] },
    { argv: ["mv", "-T", "-f", "--", fresh, path] },
    { argv: ["sync", "--", dirname(path)] },
  ];
}

/** More than the copy itself: filesystems want room to breathe. */
const marginBytes = 64 * 1024 * 1024;

/** Whether a copy fits beside the image; the words say with which numbers. */
export function roomForCopy({ image, freeBytes, path }: Target): { readonly checked: Text[] } | Refusal {
  if (image.links > 1) return refuse(text.hardLinks({ path: printable(path) }));
  if (freeBytes === null) return { checked: [] };
  const needed = image.allocatedBytes + marginBytes;
  if (needed > freeBytes) return refuse(text.noSpace({ needed, free: freeBytes }));
  return { checked: [text.space({ needed, free: freeBytes })] };
}
