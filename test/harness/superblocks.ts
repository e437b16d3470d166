import type { ContentType } from "../../server/src/disk/facts.ts";
import { crc32c } from "../../server/src/disk/images/checksums.ts";
import type { Piece } from "./disk-builder.ts";

/** What a superblock is to say. */
export interface SuperblockSpec {
  readonly sizeBytes: number;
  readonly freeBytes: number;
  readonly label: string | null;
  readonly uuid: string;
  readonly lastMounted: string | null;
  readonly state: "clean" | "needs-recovery" | "errors";
}

/** The bytes that our readers look at, and no more. */
export function superblockOf(type: ContentType, spec: SuperblockSpec): readonly Piece[] {
  return writers[type](spec);
}

const writers: Record<ContentType, (spec: SuperblockSpec) => readonly Piece[]> = {
  ext2: (spec) => ext(spec, 0, 0x2, 0x3),
  ext3: (spec) => ext(spec, 0x4, 0x2, 0x3),
  ext4: (spec) => ext(spec, 0x4, 0x2c2, 0x46b),
  xfs,
  btrfs,
  vfat,
  luks: mark([
    [0, "LUKS\xba\xbe\0\x02"],
    [168, "12345678-9abc-4def-8123-456789abcdef"],
  ]),
  gpt: mark([[512, "EFI PART"]]),
  mbr: mark([
    [446, "\x80\0\0\0\x83\0\0\0\0\x08\0\0\0\0\x10\0"],
    [510, "\x55\xaa"],
  ]),
  swap: mark([[4086, "SWAPSPACE2"]]),
  erofs: mark([[1024, "\xe2\xe1\xf5\xe0"]]),
  squashfs: mark([
    [0, "hsqs"],
    [28, "\x04"],
  ]),
  zfs: mark([[16384, "\x01\x01\0\0\0\0\0\0\0\0\0\x01 pool_guid"]]),
  lvm: mark([
    [512, "LABELONE"],
    [536, "LVM2 001"],
  ]),
  bcache: mark([
    [4096 + 8, "\x08"],
    [4096 + 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"],
  ]),
  linux_raid_member: mark([
    [4096, "\xfc\x4e\x2b\xa9\x01\0\0\0"],
    [4096 + 144, "\x08"],
  ]),
  ddf_raid_member: ({ sizeBytes }) => [piece(sizeBytes - 512, Buffer.from("de11de11", "hex"))],
  isw_raid_member: ({ sizeBytes }) => [piece(sizeBytes - 1024, Buffer.from("Intel Raid ISM Cfg Sig. "))],
  lsi_mega_raid_member: ({ sizeBytes }) => [piece(sizeBytes - 512, Buffer.from("$XIDE$"))],
  nvidia_raid_member: ({ sizeBytes }) => [piece(sizeBytes - 1024, Buffer.from("NVIDIA"))],
  udf: mark([[32768 + 2048, "\0NSR03"]]),
  bcachefs: mark([[4096 + 24, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"]]),
  f2fs: mark([[1024, "\x10\x20\xf5\xf2"]]),
  iso9660: mark([[32768, "\x01CD001"]]),
  ntfs: mark([[3, "NTFS    "]]),
  exfat: mark([[3, "EXFAT   "]]),
};

function ext(spec: SuperblockSpec, compat: number, incompat: number, readOnlyCompat: number): readonly Piece[] {
  const block = Buffer.alloc(1024);
  const blockBytes = spec.sizeBytes % 4096 === 0 && spec.sizeBytes >= 8 << 20 ? 4096 : 1024;
  block.writeUInt32LE(Math.floor(spec.sizeBytes / blockBytes) % 2 ** 32, 0x04);
  block.writeUInt32LE(Math.floor(spec.freeBytes / blockBytes) % 2 ** 32, 0x0c);
  const groups = Math.ceil(spec.sizeBytes / blockBytes / (8 * blockBytes));
  block.writeUInt32LE((groups * 1024) % 2 ** 32, 0x00);
  block.writeUInt32LE(groups * 1000, 0x10);
  block.writeUInt32LE(blockBytes === 1024 ? 1 : 0, 0x14);
  block.writeUInt32LE(Math.log2(blockBytes / 1024), 0x18);
  block.writeUInt32LE(8 * blockBytes, 0x20);
  block.writeUInt32LE(1024, 0x28);
  block.writeUInt16LE(0xef53, 0x38);
  block.writeUInt16LE(spec.state === "errors" ? 3 : 1, 0x3a);
  block.writeUInt32LE(1, 0x4c);
  block.writeUInt16LE(256, 0x58);
  block.writeUInt16LE(64, 0xfe);
  block.writeUInt32LE(compat, 0x5c);
  const recovery = spec.state === "needs-recovery" ? 0x4 : 0;
  block.writeUInt32LE(incompat | recovery, 0x60);
  block.writeUInt32LE(readOnlyCompat, 0x64);
  uuid(block, 0x68, spec.uuid);
  text(block, 0x78, spec.label, 16);
  text(block, 0x88, spec.lastMounted, 64);
  return [piece(1024, block)];
}

/** Version 5 with a log that was unmounted cleanly, or that says nothing. */
function xfs(spec: SuperblockSpec): readonly Piece[] {
  const block = Buffer.alloc(512);
  block.write("XFSB", 0, "latin1");
  block.writeUInt32BE(4096, 4);
  block.writeBigUInt64BE(BigInt(Math.floor(spec.sizeBytes / 4096)), 8);
  uuid(block, 32, spec.uuid);
  const groupBits = 20;
  const blocks = Math.floor(spec.sizeBytes / 4096);
  block.writeBigUInt64BE(16n, 48);
  block.writeUInt32BE(blocks, 84);
  block.writeUInt32BE(1, 88);
  block.writeUInt32BE(16, 96);
  block.writeUInt16BE(0xb4a5, 100);
  block.writeUInt16BE(512, 102);
  block.writeUInt16BE(8, 106);
  text(block, 108, spec.label, 12);
  block.writeUInt8(groupBits, 124);
  block.writeBigUInt64BE(BigInt(Math.floor(spec.freeBytes / 4096)), 144);
  const log = Buffer.alloc(1024);
  log.writeUInt32BE(0xfeedbabe, 0);
  log.writeUInt32BE(1, 4);
  log.writeUInt32BE(2, 8);
  log.writeUInt32BE(512, 12);
  log.writeUInt32BE(1, 40);
  log.writeUInt32BE(32768, 320);
  log.writeUInt32BE(1, 512);
  if (spec.state === "clean") log.writeUInt8(0x20, 512 + 9);
  return [piece(0, block), piece(512, xfsHeaders(blocks, Math.floor(spec.freeBytes / 4096))), piece(65536, log)];
}

/** Headers of the one group (AGF and AGI), as free as is asked for beside what the kernel keeps back. */
function xfsHeaders(blocks: number, free: number): Buffer {
  const headers = Buffer.alloc(1024);
  headers.write("XAGF", 0, "latin1");
  headers.writeUInt32BE(blocks, 12);
  headers.writeUInt32BE(Math.min(blocks, free + 8 + Math.min(8192, Math.floor(blocks / 20))), 52);
  headers.write("XAGI", 512, "latin1");
  headers.writeUInt32BE(64, 512 + 16);
  for (const [start, at] of [
    [0, 216],
    [512, 312],
  ] as const) {
    headers.writeUInt32LE(~crc32c(0xffffffff, headers, start, start + 512) >>> 0, start + at);
  }
  return headers;
}

function btrfs(spec: SuperblockSpec): readonly Piece[] {
  const block = Buffer.alloc(4096);
  uuid(block, 0x20, spec.uuid);
  block.write("_BHRfS_M", 0x40, "latin1");
  if (spec.state === "needs-recovery") block.writeUInt32LE(1, 0x60);
  block.writeBigUInt64LE(BigInt(spec.sizeBytes), 0x70);
  block.writeBigUInt64LE(BigInt(spec.sizeBytes - spec.freeBytes), 0x78);
  block.writeBigUInt64LE(1n, 0x88);
  block.writeUInt32LE(4096, 0x90);
  block.writeUInt32LE(16384, 0x94);
  text(block, 0x12b, spec.label, 256);
  return [piece(65536, block)];
}

/** FAT32 with clusters of 4 KiB, one table, and the label in the root directory. */
function vfat(spec: SuperblockSpec): readonly Piece[] {
  const sectors = Math.floor(spec.sizeBytes / 512);
  const tableSectors = Math.ceil((Math.floor(sectors / 8) * 4) / 512);
  const boot = Buffer.alloc(512);
  boot.write("\xeb\x58\x90mkfs.fat", 0, "latin1");
  boot.writeUInt16LE(512, 11);
  boot.writeUInt8(8, 13);
  boot.writeUInt16LE(32, 14);
  boot.writeUInt8(1, 16);
  boot.writeUInt8(0xf8, 21);
  boot.writeUInt32LE(sectors, 32);
  boot.writeUInt32LE(tableSectors, 36);
  boot.writeUInt32LE(2, 44);
  boot.writeUInt16LE(1, 48);
  boot.writeUInt8(spec.state === "needs-recovery" ? 1 : spec.state === "errors" ? 2 : 0, 0x41);
  boot.writeUInt32LE(Number.parseInt(spec.uuid.slice(0, 8), 16), 0x43);
  boot.write("FAT32   ", 0x52, "latin1");
  boot.writeUInt16LE(0xaa55, 510);
  const info = Buffer.alloc(512);
  info.write("RRaA", 0, "latin1");
  info.write("rrAa", 484, "latin1");
  info.writeUInt32LE(Math.floor(spec.freeBytes / 4096), 488);
  const root = Buffer.alloc(32);
  if (spec.label !== null) {
    root.fill(0x20, 0, 11);
    root.write(spec.label, 0, 11);
    root.writeUInt8(0x08, 11);
  }
  return [piece(0, boot), piece(512, info), piece((32 + tableSectors) * 512, root)];
}

function mark(parts: readonly [number, string][]): () => readonly Piece[] {
  return () => parts.map(([offset, characters]) => piece(offset, Buffer.from(characters, "latin1")));
}

function piece(offset: number, bytes: Uint8Array): Piece {
  return { offset, bytes };
}

function uuid(block: Buffer, at: number, value: string): void {
  block.write(value.replaceAll("-", ""), at, "hex");
}

function text(block: Buffer, at: number, value: string | null, length: number): void {
  if (value !== null) Buffer.from(value).copy(block, at, 0, length);
}
