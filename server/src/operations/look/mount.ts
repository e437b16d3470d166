import { existsSync } from "node:fs";
import { messages, type Text } from "../../base/text.ts";
import type { FilesystemFacts } from "../../disk/facts.ts";
import { own } from "../action.ts";
import type { Step, Target } from "../operation.ts";

const text = messages("operation.mount", {
  root: { en: "mounting needs root", "zh-cn": "挂载需要 root" },
  noLoop: {
    en: "no loop devices are available here (/dev/loop-control)",
    "zh-cn": "此处没有循环设备（/dev/loop-control）",
  },
  sameUuid: {
    en: "a btrfs with the same UUID, {uuid}, is mounted here: the kernel takes both for one",
    "zh-cn": "此处已挂载具有相同 UUID（{uuid}）的 btrfs：内核会将两者视为同一个",
  },
  folder: { en: "a folder of its own to mount at", "zh-cn": "创建专用的挂载目录" },
  removeFolder: { en: "remove that folder", "zh-cn": "删除该目录" },
  mount: {
    en: "mount it, where nothing in it can be run or act as a device",
    "zh-cn": "挂载，禁止执行其中程序和使用设备文件",
  },
  grow: { en: "grow the filesystem to the length of the file", "zh-cn": "将文件系统扩展到文件长度" },
  unmount: { en: "unmount it", "zh-cn": "卸载" },
});

/** Mount points of our own making. */
export const mountPointNames = /^\/run\/microvm-lens-\d+-\d+$/;

/** A mount point below a folder where only root makes names; making it fails where it exists. */
export function newMountPoint(): string {
  return `/run/microvm-lens-${process.pid}-${Date.now()}`;
}

/** Why this machine does not mount the filesystem, or null. */
export function mountObstacle({ type, uuid }: FilesystemFacts): Text | null {
  if (process.getuid?.() !== 0) return text.root();
  if (!existsSync("/dev/loop-control")) return text.noLoop();
  if (type === "btrfs" && uuid !== null && existsSync(`/sys/fs/btrfs/${uuid}`)) return text.sameUuid({ uuid });
  return null;
}

/** Steps that grow a filesystem that only grows while it is mounted. Each of its changes is all or nothing (log, copy on write). */
export function growMounted({ path }: Target, type: "xfs" | "btrfs", point: string): Step[] {
  // A copy of a mounted xfs has the same UUID, which xfs otherwise refuses to mount twice.
  const options = `loop,nosuid,nodev,noexec${type === "xfs" ? ",nouuid" : ""}`;
  const grow: Step["argv"] =
    type === "xfs" ? ["xfs_growfs", "-d", point] : ["btrfs", "filesystem", "resize", "max", point];
  return [
    own(text.folder(), { kind: "makeFolder", path: point }),
    { does: text.mount(), argv: ["mount", "-t", type, "-o", options, "--", path, point], writesImage: true },
    { does: text.grow(), argv: grow, whileMounted: true },
    { does: text.unmount(), argv: ["umount", "--", point], whileMounted: true, writesImage: true },
    own(text.removeFolder(), { kind: "removeFolder", path: point }, { whileMounted: true }),
  ];
}
