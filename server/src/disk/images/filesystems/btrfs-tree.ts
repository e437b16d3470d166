import { optionalBytesAt, type Reading, soon } from "../bytes.ts";
import { crc32c } from "../checksums.ts";
import { u8, u16le, u32le, u64le } from "../numbers.ts";

/** A chunk: a range of logical addresses, and where its first copy lies on the device. */
export interface Chunk {
  readonly logical: number;
  readonly length: number;
  readonly physical: number;
  /** Kinds and profile (BTRFS_BLOCK_GROUP_* of include/uapi/linux/btrfs_tree.h). */
  readonly flags: number;
}

export interface Key {
  readonly object: number;
  readonly type: number;
  readonly offset: number;
}

export interface Item extends Key {
  readonly bytes: Uint8Array;
}

/** Where a tree begins. */
export interface Root {
  readonly logical: number;
  readonly level: number;
}

/** Nodes that are read of one image. */
const maxNodes = 384;
const headerBytes = 101;

/** Reads nodes of a btrfs on one device. Every function answers null where a node is not what its parent says. */
export class Trees {
  readonly #nodeBytes: number;
  readonly #hasCrc: boolean;
  readonly #nodes = new Map<number, Uint8Array>();
  chunks: readonly Chunk[];

  constructor(superblock: Uint8Array) {
    this.#nodeBytes = u32le(superblock, 0x94);
    this.#hasCrc = u16le(superblock, 0xc4) === 0;
    this.chunks = systemChunks(superblock);
  }

  /** All items of a small tree. */
  *items(root: Root): Reading<readonly Item[] | null> {
    const node = yield* this.#node(root.logical, root.level);
    if (node === null) return null;
    if (root.level === 0) return itemsOf(node);
    const items: Item[] = [];
    const children = childrenOf(node);
    for (const { logical } of children) yield* this.#foresee(logical);
    for (const { logical } of children) {
      const below: readonly Item[] | null = yield* this.items({ logical, level: root.level - 1 });
      if (below === null) return null;
      items.push(...below);
    }
    return items;
  }

  /** The first item with this object and type, whatever its offset. */
  *find(root: Root, object: number, type: number): Reading<Item | "none" | null> {
    for (let { logical, level } = root; ; level--) {
      const node = yield* this.#node(logical, level);
      if (node === null) return null;
      if (level === 0) return itemIn(node, object, type) ?? "none";
      const children = childrenOf(node);
      const behind = children.findIndex((child) => compare(child, object, type) > 0);
      const child = children[behind < 0 ? children.length - 1 : Math.max(0, behind - 1)];
      if (child === undefined) return "none";
      logical = child.logical;
    }
  }

  *#foresee(logical: number): Reading<void> {
    const place = this.#placeOf(logical);
    if (place !== null && !this.#nodes.has(logical)) yield* soon(place, this.#nodeBytes);
  }

  *#node(logical: number, level: number): Reading<Uint8Array | null> {
    const known = this.#nodes.get(logical);
    if (known !== undefined) return u8(known, 100) === level ? known : null;
    const place = this.#placeOf(logical);
    if (place === null || level > 7 || this.#nodes.size >= maxNodes) return null;
    const node = yield* optionalBytesAt(place, this.#nodeBytes);
    if (node.length < this.#nodeBytes || u64le(node, 48) !== logical || u8(node, 100) !== level) return null;
    if (this.#hasCrc && ~crc32c(0xffffffff, node, 32) >>> 0 !== u32le(node, 0)) return null;
    this.#nodes.set(logical, node);
    return node;
  }

  #placeOf(logical: number): number | null {
    const chunk = this.chunks.find((one) => one.logical <= logical && logical < one.logical + one.length);
    return chunk === undefined ? null : chunk.physical + logical - chunk.logical;
  }
}

/** The superblock's own list of chunks, which holds the tree of all chunks. */
function systemChunks(superblock: Uint8Array): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const end = 0x32b + Math.min(u32le(superblock, 0xa0), 2048);
  for (let at = 0x32b; at + 17 + 80 <= end; ) {
    const stripes = u16le(superblock, at + 17 + 44);
    if (u8(superblock, at + 8) !== chunkItem || stripes === 0) break;
    chunks.push(chunkOf(u64le(superblock, at + 9), superblock.subarray(at + 17)));
    at += 17 + 48 + 32 * stripes;
  }
  return chunks;
}

export const chunkItem = 228;

/** A chunk item that the key's offset says the logical address of. */
export function chunkOf(logical: number, item: Uint8Array): Chunk {
  return { logical, length: u64le(item, 0), flags: u32le(item, 24), physical: u64le(item, 48 + 8) };
}

function itemsOf(leaf: Uint8Array): readonly Item[] {
  return Array.from({ length: itemCount(leaf) }, (_, index) => itemAt(leaf, index));
}

/** As {@link itemsOf}, of which only the first with this object and type is wanted. */
function itemIn(leaf: Uint8Array, object: number, type: number): Item | null {
  const count = itemCount(leaf);
  for (let index = 0; index < count; index++) {
    const at = headerBytes + index * itemBytes;
    if (u8(leaf, at + 8) === type && u64le(leaf, at) === object) return itemAt(leaf, index);
  }
  return null;
}

/** A key, and where the item's bytes lie. */
const itemBytes = 25;

function itemCount(leaf: Uint8Array): number {
  return Math.min(u32le(leaf, 96), Math.floor((leaf.length - headerBytes) / itemBytes));
}

function itemAt(leaf: Uint8Array, index: number): Item {
  const at = headerBytes + index * itemBytes;
  const start = headerBytes + u32le(leaf, at + 17);
  return { ...keyAt(leaf, at), bytes: leaf.subarray(start, start + u32le(leaf, at + 21)) };
}

function childrenOf(node: Uint8Array): readonly (Key & { readonly logical: number })[] {
  const count = Math.min(u32le(node, 96), Math.floor((node.length - headerBytes) / 33));
  return Array.from({ length: count }, (_, index) => {
    const at = headerBytes + index * 33;
    return { ...keyAt(node, at), logical: u64le(node, at + 17) };
  });
}

function keyAt(bytes: Uint8Array, at: number): Key {
  return { object: u64le(bytes, at), type: u8(bytes, at + 8), offset: u64le(bytes, at + 9) };
}

/** Where a key stands to every key with this object and type. */
function compare(key: Key, object: number, type: number): number {
  if (key.object !== object) return key.object - object;
  if (key.type !== type) return key.type - type;
  return key.offset > 0 ? 1 : 0;
}
