import { mkdirSync } from "node:fs";
import type { ContentType, SpaceFacts } from "../../../server/src/disk/facts.ts";
import type { MountSpace } from "../mount-space.ts";
import { run } from "./run.ts";

/** What the real tools say of an image. Undefined: the tool for this type has no such number. */
export interface Judgement {
  readonly type: string | null;
  readonly label: string | null;
  readonly uuid: string | null;
  readonly sizeBytes?: number;
  readonly freeBytes?: number;
  /** By statfs of a loop mount, as `df` shows it; left out where this kernel cannot mount it. */
  readonly space?: Pick<SpaceFacts, "totalBytes" | "freeBytes" | "availableBytes" | "inodes">;
  readonly lastMounted?: string | null;
  readonly state?: string;
  readonly createdMs?: number;
}

/** Asks blkid, and the tool of the filesystem's own package for the numbers. */
export async function judge(path: string, type: ContentType): Promise<Judgement> {
  const common = await askBlkid(path);
  if (type === "ext2" || type === "ext3" || type === "ext4") return { ...common, ...(await askDumpe2fs(path)) };
  if (type === "xfs") return { ...common, ...(await askXfsDb(path)) };
  if (type === "btrfs") return { ...common, ...(await askBtrfs(path)) };
  if (type === "vfat") return { ...common, ...(await askFsckVfat(path)) };
  return common;
}

/** Mounts the image, which changes it, and asks for what `df` would show. */
export async function askDf(mounts: MountSpace, path: string, point: string): Promise<Partial<Judgement>> {
  mkdirSync(point, { recursive: true });
  const mounted = await mounts.run("mount", "-o", "loop", path, point);
  if (mounted.status !== 0) return {};
  const space = await askDfMounted(mounts, point);
  await mounts.must("umount", point);
  return { space };
}

/** What `df` shows of a mount point. */
export async function askDfMounted(mounts: MountSpace, point: string): Promise<NonNullable<Judgement["space"]>> {
  const { stdout } = await mounts.run("stat", "-f", "-c", "%b %f %a %S %c %d", point);
  const [blocks = 0, free = 0, available = 0, unit = 0, inodes = 0, freeInodes = 0] = stdout.split(" ").map(Number);
  return {
    totalBytes: blocks * unit,
    freeBytes: free * unit,
    availableBytes: available * unit,
    inodes: inodes === 0 ? null : { total: inodes, free: freeInodes },
  };
}

export const namesOfBlkid: Readonly<Record<string, string>> = {
  crypto_LUKS: "luks",
  dos: "mbr",
  LVM2_member: "lvm",
  zfs_member: "zfs",
};

/** Low-level probing, with the encoded label that udev makes its links of. */
async function askBlkid(path: string): Promise<Judgement> {
  const { stdout } = await run("blkid", ["-p", "-o", "udev", path]);
  const values = new Map(
    stdout.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const type = values.get("ID_FS_TYPE") ?? values.get("ID_PART_TABLE_TYPE") ?? null;
  return {
    type: type === null ? null : (namesOfBlkid[type] ?? type),
    label: decode(values.get("ID_FS_LABEL_ENC")),
    uuid: values.get("ID_FS_UUID") ?? null,
  };
}

/** `\x20` and the like, which udev puts for every character that is not safe in a name. */
export function decode(text: string | undefined): string | null {
  if (text === undefined) return null;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const code = /^\\x([0-9a-f]{2})/.exec(text.slice(at, at + 4))?.[1];
    const character = String.fromCodePoint(text.codePointAt(at) as number);
    if (code === undefined) bytes.push(...Buffer.from(character));
    else bytes.push(Number.parseInt(code, 16));
    at += code === undefined ? character.length : 4;
  }
  return Buffer.from(bytes).toString("utf8");
}

async function askDumpe2fs(path: string): Promise<Partial<Judgement>> {
  const { stdout } = await run("dumpe2fs", ["-h", path]);
  const value = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(stdout)?.[1] ?? "";
  const block = Number(value("Block size"));
  const mounted = value("Last mounted on");
  return {
    sizeBytes: Number(value("Block count")) * block,
    freeBytes: Number(value("Free blocks")) * block,
    lastMounted: mounted === "<not available>" ? null : mounted,
    state: value("Filesystem state"),
    createdMs: Date.parse(`${value("Filesystem created")} UTC`),
  };
}

async function askXfsDb(path: string): Promise<Partial<Judgement>> {
  const print = ["blocksize", "dblocks", "fdblocks", "uuid"].flatMap((field) => ["-c", `p ${field}`]);
  const { stdout } = await run("xfs_db", ["-r", "-c", "sb 0", ...print, path]);
  const value = (name: string): string => new RegExp(`^${name} = (.*)$`, "m").exec(stdout)?.[1] ?? "";
  const block = Number(value("blocksize"));
  const log = await run("xfs_logprint", ["-t", path]);
  return {
    sizeBytes: Number(value("dblocks")) * block,
    freeBytes: Number(value("fdblocks")) * block,
    state: /state: <CLEAN>/.test(log.stdout) ? "clean" : "dirty",
  };
}

async function askBtrfs(path: string): Promise<Partial<Judgement>> {
  const { stdout } = await run("btrfs", ["inspect-internal", "dump-super", path]);
  const value = (name: string): number => Number(new RegExp(`^${name}\\s+(\\d+)`, "m").exec(stdout)?.[1]);
  return { sizeBytes: value("total_bytes"), freeBytes: value("total_bytes") - value("bytes_used") };
}

async function askFsckVfat(path: string): Promise<Partial<Judgement>> {
  const { stdout } = await run("fsck.vfat", ["-n", "-v", path]);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1]);
  const [, used, total] = /, (\d+)\/(\d+) clusters/.exec(stdout) ?? [];
  return {
    sizeBytes: number(/(\d+) sectors total/) * number(/(\d+) bytes per logical sector/),
    freeBytes: (Number(total) - Number(used)) * number(/(\d+) bytes per cluster/),
  };
}
