import { inflateRawSync } from "node:zlib";
import { bytesAt, maxRequestBytes, type Reading } from "../bytes.ts";
import { u32be } from "../numbers.ts";

/** More than this is not unpacked of one image: it would hold whoever reads. */
const maxUnpackedBytes = 2 << 20;
/** What unpacking costs however small a cluster is, in bytes that could be unpacked instead. */
const leastBytes = 16 << 10;

/** How an image's clusters are compressed; `deflate` is all that Node 20 can undo. */
export type Compression = "deflate" | "zstd" | "unknown";

/** Unpacks compressed clusters, the last of which is kept: superblocks lie close together. */
export class Unpacker {
  readonly #clusterBits: number;
  readonly #compression: Compression;
  #unpackedBytes = 0;
  #last: { readonly offset: number; readonly bytes: Uint8Array } | null = null;

  constructor(clusterBits: number, compression: Compression) {
    this.#clusterBits = clusterBits;
    this.#compression = compression;
  }

  /**
   * The cluster that a "Compressed Clusters Descriptor" leads to (QEMU docs/interop/qcow2.txt): the bits below
   * 62 - (cluster_bits - 8) are the offset, those above count the further sectors of 512 bytes that it touches.
   */
  *cluster(descriptor: Uint8Array): Reading<Uint8Array | string> {
    if (this.#compression !== "deflate") return `compressed clusters (${this.#compression})`;
    const { offset, length } = packedAt(descriptor, this.#clusterBits);
    if (this.#last?.offset === offset) return this.#last.bytes;
    const clusterBytes = 2 ** this.#clusterBits;
    this.#unpackedBytes += Math.max(clusterBytes, leastBytes);
    if (this.#unpackedBytes > maxUnpackedBytes || length > maxRequestBytes) return "so many compressed clusters";
    const packed = yield* bytesAt(offset, length);
    const bytes = inflate(packed, clusterBytes);
    if (bytes === null) return "a compressed cluster that is damaged";
    this.#last = { offset, bytes };
    return bytes;
  }
}

/** Where the packed bytes lie. The last sector may be longer than what is needed of it. */
function packedAt(descriptor: Uint8Array, clusterBits: number): { offset: number; length: number } {
  const high = u32be(descriptor, 0) & 0x3fffffff;
  const offsetBits = 62 - (clusterBits - 8);
  const highBits = offsetBits - 32;
  const offset = (high & (2 ** highBits - 1)) * 2 ** 32 + u32be(descriptor, 4);
  const sectors = (high >>> highBits) + 1;
  return { offset, length: sectors * 512 - (offset % 512) };
}

/** Raw deflate, as much as a cluster holds; null when it is anything else. */
function inflate(packed: Uint8Array, clusterBytes: number): Uint8Array | null {
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: clusterBytes });
    return bytes.length === clusterBytes ? bytes : null;
  } catch {
    return null;
  }
}
