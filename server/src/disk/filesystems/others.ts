import { bytesAt, type Reading } from "../bytes.ts";
import type { ContentType, FilesystemFacts } from "../facts.ts";
import { hasText, u8, u16le, u32be, u32le, u64le } from "../numbers.ts";
import { decodeUtf8, labelAt, uuidAt } from "../text.ts";

/** Content that no volume of microvm.nix should have, recognised from the first 4 KiB; it is named, not judged. */
export function readOthersFromHead(head: Uint8Array): FilesystemFacts | null {
  if (hasText(head, 0, "LUKS\xba\xbe")) return named("luks", { uuid: textUuid(head, 168), label: luksLabel(head) });
  if (hasText(head, 0, "hsqs")) return named("squashfs", { sizeBytes: u64le(head, 40) });
  if (hasText(head, 3, "NTFS    "))
    return named("ntfs", { uuid: ntfsSerial(head), sizeBytes: u64le(head, 40) * u16le(head, 11) });
  if (hasText(head, 3, "EXFAT   "))
    return named("exfat", { sizeBytes: u64le(head, 72) * 2 ** Math.min(u8(head, 108), 12) });
  if (u32le(head, 1024) === 0xe0f5e1e2) return named("erofs", erofs(head));
  if (u32le(head, 1024) === 0xf2f52010) return named("f2fs", { uuid: uuidAt(head, 1024 + 108) });
  if (hasText(head, 4086, "SWAPSPACE2") || hasText(head, 4086, "SWAP-SPACE")) return named("swap", swap(head));
  for (let sector = 0; sector < 4; sector++) {
    if (hasText(head, sector * 512, "LABELONE") && hasText(head, sector * 512 + 24, "LVM2 001"))
      return named("lvm", {});
  }
  return null;
}

/** A partition table. Asked after vfat, whose boot sector ends with the same two bytes. */
export function readPartitionTable(head: Uint8Array): FilesystemFacts | null {
  if (hasText(head, 512, "EFI PART")) return named("gpt", {});
  if (u16le(head, 510) !== 0xaa55) return null;
  let used = 0;
  let protective = false;
  for (let at = 446; at < 510; at += 16) {
    const flag = u8(head, at);
    if (flag !== 0 && flag !== 0x80) return null;
    if (u8(head, at + 4) !== 0 && u32le(head, at + 12) !== 0) used++;
    // With sectors of 4 KiB the GPT lies outside of `head`, but its protective entry does not.
    if (u8(head, at + 4) === 0xee) protective = true;
  }
  return used > 0 ? named(protective ? "gpt" : "mbr", {}) : null;
}

/** Content whose mark lies further in. */
export function* readOthersFurtherIn(): Reading<FilesystemFacts | null> {
  const bcachefs = yield* bytesAt(4096, 4096);
  if (isBcachefs(bcachefs)) return named("bcachefs", { uuid: uuidAt(bcachefs, 56), label: labelAt(bcachefs, 72, 32) });
  const iso = yield* bytesAt(32768, 2048);
  if (hasText(iso, 1, "CD001")) return named("iso9660", { label: labelAt(iso, 40, 32) });
  // A vdev label: XDR-encoded pairs that begin with this header and name the pool.
  const zfs = yield* bytesAt(16384, 4096);
  if (u32be(zfs, 0) === 0x01010000 && decodeLatin(zfs).includes("pool_guid")) return named("zfs", {});
  for (const page of [8192, 16384, 65536]) {
    const end = yield* bytesAt(page - 10, 10);
    if (hasText(end, 0, "SWAPSPACE2")) return named("swap", {});
  }
  return null;
}

function named(
  type: ContentType,
  known: { label?: string | null; uuid?: string | null; sizeBytes?: number },
): FilesystemFacts {
  const size = known.sizeBytes;
  return {
    type,
    label: known.label ?? null,
    uuid: known.uuid ?? null,
    sizeBytes: size !== undefined && size > 0 && Number.isSafeInteger(size) ? size : null,
    space: { state: "absent" },
    lastMounted: null,
    state: "unknown",
    multipleDevices: false,
  };
}

/** Magic of bcache and bcachefs; only the latter's is known as a filesystem (include/uapi of bcachefs). */
function isBcachefs(block: Uint8Array): boolean {
  const magic = uuidAt(block, 24);
  return magic === "c68573f6-66ce-90a9-d96a-60cf803df7ef" || magic === "c68573f6-4e1a-45ca-8265-f57f48ba6d81";
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

function ntfsSerial(head: Uint8Array): string | null {
  let text = "";
  for (let i = 7; i >= 0; i--)
    text += u8(head, 72 + i)
      .toString(16)
      .toUpperCase()
      .padStart(2, "0");
  return /^0+$/.test(text) ? null : text;
}

function erofs(head: Uint8Array): { label: string | null; uuid: string | null; sizeBytes: number } {
  const blockBytes = 2 ** Math.min(u8(head, 1024 + 12), 16);
  return {
    uuid: uuidAt(head, 1024 + 48),
    label: labelAt(head, 1024 + 64, 16),
    sizeBytes: u32le(head, 1024 + 36) * blockBytes,
  };
}

function swap(head: Uint8Array): { label: string | null; uuid: string | null } {
  return { uuid: uuidAt(head, 1024 + 12), label: labelAt(head, 1024 + 28, 16) };
}

function decodeLatin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
