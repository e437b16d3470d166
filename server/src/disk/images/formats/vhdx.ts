import type { ContainerFacts } from "../../facts.ts";
import { bytesAt, type Reading } from "../bytes.ts";
import { hasText, isPowerOfTwo, u8, u16le, u32le, u64le } from "../numbers.ts";
import type { BlockMap, Container } from "./block-map.ts";

/** GUIDs of MS-VHDX sections 2.2.3 and 2.6.2, as they lie on disk. */
const batRegion = "6677c22d23f600429d64115e9bfd4a08";
const metadataRegion = "06a27c8b90479a4bb8fe575f050f886e";
const virtualSizeItem = "2442a52f1bcd7648b2115dbed83bf4b8";
const fileParametersItem = "3767a1ca36fa434db3b633f0aa44e76b";
const logicalSectorItem = "1dbf41816fa90947ba47f233a8faab5f";

const regionTables = [192 * 1024, 256 * 1024];

/** Reads a VHDX: the current header, the region table, the metadata that hold the virtual size, and the block table. */
export function* readVhdx(): Reading<Container | string> {
  const regions = yield* readRegions();
  if (typeof regions === "string") return regions;
  const items = yield* readMetadata(regions.metadata);
  if (typeof items === "string") return items;
  const facts: ContainerFacts = {
    format: "vhdx",
    virtualBytes: items.virtualBytes,
    backingFile: null,
    dirty: yield* hasLog(),
    corrupt: false,
  };
  return { facts, map: facts.dirty ? "a VHDX whose log must be replayed" : blockMap(regions.bat, items) };
}

interface Items {
  readonly virtualBytes: number;
  readonly blockBytes: number;
  readonly sectorBytes: number;
  readonly hasParent: boolean;
}

function* readRegions(): Reading<{ bat: number; metadata: number } | string> {
  for (const offset of regionTables) {
    const table = yield* bytesAt(offset, 16 + 32 * 16);
    if (!hasText(table, 0, "regi")) continue;
    const bat = find(table, 16, Math.min(u32le(table, 8), 16), batRegion);
    const metadata = find(table, 16, Math.min(u32le(table, 8), 16), metadataRegion);
    if (bat !== null && metadata !== null)
      return { bat: u64le(table, bat + 16), metadata: u64le(table, metadata + 16) };
  }
  return "VHDX without a region table";
}

function* readMetadata(offset: number): Reading<Items | string> {
  const table = yield* bytesAt(offset, 32 + 32 * 64);
  if (!hasText(table, 0, "metadata")) return "VHDX without its metadata";
  const count = Math.min(u16le(table, 10), 64);
  const size = yield* item(table, count, offset, virtualSizeItem, 8);
  const parameters = yield* item(table, count, offset, fileParametersItem, 8);
  const sector = yield* item(table, count, offset, logicalSectorItem, 4);
  if (size === null) return "VHDX without a virtual size";
  if (!Number.isSafeInteger(u64le(size, 0))) return "VHDX size above 2^53";
  return {
    virtualBytes: u64le(size, 0),
    blockBytes: parameters === null ? 0 : u32le(parameters, 0),
    sectorBytes: sector === null ? 0 : u32le(sector, 0),
    hasParent: parameters !== null && (u32le(parameters, 4) & 2) !== 0,
  };
}

function* item(
  table: Uint8Array,
  count: number,
  base: number,
  guid: string,
  length: number,
): Reading<Uint8Array | null> {
  const entry = find(table, 32, count, guid);
  if (entry === null) return null;
  const bytes = yield* bytesAt(base + u32le(table, entry + 16), length);
  return bytes.length === length ? bytes : null;
}

/** Offset of the 32-byte entry that begins with the GUID. */
function find(table: Uint8Array, first: number, count: number, guid: string): number | null {
  for (let i = 0; i < count; i++) {
    const at = first + i * 32;
    let text = "";
    for (let j = 0; j < 16; j++)
      text += u8(table, at + j)
        .toString(16)
        .padStart(2, "0");
    if (text === guid) return at;
  }
  return null;
}

/** The current header (the one with the higher sequence number) names a log when it must be replayed. */
function* hasLog(): Reading<boolean> {
  const first = yield* bytesAt(64 * 1024, 64);
  const second = yield* bytesAt(128 * 1024, 64);
  const useFirst = hasText(first, 0, "head") && !(hasText(second, 0, "head") && u64le(second, 8) > u64le(first, 8));
  const current = useFirst ? first : second;
  for (let i = 48; i < 64; i++) if (u8(current, i) !== 0) return true;
  return false;
}

function blockMap(tableOffset: number, items: Items): BlockMap | string {
  if (items.hasParent) return "data in the parent of a differencing VHDX";
  const { blockBytes, sectorBytes } = items;
  if (!isPowerOfTwo(blockBytes) || blockBytes < 1 << 20 || (sectorBytes !== 512 && sectorBytes !== 4096)) {
    return "a VHDX with an impossible block size";
  }
  // After every `ratio` block entries the table holds one entry for a bitmap of sectors (MS-VHDX 2.5).
  const ratio = (2 ** 23 * sectorBytes) / blockBytes;
  return {
    blockBytes,
    *locate(guestOffset: number): Reading<number | "zero" | string> {
      const index = Math.floor(guestOffset / blockBytes);
      const entry = yield* bytesAt(tableOffset + (index + Math.floor(index / ratio)) * 8, 8);
      if (entry.length < 8) return "a VHDX whose block table is cut off";
      const state = u8(entry, 0) & 7;
      // Bits 20 to 63 are the offset in MiB; 6 is "fully present", 7 "partially present" (only with a parent).
      if (state === 6) return Math.floor(u64le(entry, 0) / 2 ** 20) * 2 ** 20;
      return state === 7 ? "a partially present VHDX block" : "zero";
    },
  };
}
