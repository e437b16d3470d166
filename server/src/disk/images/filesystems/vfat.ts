import type { FilesystemFacts, Observed, SpaceFacts } from "../../facts.ts";
import { labelAt } from "../../text.ts";
import { bytesAt, type Reading } from "../bytes.ts";
import { hasText, isPowerOfTwo, u8, u16le, u32le } from "../numbers.ts";
import { writebackSeconds } from "./ext-space.ts";

interface Geometry {
  readonly bits: 12 | 16 | 32;
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly sectors: number;
  readonly clusters: number;
  readonly fatOffset: number;
  readonly rootOffset: number;
  readonly rootBytes: number;
}

/** Reads a FAT12, FAT16 or FAT32 boot sector with its root directory and free count. Null: it is none. */
export function* readVfat(head: Uint8Array): Reading<FilesystemFacts | null> {
  const geometry = geometryOf(head);
  if (geometry === null) return null;
  const { bits, sectorBytes, sectors } = geometry;
  const flags = u8(head, bits === 32 ? 0x41 : 0x25);
  // The bit says that it was unmounted (kernel fs/fat/inode.c, fat_set_state).
  const dirty = (flags & 1) !== 0;
  return {
    type: "vfat",
    label: yield* readLabel(geometry),
    uuid: serial(head, bits === 32 ? 0x43 : 0x27),
    sizeBytes: sectors * sectorBytes,
    space: yield* readSpace(head, geometry, dirty),
    lastMounted: null,
    state: (flags & 2) !== 0 ? "errors" : dirty ? "needs-recovery" : "clean",
    multipleDevices: false,
  };
}

/** The checks of libblkid (superblocks/vfat.c), which keep partition tables and other boot sectors out. */
function geometryOf(head: Uint8Array): Geometry | null {
  if (u16le(head, 510) !== 0xaa55 && !hasText(head, 0x36, "FAT") && !hasText(head, 0x52, "FAT32")) return null;
  if (hasText(head, 3, "NTFS    ") || hasText(head, 3, "EXFAT   ")) return null;
  if (hasText(head, 0x36, "JFS     ") || hasText(head, 0x36, "HPFS    ")) return null;
  const sectorBytes = u16le(head, 11);
  const perCluster = u8(head, 13);
  const reserved = u16le(head, 14);
  const tables = u8(head, 16);
  const media = u8(head, 21);
  if (!isPowerOfTwo(sectorBytes) || sectorBytes < 512 || sectorBytes > 4096) return null;
  if (!isPowerOfTwo(perCluster) || reserved === 0 || tables === 0 || (media < 0xf8 && media !== 0xf0)) return null;
  const short = u16le(head, 22);
  const tableSectors = short || u32le(head, 36);
  const sectors = u16le(head, 19) || u32le(head, 32);
  const rootSectors = Math.ceil((u16le(head, 17) * 32) / sectorBytes);
  const dataSector = reserved + tables * tableSectors + rootSectors;
  const clusters = Math.floor((sectors - dataSector) / perCluster);
  if (tableSectors === 0 || clusters < 1) return null;
  const bits = short === 0 ? 32 : clusters > 4084 ? 16 : 12;
  if (clusters > (bits === 32 ? 0x0ffffff6 : 65524)) return null;
  const clusterBytes = perCluster * sectorBytes;
  const rootCluster = u32le(head, 44);
  if (bits === 32 && (rootCluster < 2 || rootCluster > clusters + 1)) return null;
  return {
    bits,
    sectorBytes,
    clusterBytes,
    sectors,
    clusters,
    fatOffset: reserved * sectorBytes,
    rootOffset:
      bits === 32
        ? dataSector * sectorBytes + (rootCluster - 2) * clusterBytes
        : (dataSector - rootSectors) * sectorBytes,
    rootBytes: bits === 32 ? clusterBytes : rootSectors * sectorBytes,
  };
}

/**
 * Space as fat_statfs counts it, by the empty entries of the table. Where the table is longer than is read, and at rest,
 * the count in FAT32's FSInfo sector says the same; while it is mounted, that one is only a hint.
 */
function* readSpace(head: Uint8Array, geometry: Geometry, dirty: boolean): Reading<Observed<SpaceFacts>> {
  const { bits, clusters, clusterBytes } = geometry;
  const mayCount = bits !== 32 || (dirty && clusters <= maxCounted);
  const counted = mayCount ? yield* freeByTable(geometry) : null;
  const free = counted ?? (bits === 32 ? yield* freeByFsInfo(head, geometry) : null);
  if (free === null)
    return { state: "unreadable", reason: "unsupported", detail: "it keeps no count of free clusters" };
  if (free > clusters) return { state: "unreadable", reason: "malformed", detail: "more is free than there is" };
  const asOf = !dirty ? "rest" : counted === null ? "hint" : "commit";
  const freeBytes = free * clusterBytes;
  const behindSeconds = dirty ? writebackSeconds : 0;
  const totalBytes = clusters * clusterBytes;
  const value: SpaceFacts = { totalBytes, freeBytes, availableBytes: freeBytes, inodes: null, asOf, behindSeconds };
  return { state: "seen", value, by: counted === null ? "FSInfo" : "allocation table" };
}

/** Entries of 4 bytes that are counted: 1 MiB of them. */
const maxCounted = (1 << 18) - 2;

/** FAT32 keeps the count of free clusters in its FSInfo sector; 0xffffffff means unknown. */
function* freeByFsInfo(head: Uint8Array, { sectorBytes }: Geometry): Reading<number | null> {
  const sector = u16le(head, 48);
  if (sector === 0 || sector === 0xffff) return null;
  const info = yield* bytesAt(sector * sectorBytes, 512);
  if (!hasText(info, 0, "RRaA") || !hasText(info, 484, "rrAa")) return null;
  const free = u32le(info, 488);
  return free === 0xffffffff ? null : free;
}

/** FAT12 and FAT16 keep no count: their table (at most 128 KiB) is read and its empty entries counted. FAT32's too, where it is short. */
function* freeByTable({ bits, clusters, fatOffset }: Geometry): Reading<number | null> {
  const entries = clusters + 2;
  const length = bits === 12 ? Math.ceil((entries * 3) / 2) : (entries * bits) / 8;
  const table = yield* bytesAt(fatOffset, length);
  if (table.length < length) return null;
  let free = 0;
  for (let entry = 2; entry < entries; entry++) {
    if (bits === 32) {
      if ((u32le(table, entry * 4) & 0x0fffffff) === 0) free++;
    } else if (bits === 16) {
      if (u16le(table, entry * 2) === 0) free++;
    } else {
      const pair = u16le(table, entry + (entry >> 1));
      if (((entry & 1) === 0 ? pair & 0xfff : pair >> 4) === 0) free++;
    }
  }
  return free;
}

/** The label that counts is the entry of the root directory, which is what udev names; the boot sector has a copy. */
function* readLabel({ rootOffset, rootBytes }: Geometry): Reading<string | null> {
  const directory = yield* bytesAt(rootOffset, Math.min(rootBytes, 1 << 16));
  for (let at = 0; at + 32 <= directory.length && directory[at] !== 0; at += 32) {
    const attributes = u8(directory, at + 11);
    const deleted = directory[at] === 0xe5;
    const longName = (attributes & 0x3f) === 0x0f;
    const hasContent = u16le(directory, at + 20) !== 0 || u16le(directory, at + 26) !== 0;
    if (deleted || longName || hasContent || (attributes & 0x18) !== 0x08) continue;
    const name = directory.slice(at, at + 11);
    // 0x05 stands for a first byte of 0xe5, which would mean "deleted".
    if (name[0] === 0x05) name[0] = 0xe5;
    return labelAt(name, 0, 11);
  }
  return null;
}

/** As blkid and udev write it: `1A2B-3C4D`. */
function serial(head: Uint8Array, at: number): string | null {
  const value = u32le(head, at);
  if (value === 0) return null;
  const text = value.toString(16).toUpperCase().padStart(8, "0");
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
