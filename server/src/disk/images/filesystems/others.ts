import type { FilesystemFacts } from "../../facts.ts";
import { labelAt, uuidAt } from "../../text.ts";
import { bytesAt, optionalBytesAt, type Reading } from "../bytes.ts";
import { hasText, u8, u16le, u32be, u32le, u64le } from "../numbers.ts";
import { readDisc } from "./discs.ts";
import { bcacheMagic } from "./members.ts";
import { named } from "./named.ts";

/** Content that no volume of microvm.nix should have, recognised from the first 4 KiB; it is named, not judged. */
export function* readOthersFromHead(head: Uint8Array): Reading<FilesystemFacts | null> {
  if (hasText(head, 0, "hsqs") && u16le(head, 28) >= 4) return named("squashfs", { sizeBytes: u64le(head, 40) });
  if (hasText(head, 3, "NTFS    ")) {
    const sizeBytes = u64le(head, 40) * u16le(head, 11);
    return named("ntfs", { uuid: ntfsSerial(head), sizeBytes, label: yield* ntfsLabel(head) });
  }
  if (hasText(head, 3, "EXFAT   ")) return named("exfat", yield* exfat(head));
  if (u32le(head, 1024) === 0xe0f5e1e2) return named("erofs", erofs(head));
  if (u32le(head, 1024) === 0xf2f52010)
    return named("f2fs", { uuid: uuidAt(head, 1024 + 108), label: wideText(head, 1024 + 124, 512) });
  if (hasText(head, 4086, "SWAPSPACE2") || hasText(head, 4086, "SWAP-SPACE")) return named("swap", swap(head));
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
export function* readOthersFurtherIn(head: Uint8Array): Reading<FilesystemFacts | null> {
  const magic = uuidAt(head, 4096 + 24);
  if (magic === bcachefsMagic || (magic === bcacheMagic && u64le(head, 4096 + 104) === 8))
    return named("bcachefs", { uuid: uuidAt(head, 4096 + 56), label: labelAt(head, 4096 + 72, 32) });
  const volume = yield* bytesAt(32768, 16 * 2048);
  const disc = readDisc(volume);
  if (disc !== null) return named(disc.type, disc);
  // A vdev label: XDR-encoded pairs that begin with this header and name the pool.
  const zfs = yield* bytesAt(16384, 4096);
  if (u32be(zfs, 0) === 0x01010000 && decodeLatin(zfs).includes("pool_guid")) return named("zfs", {});
  for (const page of [8192, 16384, 65536]) {
    const end = yield* bytesAt(page - 10, 10);
    if (hasText(end, 0, "SWAPSPACE2")) return named("swap", {});
  }
  return null;
}

const bcachefsMagic = "c68573f6-66ce-90a9-d96a-60cf803df7ef";

/** The label is an entry of the root directory, 32 bytes long (libblkid/src/superblocks/exfat.c). */
function* exfat(head: Uint8Array): Reading<{ label: string | null; uuid: string | null; sizeBytes: number }> {
  const sectorBytes = 2 ** Math.min(u8(head, 108), 12);
  const clusterBytes = sectorBytes * 2 ** Math.min(u8(head, 109), 16);
  const serial = u32le(head, 100).toString(16).toUpperCase().padStart(8, "0");
  const root = u32le(head, 88) * sectorBytes + (u32le(head, 96) - 2) * clusterBytes;
  const entries = yield* bytesAt(root, Math.min(clusterBytes, 65536));
  let label: string | null = null;
  for (let at = 0; at + 32 <= entries.length && u8(entries, at) !== 0 && label === null; at += 32) {
    if (u8(entries, at) === 0x83) label = wideText(entries, at + 2, Math.min(u8(entries, at + 1), 11));
  }
  const uuid = `${serial.slice(0, 4)}-${serial.slice(4)}`;
  return { label, uuid, sizeBytes: u64le(head, 72) * sectorBytes };
}

/** UTF-16, up to the first zero; null when nothing is left. */
function wideText(bytes: Uint8Array, at: number, length: number): string | null {
  let text = "";
  for (let i = 0; i < length && u16le(bytes, at + 2 * i) !== 0; i++)
    text += String.fromCharCode(u16le(bytes, at + 2 * i));
  return text.trimEnd() === "" ? null : text.trimEnd();
}

/** The name of the volume is an attribute of the fourth file record (libblkid/src/superblocks/ntfs.c). */
function* ntfsLabel(head: Uint8Array): Reading<string | null> {
  const clusterBytes = u16le(head, 11) * u8(head, 13);
  const size = u8(head, 64);
  const recordBytes = size < 128 ? size * clusterBytes : 2 ** (256 - size);
  if (recordBytes < 512 || recordBytes > 65536) return null;
  const record = yield* optionalBytesAt(u64le(head, 48) * clusterBytes + 3 * recordBytes, recordBytes);
  for (let at = u16le(record, 20); at > 0 && at + 24 <= record.length; at += u32le(record, at + 4)) {
    if (u32le(record, at) === 0x60) return wideText(record, at + u16le(record, at + 20), u32le(record, at + 16) / 2);
    if (u32le(record, at + 4) < 16) return null;
  }
  return null;
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
