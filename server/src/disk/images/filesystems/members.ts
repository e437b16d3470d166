import { decodeUtf8 } from "../../../base/utf8.ts";
import type { FilesystemFacts } from "../../facts.ts";
import { labelAt, uuidAt } from "../../text.ts";
import { optionalBytesAt, type Reading } from "../bytes.ts";
import { hasText, u8, u32be, u32le, u64le } from "../numbers.ts";
import { named } from "./named.ts";

/** What makes a disk a member of something else: it is named whatever else lies on it. From the first two pages. */
export function readMemberFromHead(head: Uint8Array): FilesystemFacts | null {
  if (hasText(head, 0, "LUKS\xba\xbe")) return named("luks", { uuid: textUuid(head, 168), label: luksLabel(head) });
  for (const at of [0, 4096]) {
    if (u32le(head, at) === raidMagic && u32le(head, at + 4) === 1 && u64le(head, at + 144) * 512 === at)
      return named("linux_raid_member", { uuid: uuidAt(head, at + 16), label: labelAt(head, at + 32, 32) });
  }
  // Both keep their own place in the superblock, bcache before the magic number and bcachefs behind it.
  if (uuidAt(head, 4096 + 24) === bcacheMagic && u64le(head, 4096 + 8) === 8 && u64le(head, 4096 + 104) !== 8) {
    return named("bcache", { uuid: uuidAt(head, 4096 + 40), label: labelAt(head, 4096 + 72, 32) });
  }
  for (let sector = 0; sector < 4; sector++) {
    if (hasText(head, sector * 512, "LABELONE") && hasText(head, sector * 512 + 24, "LVM2 001"))
      return named("lvm", {});
  }
  return null;
}

const raidMagic = 0xa92b4efc;
/** Of bcache, and of bcachefs until it got its own. */
export const bcacheMagic = "c68573f6-4e1a-45ca-8265-f57f48ba6d81";

/** What is looked at of the end of a disk. */
export const endBytes = 16384;

/** Arrays that write to the end: of Linux (versions 0.90 and 1.0), and of firmware. */
export function* readMemberFromEnd(diskBytes: number): Reading<FilesystemFacts | null> {
  const start = Math.max(0, diskBytes - endBytes);
  const old = yield* optionalBytesAt(oldRaidAt(diskBytes), 8);
  if (u32le(old, 0) === raidMagic || u32be(old, 0) === raidMagic) return named("linux_raid_member", {});
  const end = yield* optionalBytesAt(start, diskBytes - start);
  const sector = (fromEnd: number): number => (Math.floor(diskBytes / 512) - fromEnd) * 512 - start;
  const raid = diskBytes - (diskBytes % 4096) - 8192 - start;
  if (raid >= 0 && u32le(end, raid) === raidMagic && u32le(end, raid + 4) === 1)
    return named("linux_raid_member", { uuid: uuidAt(end, raid + 16), label: labelAt(end, raid + 32, 32) });
  if (u32be(end, sector(1)) === 0xde11de11) return named("ddf_raid_member", {});
  if (hasText(end, sector(2), "Intel Raid ISM Cfg Sig. ")) return named("isw_raid_member", {});
  if (hasText(end, sector(1), "$XIDE$")) return named("lsi_mega_raid_member", {});
  return hasText(end, sector(2), "NVIDIA") ? named("nvidia_raid_member", {}) : null;
}

/** The place of a superblock of version 0.90: 64 KiB before the last whole 64 KiB; negative on a smaller disk. */
export function oldRaidAt(diskBytes: number): number {
  return diskBytes - (diskBytes % 65536) - 65536;
}

/** LUKS2 has a label at 24; in LUKS1 the same bytes name the cipher mode. */
function luksLabel(head: Uint8Array): string | null {
  return u8(head, 7) === 2 ? labelAt(head, 24, 48) : null;
}

function textUuid(head: Uint8Array, at: number): string | null {
  let end = at;
  while (end < at + 40 && u8(head, end) !== 0) end++;
  return end > at ? decodeUtf8(head.subarray(at, end)) : null;
}
