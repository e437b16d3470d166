import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import type { FilesystemFacts } from "../../disk/facts.ts";
import { own } from "../action.ts";
import {
  text as common,
  copyTo,
  freeName,
  isFree,
  rawFilesystem,
  replaceBy,
  replacing,
  roomForCopy,
  sizeWords,
  untouchable,
  workingCopy,
} from "../common.ts";
import { growMounted, mountObstacle, newMountPoint } from "../look/mount.ts";
import { done, nothingLeft, type Outcome, type Plan, refuse, type Step, type Target } from "../operation.ts";

const text = messages("operation.grow", {
  title: {
    en: "Grow {path} from {from} to {to}, with the {type} filesystem in it",
    "zh-cn": "将 {path} 及其中的 {type} 文件系统从 {from} 扩展到 {to}",
  },
  titleFileOnly: {
    en: "Lengthen {path} from {from} to {to}; the {type} filesystem in it grows in the guest",
    "zh-cn": "将 {path} 从 {from} 加长到 {to}；其中的 {type} 文件系统在虚拟机中扩展",
  },
  shrink: {
    en: "{path} has {from}: making it shorter would cut off data",
    "zh-cn": "{path} 为 {from}：缩短会截断数据",
  },
  nothing: { en: "{path} and its filesystem already have {to}", "zh-cn": "{path} 及其文件系统已有 {to}" },
  cannot: { en: "a {type} filesystem cannot be grown", "zh-cn": "{type} 文件系统无法扩展" },
  several: {
    en: "the filesystem lies on several devices: it is grown in the guest",
    "zh-cn": "该文件系统跨多个设备：请在虚拟机中扩展",
  },
  ext2: {
    en: "ext2 does not grow by itself in the guest: it grows here, in a copy",
    "zh-cn": "ext2 无法在虚拟机中自动扩展：应在此处以副本方式扩展",
  },
  notMounted: {
    en: "ext filesystems are grown here in a copy, without mounting: leave out --mount",
    "zh-cn": "ext 文件系统在此处以副本方式扩展，无需挂载：请去掉 --mount",
  },
  untrusted: {
    en: "root in the guest wrote this filesystem, and the host's kernel reads it when it is mounted: only for guests that you trust",
    "zh-cn": "该文件系统由虚拟机中的 root 写入，挂载时由主机内核读取：仅用于可信的虚拟机",
  },
  ext: {
    en: "the guest grows it at its next start with fileSystems.<mount point>.autoResize = true, or: resize2fs DEVICE",
    "zh-cn": "设置 fileSystems.<挂载点>.autoResize = true 后虚拟机下次启动时扩展，或执行：resize2fs 设备",
  },
  noRoom: {
    en: "{why}; --file-only needs none, and leaves the filesystem to the guest (autoResize)",
    "zh-cn": "{why}；--file-only 无需副本，文件系统由虚拟机扩展（autoResize）",
  },
  lengthen: { en: "make it longer, never shorter", "zh-cn": "加长，绝不缩短" },
  check: {
    en: "check the filesystem in the copy, as resize2fs wants",
    "zh-cn": "按 resize2fs 的要求检查副本中的文件系统",
  },
  resize: { en: "grow the filesystem in the copy", "zh-cn": "扩展副本中的文件系统" },
  checkAgain: { en: "check the result, changing nothing", "zh-cn": "检查结果，不作更改" },
  undoLength: {
    en: "nothing is lost, and nothing needs undoing: the filesystem keeps its size until the guest grows it",
    "zh-cn": "不会丢失数据，也无需撤销：在虚拟机扩展之前，文件系统保持原大小",
  },
  xfs: {
    en: "in the guest, once: xfs_growfs MOUNTPOINT (or autoResize); here, as root: --mount",
    "zh-cn": "在虚拟机中执行一次：xfs_growfs 挂载点（或使用 autoResize）；也可以 root 身份在此处使用 --mount",
  },
  btrfs: {
    en: "in the guest, once: btrfs filesystem resize max MOUNTPOINT (or autoResize); here, as root: --mount",
    "zh-cn":
      "在虚拟机中执行一次：btrfs filesystem resize max 挂载点（或使用 autoResize）；也可以 root 身份在此处使用 --mount",
  },
});

/** Bytes by which a filesystem may be smaller than its image and still fill it: less than one of its largest blocks. */
const slackBytes = 64 * 1024;

/** How an image is grown where there is a choice. */
export interface Growing {
  /** Lengthen the file only; the guest grows the filesystem. */
  readonly fileOnly?: boolean;
  /** Grow xfs and btrfs here, mounted. */
  readonly mount?: boolean;
  /** Nobody sits there who could choose another way: a refusal names none. */
  readonly unattended?: boolean;
}

/**
 * Lengthens an image. An ext filesystem is grown in a copy that then takes the image's place, so that a crash at any
 * instant leaves the old or the new image (resize2fs(8) works on unmounted filesystems after e2fsck -f). xfs and btrfs
 * grow only while mounted (xfs_growfs(8), btrfs-filesystem(8)): there the file alone is lengthened, which loses nothing,
 * unless mounting is asked for.
 */
export function planGrow(target: Target, toBytes: number, growing: Growing = {}): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const filesystem = rawFilesystem(target);
  if ("kind" in filesystem) return filesystem;
  const { image } = target;
  const { type } = filesystem;
  const path = printable(target.path);
  const from = image.apparentBytes;
  if (toBytes < from) return refuse(text.shrink({ path, from: sizeWords(from) }));
  const filled = filesystem.sizeBytes !== null && filesystem.sizeBytes + slackBytes >= toBytes;
  if (toBytes === from && (filled || growing.fileOnly)) return done(text.nothing({ path, to: sizeWords(toBytes) }));
  if (filesystem.multipleDevices) return refuse(text.several());
  switch (type) {
    case "ext2":
    case "ext3":
    case "ext4":
      if (growing.mount) return refuse(text.notMounted());
      if (!growing.fileOnly) return growCopy(target, toBytes, type, growing.unattended);
      return type === "ext2" ? refuse(text.ext2()) : lengthen(target, toBytes, type);
    case "xfs":
    case "btrfs":
      if (growing.mount) return growHere(target, toBytes, type, filesystem);
      return toBytes === from ? done(text[type]()) : lengthen(target, toBytes, type);
    default:
      return refuse(text.cannot({ type }));
  }
}

function growCopy(target: Target, toBytes: number, type: string, unattended = false): Outcome {
  const room = roomForCopy(target);
  if ("kind" in room) {
    const canWait = !unattended && type !== "ext2" && target.image.links === 1;
    return canWait ? refuse(text.noRoom({ why: room.reason })) : room;
  }
  const fresh = workingCopy(target.path);
  const kept = freeName(target, "before-grow");
  const path = printable(target.path);
  const steps: Step[] = [
    ...copyTo(fresh, target),
    own(text.lengthen(), { kind: "lengthen", path: fresh, bytes: toBytes }),
    // 1: errors were found and corrected (a journal that was replayed, for instance).
    { does: text.check(), argv: ["e2fsck", "-f", "-p", fresh], success: [0, 1] },
    { does: text.resize(), argv: ["resize2fs", fresh] },
    { does: text.checkAgain(), argv: ["e2fsck", "-f", "-n", fresh] },
    ...replaceBy(fresh, target, kept),
  ];
  return plan(toBytes, {
    title: text.title({ path, from: sizeWords(target.image.apparentBytes), to: sizeWords(toBytes), type }),
    ...room,
    checked: [isFree(target), ...room.checked],
    steps,
    leaves: replacing(fresh, kept),
    undo: common.undoKept({ kept: printable(kept), path }),
    afterwards: common.keeps({ path: printable(kept) }),
  });
}

function lengthen(target: Target, toBytes: number, type: "ext3" | "ext4" | "xfs" | "btrfs"): Plan {
  const path = printable(target.path);
  return plan(toBytes, {
    title: text.titleFileOnly({ path, from: sizeWords(target.image.apparentBytes), to: sizeWords(toBytes), type }),
    checked: [isFree(target)],
    steps: [own(text.lengthen(), { kind: "lengthen", path: target.path, bytes: toBytes })],
    leaves: nothingLeft,
    undo: text.undoLength(),
    afterwards: type === "xfs" || type === "btrfs" ? text[type]() : text.ext(),
  });
}

function growHere(target: Target, toBytes: number, type: "xfs" | "btrfs", filesystem: FilesystemFacts): Outcome {
  const obstacle = mountObstacle(filesystem);
  if (obstacle) return refuse(obstacle);
  const path = printable(target.path);
  const mountPoint = newMountPoint();
  return plan(toBytes, {
    title: text.title({ path, from: sizeWords(target.image.apparentBytes), to: sizeWords(toBytes), type }),
    checked: [isFree(target), text.untrusted()],
    steps: [
      own(text.lengthen(), { kind: "lengthen", path: target.path, bytes: toBytes }),
      ...growMounted(target, type, mountPoint),
      own(common.sync(), { kind: "sync", paths: [target.path] }, { whileMounted: true }),
    ],
    leaves: { ...nothingLeft, mountPoint },
    undo: text.undoLength(),
    afterwards: null,
    // A sandbox that was started meanwhile may have taken the mount along: then no guest may start yet.
    verify: (after) => untouchable(after)?.reason ?? reached(after, toBytes),
  });
}

type Parts = Omit<Plan, "kind" | "operation" | "destroys" | "verify"> & Partial<Pick<Plan, "verify">>;

function plan(toBytes: number, parts: Parts): Plan {
  return { kind: "plan", operation: "grow", destroys: null, verify: (after) => reached(after, toBytes), ...parts };
}

function reached({ image }: Target, toBytes: number): Text | null {
  return image.apparentBytes === toBytes ? null : common.notAsWanted();
}
