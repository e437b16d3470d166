import { bytesPerMiB } from "../../base/words.ts";
import type { ContentType } from "../../disk/facts.ts";

/** What microvm.nix can make (lib/volumes.nix, fsTypeToUtil): anything else throws as soon as one volume has autoCreate. */
export const supportedTypes = ["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"] as const;
export type SupportedType = (typeof supportedTypes)[number];

export function isSupported(fsType: string | undefined): fsType is SupportedType {
  return (supportedTypes as readonly (string | undefined)[]).includes(fsType);
}

/** Longest label in bytes that mkfs takes (tested with e2fsprogs 1.47, xfsprogs 6.1, btrfs-progs 6.2, dosfstools 4.2). */
export const labelLimit: Readonly<Record<SupportedType, number>> = {
  ext2: 16,
  ext3: 16,
  ext4: 16,
  xfs: 12,
  btrfs: 255,
  vfat: 11,
};

/** mke2fs only warns about a label that is too long and cuts it off; the others fail. */
export function cutsLabel(fsType: SupportedType): boolean {
  return fsType === "ext2" || fsType === "ext3" || fsType === "ext4";
}

/**
 * The smallest `size` in MiB with which mkfs succeeds. btrfs needs 109 MiB, or 16 MiB in mixed mode, which `-M` or
 * `--mixed` in mkfsExtraArgs selects. Null when the extra arguments may change the answer in a way that we do not know.
 */
export function minimumMiB(fsType: SupportedType, mkfsExtraArgs: readonly string[]): number | null {
  switch (fsType) {
    case "xfs":
      return mkfsExtraArgs.length === 0 || mkfsExtraArgs.every((argument) => argument === "-f" || argument === "-q")
        ? 300
        : null;
    case "btrfs": {
      if (mkfsExtraArgs.length === 0) return 109;
      if (mkfsExtraArgs.every((argument) => argument === "-M" || argument === "--mixed")) return 16;
      return mkfsExtraArgs.every((argument) => argument === "-f" || argument === "--force" || argument === "-q")
        ? 109
        : null;
    }
    default:
      // How much ext2/3/4 keep for root (`-m 0`) changes nothing about what is made.
      return mkfsExtraArgs.length === 0 || (fsType !== "vfat" && /^-m \d+$/.test(mkfsExtraArgs.join(" "))) ? 1 : null;
  }
}

/** Names that a kernel knows a filesystem by, and nothing else mounts under. */
const drivers: ReadonlySet<string> = new Set([
  ...supportedTypes,
  "msdos",
  "erofs",
  "squashfs",
  "bcachefs",
  "f2fs",
  "iso9660",
  "ntfs3",
  "exfat",
]);

/**
 * Whether a kernel that is told `declared` mounts what is `found`; yes where nobody knows (`fuseblk`, drivers of one's
 * own). The ext4 driver also mounts ext2 and ext3; as ext2 it also takes ext3 (the journal is ignored when it is clean);
 * as ext3 it wants a journal and none of ext4's features (fs/ext4/super.c, ext2_feature_set_ok and ext3_feature_set_ok).
 */
export function mounts(declared: string, found: ContentType): boolean {
  if (declared === found || !drivers.has(declared)) return true;
  if (declared === "msdos") return found === "vfat";
  if (declared === "ntfs3") return found === "ntfs";
  if (declared === "ext4") return found === "ext2" || found === "ext3";
  if (declared === "ext2") return found === "ext3";
  return false;
}

/**
 * Whether mkfs.fat refuses the label for its characters (dosfstools: `*?.,;:/\\|+=<>[]"`, control characters, and what code
 * page 850 has not: letters beyond Latin-1 but for a few, and lines and blocks).
 */
export function vfatForbids(label: string): boolean {
  if (/[*?.,;:/\\|+=<>[\]"\u0000-\u001f]/.test(label)) return true;
  return /[^\u0000-\u00ff\u0131\u0192\u2017\u2500-\u25ff]/.test(label);
}

/** Everything that udev leaves as it is in /dev/disk/by-label; other characters become `\xNN` there (libudev, util_replace_chars). */
export function udevKeeps(label: string): boolean {
  return /^[A-Za-z0-9#+\-.:=@_\u0080-\u{10ffff}]*$/u.test(label);
}

const encoder = new TextEncoder();

/** Length of a label as mkfs counts it. */
export function labelBytes(label: string): number {
  return encoder.encode(label).length;
}

/** Filesystems that grow while they are mounted; ext2 and vfat do not. */
const growing: ReadonlySet<string> = new Set(["ext3", "ext4", "xfs", "btrfs"]);

/** The kernel resizes no device of btrfs to less than that (fs/btrfs/ioctl.c, btrfs_ioctl_resize). */
const leastOfBtrfs = 256 * bytesPerMiB;

/** Whether a filesystem of that type, mounted, can be grown to so many bytes. */
export function growsTo(type: string, bytes: number): boolean {
  return growing.has(type) && (type !== "btrfs" || bytes >= leastOfBtrfs);
}
