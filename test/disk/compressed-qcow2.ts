import { deflateRawSync } from "node:zlib";
import type { Piece } from "../harness/disk-builder.ts";

const clusterBytes = 65_536;

/** A qcow2 of version 3 whose clusters are all compressed (QEMU docs/interop/qcow2.txt). */
export function compressedQcow2(
  guestBytes: number,
  pieces: readonly Piece[],
): { fileBytes: number; pieces: readonly Piece[] } {
  const header = Buffer.alloc(112);
  header.write("QFI\xfb", 0, "latin1");
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(BigInt(guestBytes), 24);
  header.writeUInt32BE(1, 36);
  header.writeBigUInt64BE(BigInt(clusterBytes), 40);
  header.writeUInt32BE(112, 100);
  const l1 = Buffer.alloc(8);
  l1.writeBigUInt64BE(BigInt(2 * clusterBytes));
  const l2 = Buffer.alloc((guestBytes / clusterBytes) * 8);
  const packed: Piece[] = [];
  let at = 3 * clusterBytes;
  for (const cluster of new Set(pieces.flatMap(clustersOf))) {
    const bytes = deflateRawSync(clusterOf(cluster, pieces), { windowBits: 12 });
    // The offset has 62 - (16 - 8) bits; behind it, how many further sectors are touched.
    const sectors = Math.floor((at + bytes.length - 1) / 512) - Math.floor(at / 512);
    l2.writeBigUInt64BE((1n << 62n) | (BigInt(sectors) << 54n) | BigInt(at), cluster * 8);
    packed.push({ offset: at, bytes });
    at += bytes.length;
  }
  const fileBytes = Math.ceil(at / 512) * 512;
  return {
    fileBytes,
    pieces: [
      { offset: 0, bytes: header },
      { offset: clusterBytes, bytes: l1 },
      { offset: 2 * clusterBytes, bytes: l2 },
      ...packed,
    ],
  };
}

function clustersOf({ offset, bytes }: Piece): number[] {
  const first = Math.floor(offset / clusterBytes);
  const last = Math.floor((offset + bytes.length - 1) / clusterBytes);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function clusterOf(cluster: number, pieces: readonly Piece[]): Buffer {
  const bytes = Buffer.alloc(clusterBytes);
  for (const piece of pieces) {
    const from = piece.offset - cluster * clusterBytes;
    for (let i = Math.max(0, -from); i < piece.bytes.length && from + i < clusterBytes; i++) {
      bytes[from + i] = piece.bytes[i] as number;
    }
  }
  return bytes;
}
