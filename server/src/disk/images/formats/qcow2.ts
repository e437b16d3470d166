import { decodeUtf8 } from "../../../base/utf8.ts";
import type { ContainerFacts } from "../../facts.ts";
import { bytesAt, type Reading } from "../bytes.ts";
import { hasText, u8, u32be, u64be } from "../numbers.ts";
import type { BlockMap, Container } from "./block-map.ts";
import { type Compression, Unpacker } from "./qcow2-compressed.ts";

/** True for the magic of qcow2 (versions 2 and 3; the old qcow has its own version number). */
export function isQcow2(head: Uint8Array): boolean {
  return hasText(head, 0, "QFI\xfb") && (u32be(head, 4) === 2 || u32be(head, 4) === 3);
}

/** Reads a qcow2 header (QEMU docs/interop/qcow2.txt) and says how guest bytes are found in the file. */
export function* readQcow2(head: Uint8Array): Reading<Container | string> {
  const clusterBits = u32be(head, 20);
  if (clusterBits < 9 || clusterBits > 21) return `qcow2 cluster size 2^${clusterBits}`;
  const virtualBytes = u64be(head, 24);
  if (!Number.isSafeInteger(virtualBytes)) return "qcow2 virtual size above 2^53";
  const incompatible = u32be(head, 4) === 3 ? u64be(head, 72) : 0;
  if (!Number.isFinite(incompatible)) return "qcow2 with unknown incompatible features";
  const facts: ContainerFacts = {
    format: "qcow2",
    virtualBytes,
    backingFile: yield* backingFile(head),
    dirty: (incompatible & 1) !== 0,
    corrupt: (incompatible & 2) !== 0,
  };
  return { facts, map: blockMap(head, clusterBits, incompatible, facts.backingFile) };
}

function* backingFile(head: Uint8Array): Reading<string | null> {
  const length = u32be(head, 16);
  if (u64be(head, 8) === 0 || length === 0 || length > 1023) return null;
  const name = yield* bytesAt(u64be(head, 8), length);
  return name.length === length ? decodeUtf8(name) : null;
}

function blockMap(
  head: Uint8Array,
  clusterBits: number,
  incompatible: number,
  backing: string | null,
): BlockMap | string {
  const encrypted = u32be(head, 32) !== 0;
  if (encrypted) return "an encrypted qcow2 image";
  if ((incompatible & 4) !== 0) return "a qcow2 image with an external data file";
  if ((incompatible & ~31) !== 0) return "qcow2 features that are not known here";
  // Extended entries carry a bitmap of 32 subclusters, each of which is there or not.
  const extended = (incompatible & 16) !== 0;
  const clusterBytes = 2 ** clusterBits;
  const entryBytes = extended ? 16 : 8;
  const blockBytes = extended ? clusterBytes / 32 : clusterBytes;
  const perTable = clusterBytes / entryBytes;
  const l1Size = u32be(head, 36);
  const l1Offset = u64be(head, 40);
  const unpacker = new Unpacker(clusterBits, compressionOf(head, incompatible));
  // Small clusters need many entries of the same table.
  let knownIndex = -1;
  let knownTable = 0;
  return {
    blockBytes,
    *locate(guestOffset: number): Reading<number | Uint8Array | "zero" | string> {
      const cluster = Math.floor(guestOffset / clusterBytes);
      const l1Index = Math.floor(cluster / perTable);
      if (l1Index >= l1Size) return "zero";
      if (l1Index !== knownIndex) knownTable = offsetIn(yield* bytesAt(l1Offset + l1Index * 8, 8));
      knownIndex = l1Index;
      if (knownTable === 0) return absent(backing);
      const entry = yield* bytesAt(knownTable + (cluster % perTable) * entryBytes, entryBytes);
      if (entry.length < entryBytes) return "a qcow2 image that is cut off";
      if ((u32be(entry, 0) & 0x40000000) !== 0) {
        const bytes = yield* unpacker.cluster(entry);
        if (typeof bytes === "string") return bytes;
        const from = Math.floor((guestOffset % clusterBytes) / blockBytes) * blockBytes;
        return bytes.subarray(from, from + blockBytes);
      }
      const at = offsetIn(entry);
      if (!extended) {
        // Bit 0 of a plain entry: the cluster reads as zeros, whatever lies at its offset.
        if ((u32be(entry, 4) & 1) !== 0) return "zero";
        return at === 0 ? absent(backing) : at;
      }
      const subcluster = Math.floor((guestOffset % clusterBytes) / blockBytes);
      if (((u32be(entry, 8) >>> subcluster) & 1) !== 0) return "zero";
      if (((u32be(entry, 12) >>> subcluster) & 1) === 0) return absent(backing);
      return at + subcluster * blockBytes;
    },
  };
}

/** Feature bit 3 says that the type is written behind the header of version 3: 0 deflate, 1 zstd. */
function compressionOf(head: Uint8Array, incompatible: number): Compression {
  if ((incompatible & 8) === 0) return "deflate";
  return u8(head, 104) === 0 ? "deflate" : u8(head, 104) === 1 ? "zstd" : "unknown";
}

function absent(backing: string | null): "zero" | string {
  return backing === null ? "zero" : "data in the backing file";
}

/** Bits 9 to 55 of a table entry. Infinity (more than 2^53) is refused by the reader. */
function offsetIn(entry: Uint8Array): number {
  return (u32be(entry, 0) & 0x00ffffff) * 0x100000000 + ((u32be(entry, 4) & 0xfffffe00) >>> 0);
}
