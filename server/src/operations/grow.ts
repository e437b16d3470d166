import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { text as common, freeName, rawFilesystem, replaceBy, roomForCopy, untouchable, workingCopy } from "./common.ts";
import { done, type Outcome, type Plan, refuse, type Step, type Target } from "./operation.ts";

const text = messages("operation.grow", {
  title: {
    en: "Grow {path} from {from} to {to} bytes, with the {type} filesystem in it",
    "zh-cn": "将 {path} 及其中的 {type} 文件系统从 {from} 扩展到 {to} 字节",
  },
  titleFileOnly: {
    en: "Lengthen {path} from {from} to {to} bytes; the {type} filesystem in it grows in the guest",
    "zh-cn": "将 {path} 从 {from} 加长到 {to} 字节；其中的 {type} 文件系统在虚拟机中扩展",
  },
  shrink: {
    en: "{path} has {from} bytes: making it shorter would cut off data",
    "zh-cn": "{path} 有 {from} 字节：缩短会截断数据",
  },
  nothing: { en: "{path} and its filesystem already have {to} bytes", "zh-cn": "{path} 及其文件系统已有 {to} 字节" },
  cannot: { en: "a {type} filesystem cannot be grown", "zh-cn": "{type} 文件系统无法扩展" },
  several: {
    en: "the filesystem lies on several devices: it is grown in the guest",
    "zh-cn": "该文件系统跨多个设备：请在虚拟机中扩展",
  },
  undoLength: {
    en: "nothing is lost, and nothing needs undoing: the filesystem keeps its size until the guest grows it",
    "zh-cn": "不会丢失数据，也无需撤销：在虚拟机扩展之前，文件系统保持原大小",
  },
  xfs: {
    en: "in the guest, once: xfs_growfs MOUNTPOINT (or autoResize)",
    "zh-cn": "在虚拟机中执行一次：xfs_growfs 挂载点（或使用 autoResize）",
  },
  btrfs: {
    en: "in the guest, once: btrfs filesystem resize max MOUNTPOINT (or autoResize)",
    "zh-cn": "在虚拟机中执行一次：btrfs filesystem resize max 挂载点（或使用 autoResize）",
  },
});

/** Bytes by which a filesystem may be smaller than its image and still fill it: less than one of its largest blocks. */
const slackBytes = 64 * 1024;

/**
 * Lengthens an image. An ext filesystem is grown in a copy that then takes the image's place, so that a crash at any
 * instant leaves the old or the new image (resize2fs(8) works on unmounted filesystems after e2fsck -f). xfs and btrfs
 * grow only while mounted (xfs_growfs(8), btrfs-filesystem(8)): there the file alone is lengthened, which loses nothing.
 */
export function planGrow(target: Target, toBytes: number): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const filesystem = rawFilesystem(target);
  if ("kind" in filesystem) return filesystem;
  const { image } = target;
  const { type } = filesystem;
  const path = printable(target.path);
  const from = image.apparentBytes;
  if (toBytes < from) return refuse(text.shrink({ path, from }));
  const filled = filesystem.sizeBytes !== null && filesystem.sizeBytes + slackBytes >= toBytes;
  if (toBytes === from && filled) return done(text.nothing({ path, to: toBytes }));
  if (filesystem.multipleDevices) return refuse(text.several());
  switch (type) {
    case "ext2":
    case "ext3":
    case "ext4":
      return growCopy(target, toBytes, type);
    case "xfs":
    case "btrfs":
      return lengthen(target, toBytes, type);
    default:
      return refuse(text.cannot({ type }));
  }
}

function growCopy(target: Target, toBytes: number, type: string): Outcome {
  const room = roomForCopy(target);
  if ("kind" in room) return room;
  const fresh = workingCopy(target);
  const kept = freeName(target, "before-grow");
  const path = printable(target.path);
  const steps: Step[] = [
    { argv: ["rm", "-f", "--", fresh] },
    {
      argv: [
        "cp",
        "--sparse=always",
        "--reflink=auto",
        "--preserve=mode,ownership,timestamps",
        "-T",
        "--",
        target.path,
        fresh,
      ],
    },
    { argv: ["truncate", "-s", String(toBytes), "--", fresh] },
    // 1: errors were found and corrected (a journal that was replayed, for instance).
    { argv: ["e2fsck", "-f", "-p", fresh], success: [0, 1] },
    { argv: ["resize2fs", fresh] },
    { argv: ["e2fsck", "-f", "-n", fresh] },
    ...replaceBy(fresh, target, kept),
  ];
  return plan(target, toBytes, {
    title: text.title({ path, from: target.image.apparentBytes, to: toBytes, type }),
    checked: [common.free(), ...room.checked],
    steps,
    undo: common.undoKept({ kept: printable(kept), path }),
    afterwards: common.keeps({ path: printable(kept) }),
  });
}

function lengthen(target: Target, toBytes: number, type: "xfs" | "btrfs"): Plan {
  const path = printable(target.path);
  return plan(target, toBytes, {
    title: text.titleFileOnly({ path, from: target.image.apparentBytes, to: toBytes, type }),
    checked: [common.free()],
    // `>` makes truncate lengthen only, whatever happened to the file meanwhile.
    steps: [{ argv: ["truncate", "-s", `>${toBytes}`, "--", target.path] }, { argv: ["sync", "--", target.path] }],
    undo: text.undoLength(),
    afterwards: type === "xfs" ? text.xfs() : text.btrfs(),
  });
}

function plan(_target: Target, toBytes: number, parts: Omit<Plan, "kind" | "destroys" | "verify">): Plan {
  return {
    kind: "plan",
    destroys: null,
    ...parts,
    verify: ({ image }) => (image.apparentBytes === toBytes ? null : common.notAsWanted()),
  };
}
