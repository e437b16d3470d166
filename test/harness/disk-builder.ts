import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { ContainerFormat, ContentType } from "../../server/src/disk/facts.ts";
import { superblockOf } from "./superblocks.ts";

const mib = 1 << 20;

/** An image for a test. Sizes in MiB may be fractions. */
export interface ImageSpec {
  /** Size that a guest would see. */
  readonly sizeMiB: number;
  /** Default raw. */
  readonly format?: ContainerFormat;
  /** What lies inside; left out or null: nothing, so that the image is blank. */
  readonly fsType?: ContentType | null;
  readonly label?: string | null;
  readonly uuid?: string;
  /** Size of the filesystem where it differs from the image's. */
  readonly filesystemMiB?: number;
  readonly freeMiB?: number;
  readonly lastMounted?: string;
  readonly state?: "clean" | "needs-recovery" | "errors";
  /** Bytes that no reader knows, instead of a filesystem. */
  readonly noise?: boolean;
  /** Zero-length when true: `touch` without `truncate`. */
  readonly empty?: boolean;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Runs the machine's mkfs with these further arguments instead of writing a superblock. Only raw. */
  readonly mkfs?: readonly string[];
}

/**
 * Writes an image, and the directories above it. Without `mkfs` only the bytes that our readers look at are written
 * (superblocks of ext2/3/4, xfs, btrfs, vfat and the marks of the others): enough for rules, not for a kernel.
 */
export function buildImage(path: string, spec: ImageSpec): void {
  mkdirSync(dirname(path), { recursive: true });
  const bytes = spec.empty ? 0 : Math.round(spec.sizeMiB * mib);
  const fd = openSync(path, "w", spec.mode ?? 0o644);
  try {
    if (spec.format === undefined || spec.format === "raw") writeRaw(fd, bytes, spec);
    else writeContainer(fd, spec.format, bytes, piecesOf(spec, bytes));
  } finally {
    closeSync(fd);
  }
  if (spec.mkfs !== undefined && spec.fsType) runMkfs(path, spec.fsType, spec.label ?? null, spec.mkfs);
  if (spec.mode !== undefined) chmodSync(path, spec.mode);
  if (spec.uid !== undefined || spec.gid !== undefined) chownSync(path, spec.uid ?? 0, spec.gid ?? 0);
}

/** Writes a container around pieces of a guest's disk into an empty file. */
export function writeContainer(
  fd: number,
  format: Exclude<ContainerFormat, "raw">,
  guestBytes: number,
  pieces: readonly Piece[],
): void {
  containers[format](fd, guestBytes, pieces);
}

/** Bytes at a place of the guest's disk. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function writeRaw(fd: number, bytes: number, spec: ImageSpec): void {
  ftruncateSync(fd, bytes);
  for (const { offset, bytes: piece } of spec.mkfs === undefined ? piecesOf(spec, bytes) : []) {
    writeSync(fd, piece, 0, piece.length, offset);
  }
}

function piecesOf(spec: ImageSpec, imageBytes: number): readonly Piece[] {
  if (spec.noise) return [{ offset: 0, bytes: Buffer.from("nothing that anybody knows ".repeat(40)) }];
  if (spec.fsType === undefined || spec.fsType === null) return [];
  const sizeBytes = spec.filesystemMiB === undefined ? imageBytes : Math.round(spec.filesystemMiB * mib);
  return superblockOf(spec.fsType, {
    sizeBytes,
    freeBytes: spec.freeMiB === undefined ? Math.floor(sizeBytes / 2) : Math.round(spec.freeMiB * mib),
    label: spec.label ?? null,
    uuid: spec.uuid ?? "12345678-9abc-4def-8123-456789abcdef",
    lastMounted: spec.lastMounted ?? null,
    state: spec.state ?? "clean",
  });
}

/** As microvm.nix calls it (lib/volumes.nix). */
function runMkfs(path: string, fsType: string, label: string | null, extra: readonly string[]): void {
  const labelArguments = label === null ? [] : [fsType === "vfat" ? "-n" : "-L", label];
  execFileSync(`mkfs.${fsType}`, [...labelArguments, ...extra, path], { stdio: ["ignore", "ignore", "pipe"] });
}

type Writer = (fd: number, guestBytes: number, pieces: readonly Piece[]) => void;

const containers: Record<Exclude<ContainerFormat, "raw">, Writer> = {
  qcow2: writeQcow2,
  vhd: writeFixedVhd,
  vhdx: writeVhdx,
};

/** Version 3, clusters of 64 KiB: header, L1 and L2 table in the first three, then the clusters that are used. */
function writeQcow2(fd: number, guestBytes: number, pieces: readonly Piece[]): void {
  const cluster = 65536;
  const header = Buffer.alloc(112);
  header.write("QFI\xfb", 0, "latin1");
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(BigInt(guestBytes), 24);
  header.writeUInt32BE(Math.max(1, Math.ceil(guestBytes / (cluster * 8192))), 36);
  header.writeBigUInt64BE(BigInt(cluster), 40);
  header.writeUInt32BE(4, 96);
  header.writeUInt32BE(104, 100);
  writeSync(fd, header, 0, header.length, 0);
  const l1 = Buffer.alloc(8);
  l1.writeBigUInt64BE(BigInt(2 * cluster) | (1n << 63n));
  writeSync(fd, l1, 0, 8, cluster);
  const used = new Map<number, number>();
  for (const { offset, bytes } of pieces) {
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((offset + at) / cluster);
      const inCluster = (offset + at) % cluster;
      const host = used.get(index) ?? (3 + used.size) * cluster;
      used.set(index, host);
      const length = Math.min(cluster - inCluster, bytes.length - at);
      writeSync(fd, bytes, at, length, host + inCluster);
      const entry = Buffer.alloc(8);
      entry.writeBigUInt64BE(BigInt(host) | (1n << 63n));
      writeSync(fd, entry, 0, 8, 2 * cluster + index * 8);
      at += length;
    }
  }
  ftruncateSync(fd, (3 + used.size) * cluster);
}

/** Raw data and a footer. */
function writeFixedVhd(fd: number, guestBytes: number, pieces: readonly Piece[]): void {
  for (const { offset, bytes } of pieces) writeSync(fd, bytes, 0, bytes.length, offset);
  const footer = Buffer.alloc(512);
  footer.write("conectix", 0, "latin1");
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x10000, 12);
  footer.writeBigUInt64BE(0xffffffffffffffffn, 16);
  footer.write("qem2", 28, "latin1");
  footer.writeBigUInt64BE(BigInt(guestBytes), 40);
  footer.writeBigUInt64BE(BigInt(guestBytes), 48);
  footer.writeUInt32BE(2, 60);
  writeSync(fd, footer, 0, 512, guestBytes);
}

/** Region table, metadata with the virtual size, and an empty block table: the content is not written. */
function writeVhdx(fd: number, guestBytes: number): void {
  ftruncateSync(fd, 4 * mib);
  writeSync(fd, Buffer.from("vhdxfile"), 0, 8, 0);
  const regions = Buffer.alloc(80);
  regions.write("regi", 0, "latin1");
  regions.writeUInt32LE(2, 8);
  writeEntry(regions, 16, "6677c22d23f600429d64115e9bfd4a08", BigInt(3 * mib));
  writeEntry(regions, 48, "06a27c8b90479a4bb8fe575f050f886e", BigInt(2 * mib));
  writeSync(fd, regions, 0, regions.length, 192 * 1024);
  const table = Buffer.alloc(32 + 3 * 32);
  table.write("metadata", 0, "latin1");
  table.writeUInt16LE(3, 10);
  const items: readonly [string, number, Buffer][] = [
    ["2442a52f1bcd7648b2115dbed83bf4b8", 0x10000, Buffer.alloc(8)],
    ["3767a1ca36fa434db3b633f0aa44e76b", 0x10008, Buffer.alloc(8)],
    ["1dbf41816fa90947ba47f233a8faab5f", 0x10010, Buffer.alloc(4)],
  ];
  items[0]?.[2].writeBigUInt64LE(BigInt(guestBytes));
  items[1]?.[2].writeUInt32LE(8 * mib);
  items[2]?.[2].writeUInt32LE(512);
  for (const [i, [guid, offset, value]] of items.entries()) {
    table.write(guid, 32 + i * 32, "hex");
    table.writeUInt32LE(offset, 32 + i * 32 + 16);
    table.writeUInt32LE(value.length, 32 + i * 32 + 20);
    writeSync(fd, value, 0, value.length, 2 * mib + offset);
  }
  writeSync(fd, table, 0, table.length, 2 * mib);
}

function writeEntry(table: Buffer, at: number, guid: string, offset: bigint): void {
  table.write(guid, at, "hex");
  table.writeBigUInt64LE(offset, at + 16);
  table.writeUInt32LE(mib, at + 24);
}
