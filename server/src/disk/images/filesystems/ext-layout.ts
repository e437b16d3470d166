import { crc16, crc32c } from "../checksums.ts";
import { u8, u16le, u32le } from "../numbers.ts";

/** Where the superblock lies in the first page. */
export const superblock = 1024;

/** What the superblock of ext2, ext3 or ext4 says of how its blocks are laid out (kernel fs/ext4/ext4.h). */
export interface ExtLayout {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly firstBlock: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  /** Blocks that are given out together; 1 without bigalloc. */
  readonly clusterBlocks: number;
  readonly inodes: number;
  readonly inodesPerGroup: number;
  readonly inodeBytes: number;
  readonly descriptorBytes: number;
  readonly descriptorsPerBlock: number;
  readonly reservedTableBlocks: number;
  /** Groups of descriptors from this one on lie in their own groups; null without meta_bg. */
  readonly firstMetaGroup: number | null;
  readonly sparse: boolean;
  /** The two groups with a copy of the superblock (sparse_super2). */
  readonly backups: readonly [number, number] | null;
  /** How each descriptor proves itself. */
  readonly checksum: "crc32c" | "crc16" | null;
}

/** Null: numbers that no kernel would mount. */
export function extLayout(head: Uint8Array): ExtLayout | null {
  const u32 = (at: number): number => u32le(head, superblock + at);
  const compat = u32(0x5c);
  const incompat = u32(0x60);
  const readOnlyCompat = u32(0x64);
  const revision = u32(0x4c);
  const wide = (incompat & 0x80) !== 0;
  const blockBytes = 1024 * 2 ** u32(0x18);
  const blocks = u32(0x04) + (wide ? u32(0x150) * 2 ** 32 : 0);
  const firstBlock = u32(0x14);
  const blocksPerGroup = u32(0x20);
  const inodesPerGroup = u32(0x28);
  const descriptorBytes = wide ? u16le(head, superblock + 0xfe) : 32;
  const clusterBits = (readOnlyCompat & 0x200) !== 0 ? u32(0x1c) - u32(0x18) : 0;
  if (u32(0x18) > 6 || blocksPerGroup === 0 || inodesPerGroup === 0 || blocks <= firstBlock || firstBlock > 1)
    return null;
  if (blocksPerGroup > blockBytes * 8 * 2 ** Math.max(0, clusterBits) || inodesPerGroup > blockBytes * 8) return null;
  if (clusterBits < 0 || clusterBits > 18 || descriptorBytes < 32 || descriptorBytes > blockBytes) return null;
  if ((descriptorBytes & (descriptorBytes - 1)) !== 0) return null;
  const metadata = (readOnlyCompat & 0x400) !== 0;
  return {
    blockBytes,
    blocks,
    firstBlock,
    blocksPerGroup,
    groups: Math.ceil((blocks - firstBlock) / blocksPerGroup),
    clusterBlocks: 2 ** clusterBits,
    inodes: u32(0x00),
    inodesPerGroup,
    inodeBytes: revision === 0 ? 128 : u16le(head, superblock + 0x58),
    descriptorBytes,
    descriptorsPerBlock: Math.floor(blockBytes / descriptorBytes),
    reservedTableBlocks: (compat & 0x10) !== 0 ? u16le(head, superblock + 0xce) : 0,
    firstMetaGroup: (incompat & 0x10) !== 0 ? u32(0x104) : null,
    sparse: (readOnlyCompat & 0x1) !== 0,
    backups: (compat & 0x200) !== 0 ? [u32(0x24c), u32(0x250)] : null,
    checksum: metadata ? "crc32c" : (readOnlyCompat & 0x10) !== 0 ? "crc16" : null,
  };
}

/** Blocks that hold descriptors. */
export function tableBlocks({ groups, descriptorsPerBlock }: ExtLayout): number {
  return Math.ceil(groups / descriptorsPerBlock);
}

/** The place of the nth block of descriptors (kernel fs/ext4/super.c, descriptor_loc). */
export function tableBlockAt(layout: ExtLayout, index: number): number {
  const { blockBytes, firstBlock, firstMetaGroup, descriptorsPerBlock, blocksPerGroup } = layout;
  if (firstMetaGroup === null || index < firstMetaGroup) return (blockBytes === 1024 ? 1 : 0) + index + 1;
  const group = descriptorsPerBlock * index;
  const behindSuperblock = blockBytes === 1024 && index === 0 && firstBlock === 0 ? 1 : 0;
  return (hasSuperblock(layout, group) ? 1 : 0) + behindSuperblock + firstBlock + group * blocksPerGroup;
}

/** Whether a group begins with a copy of the superblock (fs/ext4/balloc.c, ext4_bg_has_super). */
export function hasSuperblock({ sparse, backups }: ExtLayout, group: number): boolean {
  if (group === 0) return true;
  if (backups !== null) return backups.includes(group);
  if (group <= 1 || !sparse) return true;
  if (group % 2 === 0) return false;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

/** Blocks of descriptors that a group holds (fs/ext4/balloc.c, ext4_bg_num_gdb). */
export function tableBlocksOf(layout: ExtLayout, group: number): number {
  const { firstMetaGroup, descriptorsPerBlock } = layout;
  if (firstMetaGroup === null || group < firstMetaGroup * descriptorsPerBlock) {
    return hasSuperblock(layout, group) ? (firstMetaGroup ?? tableBlocks(layout)) : 0;
  }
  const inMeta = group % descriptorsPerBlock;
  return inMeta === 0 || inMeta === 1 || inMeta === descriptorsPerBlock - 1 ? 1 : 0;
}

/** What the checksums of descriptors begin with: that of the UUID. */
export function checksumSeed(layout: ExtLayout, head: Uint8Array): number {
  const uuid = superblock + 0x68;
  if (layout.checksum === "crc16") return crc16(0xffff, head, uuid, uuid + 16);
  const isStored = (u32le(head, superblock + 0x60) & 0x2000) !== 0;
  return isStored ? u32le(head, superblock + 0x270) : crc32c(0xffffffff, head, uuid, uuid + 16);
}

/** How many of the first groups begin with a copy of the superblock. */
export function superblocks({ sparse, backups }: ExtLayout, groups: number): number {
  if (backups !== null) return new Set([0, ...backups.filter((group) => group < groups)]).size;
  if (!sparse) return groups;
  let count = Math.min(groups, 2);
  for (const base of [3, 5, 7]) for (let power = base; power < groups; power *= base) count++;
  return count;
}

/** Blocks of descriptors in all groups together, as {@link tableBlocksOf} has them of each. */
export function allTableBlocks(layout: ExtLayout): number {
  const { groups, firstMetaGroup, descriptorsPerBlock: each } = layout;
  if (firstMetaGroup === null) return superblocks(layout, groups) * tableBlocks(layout);
  const before = Math.min(groups, firstMetaGroup * each);
  const behind = groups - before;
  const inMeta = (length: number): number =>
    [0, 1, each - 1].filter((at, i, all) => at < length && all.indexOf(at) === i).length;
  const whole = Math.floor(behind / each) * inMeta(each);
  return superblocks(layout, before) * firstMetaGroup + whole + inMeta(behind % each);
}

/** Whether a descriptor's checksum is right (fs/ext4/super.c, ext4_group_desc_csum). */
export function provesItself(layout: ExtLayout, seed: number, descriptor: Uint8Array, group: number): boolean {
  const { checksum, descriptorBytes } = layout;
  if (checksum === null) return true;
  const number = Uint8Array.of(group & 255, (group >> 8) & 255, (group >> 16) & 255, (group >> 24) & 255);
  const sum = checksum === "crc32c" ? crc32c : crc16;
  let crc = sum(sum(seed, number), descriptor, 0, 0x1e);
  if (checksum === "crc32c") crc = sum(crc, nothing);
  if (descriptorBytes > 32) crc = sum(crc, descriptor, 0x20, descriptorBytes);
  return (crc & 0xffff) === u16le(descriptor, 0x1e);
}

const nothing = new Uint8Array(2);

/** Free clusters and inodes by one descriptor; the high halves exist in long ones only. */
export function freeOf(descriptor: Uint8Array): { clusters: number; inodes: number } {
  const wide = descriptor.length >= 64;
  return {
    clusters: u16le(descriptor, 0x0c) + (wide ? u16le(descriptor, 0x2c) * 65536 : 0),
    inodes: u16le(descriptor, 0x0e) + (wide ? u16le(descriptor, 0x2e) * 65536 : 0),
  };
}

/** A block number that a descriptor names, by the place of its low half. */
export function blockOf(descriptor: Uint8Array, at: 0x00 | 0x04 | 0x08): number {
  return u32le(descriptor, at) + (descriptor.length >= 64 ? u32le(descriptor, at + 0x20) * 2 ** 32 : 0);
}

/** Inode of the internal journal; 0: there is none. */
export function journalInode(head: Uint8Array): number {
  return (u32le(head, superblock + 0x5c) & 0x4) === 0 ? 0 : u32le(head, superblock + 0xe0);
}

/** The superblock's own copy of the journal's block map and size (s_jnl_blocks); null where there is none. */
export function journalCopy(head: Uint8Array): { readonly map: Uint8Array; readonly bytes: number } | null {
  if (u8(head, superblock + 0xfd) !== 1) return null;
  const at = superblock + 0x10c;
  return { map: head.slice(at, at + 60), bytes: u32le(head, at + 60) * 2 ** 32 + u32le(head, at + 64) };
}
