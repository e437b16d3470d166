import type { Dirent, Stats } from "node:fs";
import { readFileSync } from "node:fs";
import type { FileKind } from "../facts.ts";
import type { FileStat } from "../images/image.ts";

/** The facts of node's stat. A block device has no size there: sysfs knows it. */
export function fileStat(stats: Stats): FileStat {
  const kind = fileKind(stats);
  return {
    kind,
    device: stats.dev,
    inode: stats.ino,
    links: stats.nlink,
    uid: stats.uid,
    gid: stats.gid,
    mode: stats.mode & 0o7777,
    apparentBytes: kind === "block-device" ? blockDeviceBytes(stats.rdev) : stats.size,
    allocatedBytes: kind === "block-device" ? blockDeviceBytes(stats.rdev) : stats.blocks * 512,
    modifiedMs: Math.floor(stats.mtimeMs),
    changedMs: stats.ctimeMs,
  };
}

export function fileKind(entry: Stats | Dirent): FileKind {
  if (entry.isFile()) return "regular";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "symlink";
  if (entry.isBlockDevice()) return "block-device";
  if (entry.isCharacterDevice()) return "character-device";
  if (entry.isFIFO()) return "fifo";
  return entry.isSocket() ? "socket" : "unknown";
}

/** Major and minor number out of st_dev or st_rdev (glibc's gnu_dev_major and gnu_dev_minor). */
export function deviceNumbers(device: number): { major: number; minor: number } {
  const wide = BigInt(device);
  const major = Number(((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n));
  const minor = Number((wide & 0xffn) | ((wide >> 12n) & 0xffffff00n));
  return { major, minor };
}

/** Size from sysfs, which counts in sectors of 512 bytes; 0 when it is not known. */
function blockDeviceBytes(rdev: number): number {
  const { major, minor } = deviceNumbers(rdev);
  try {
    return Number.parseInt(readFileSync(`/sys/dev/block/${major}:${minor}/size`, "utf8"), 10) * 512 || 0;
  } catch {
    return 0;
  }
}
