import type { ContainerFacts } from "../../facts.ts";
import { bytesAt, type Reading } from "../bytes.ts";
import { hasText, isPowerOfTwo, u32be, u64be } from "../numbers.ts";
import type { BlockMap, Container } from "./block-map.ts";

/** Disk types of the footer (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"). */
const fixed = 2;
const dynamic = 3;
const differencing = 4;

/** Reads a VHD that begins with a copy of its footer: a dynamic or differencing one. */
export function* readVhd(head: Uint8Array, fileBytes: number): Reading<Container | string> {
  // The footer at the end is the one that counts; the copy in front serves when the end is damaged.
  const end = fileBytes >= 1024 ? yield* bytesAt(fileBytes - 512, 512) : head;
  const footer = hasText(end, 0, "conectix") ? end : head;
  const container = readVhdFooter(footer);
  if (typeof container === "string" || u32be(footer, 60) === fixed) return container;
  const header = yield* bytesAt(u64be(footer, 16), 1024);
  if (!hasText(header, 0, "cxsparse")) return "VHD without its sparse header";
  return { facts: container.facts, map: blockMap(header, u32be(footer, 60)) };
}

/** Reads the footer alone; a fixed VHD needs no more. */
export function readVhdFooter(footer: Uint8Array): Container | string {
  const type = u32be(footer, 60);
  if (type !== fixed && type !== dynamic && type !== differencing) return `VHD of unknown type ${type}`;
  const virtualBytes = sizeIn(footer);
  if (!Number.isSafeInteger(virtualBytes)) return "VHD size above 2^53";
  const facts: ContainerFacts = { format: "vhd", virtualBytes, backingFile: null, dirty: false, corrupt: false };
  return { facts, map: type === fixed ? null : "a VHD whose tables lie elsewhere" };
}

/**
 * Virtual PC and old QEMU mean the geometry (cylinders × heads × sectors), all others the size field
 * (QEMU block/vpc.c decides by the creator's name in the same way).
 */
function sizeIn(footer: Uint8Array): number {
  const creator = String.fromCharCode(...footer.subarray(28, 32));
  const size = u64be(footer, 48);
  const cylinders = (u32be(footer, 56) >>> 16) & 0xffff;
  const heads = (u32be(footer, 56) >>> 8) & 0xff;
  const sectors = u32be(footer, 56) & 0xff;
  const geometry = cylinders * heads * sectors * 512;
  const largest = 65535 * 16 * 255 * 512;
  const byGeometry = (creator === "vpc " || creator === "vs  " || creator === "qemu") && geometry !== largest;
  return byGeometry ? geometry : size;
}

function blockMap(header: Uint8Array, type: number): BlockMap | string {
  if (type === differencing) return "data in the parent of a differencing VHD";
  const tableOffset = u64be(header, 16);
  const entries = u32be(header, 28);
  const blockBytes = u32be(header, 32);
  if (!isPowerOfTwo(blockBytes) || blockBytes < 512) return "a VHD with an impossible block size";
  // Each block begins with a bitmap of its sectors, padded to whole sectors.
  const bitmapBytes = Math.ceil(blockBytes / 512 / 8 / 512) * 512;
  return {
    blockBytes,
    *locate(guestOffset: number): Reading<number | "zero" | string> {
      const index = Math.floor(guestOffset / blockBytes);
      if (index >= entries) return "zero";
      const entry = yield* bytesAt(tableOffset + index * 4, 4);
      if (entry.length < 4) return "a VHD whose block table is cut off";
      return u32be(entry, 0) === 0xffffffff ? "zero" : u32be(entry, 0) * 512 + bitmapBytes;
    },
  };
}
