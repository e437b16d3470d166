import { printable } from "../../server/src/base/printable.ts";
import type { ContentType } from "../../server/src/disk/facts.ts";
import { allZero, type ByteSource, maxRequestBytes, runReading } from "../../server/src/disk/images/bytes.ts";
import { contentOfOutcome, type FileStat, type ImageContent, readImage } from "../../server/src/disk/images/image.ts";
import type { Piece } from "../harness/disk-builder.ts";
import { Random } from "../harness/random.ts";
import { superblockOf } from "../harness/superblocks.ts";
import { compressedQcow2 } from "./compressed-qcow2.ts";
import { containerPieces } from "./container-pieces.ts";

/** An image in memory that mutations change and put back. */
interface Base {
  readonly name: string;
  readonly fileBytes: number;
  readonly pieces: readonly { readonly offset: number; readonly bytes: Buffer }[];
}

export interface FuzzReport {
  readonly images: number;
  /** Images in which a reader still found something. */
  readonly recognised: number;
  readonly mostRequests: number;
  readonly mostBytes: number;
  readonly slowestMs: number;
  readonly slowestName: string;
}

/** Runs all readers over so many mutated images; throws at the first result or request that must not be. */
export function fuzz(images: number, seed: number): FuzzReport {
  const random = new Random(seed);
  const bases = makeBases();
  let recognised = 0;
  let mostRequests = 0;
  let mostBytes = 0;
  let slowestMs = 0;
  let slowestName = "";
  for (let i = 0; i < images; i++) {
    const base = bases[random.below(bases.length)] as Base;
    const undo = mutate(base, random);
    const fileBytes = random.below(8) === 0 ? random.below(base.fileBytes + 4096) : base.fileBytes;
    const source = new CheckedSource(base, fileBytes);
    const read = (): ImageContent => contentOfOutcome(runReading(readImage(statOf(fileBytes)), source));
    const startMs = performance.now();
    const content = read();
    let tookMs = performance.now() - startMs;
    const { requests, bytes: askedBytes } = source;
    // Whether it was the image or the machine that was slow is seen when the same is done again.
    for (let again = 0; again < 5 && tookMs > 5; again++) {
      const againMs = performance.now();
      read();
      tookMs = Math.min(tookMs, performance.now() - againMs);
    }
    check(content, `image ${i} of seed ${seed}, from ${base.name}`);
    for (const { bytes, at, old } of undo.reverse()) bytes[at] = old;
    if (content.filesystem.state === "seen") recognised++;
    mostRequests = Math.max(mostRequests, requests);
    mostBytes = Math.max(mostBytes, askedBytes);
    if (tookMs > slowestMs) {
      slowestMs = tookMs;
      slowestName = base.name;
    }
  }
  return { images, recognised, mostRequests, mostBytes, slowestMs, slowestName };
}

const types =
  "ext2 ext3 ext4 xfs btrfs vfat luks gpt mbr swap erofs squashfs zfs lvm bcachefs f2fs iso9660 ntfs exfat udf".split(
    " ",
  ) as ContentType[];

function makeBases(): readonly Base[] {
  const spec = {
    freeBytes: 1 << 20,
    label: "a label",
    uuid: "12345678-9abc-4def-8123-456789abcdef",
    lastMounted: "/var/lib",
    state: "clean",
  } as const;
  const raw = types.map((type) => base(type, 64 << 20, superblockOf(type, { ...spec, sizeBytes: 64 << 20 })));
  const inner = ["ext4", "xfs", "btrfs", "vfat"] as const;
  const containers = inner.flatMap((type) => {
    const pieces = superblockOf(type, { ...spec, sizeBytes: 64 << 20 });
    return (["qcow2", "vhd", "vhdx"] as const).map((format) => {
      const made = containerPieces(format, 64 << 20, pieces);
      return base(`${format} with ${type}`, made.fileBytes, made.pieces);
    });
  });
  const compressed = inner.map((type) => {
    const made = compressedQcow2(64 << 20, superblockOf(type, { ...spec, sizeBytes: 64 << 20 }));
    return base(`compressed qcow2 with ${type}`, made.fileBytes, made.pieces);
  });
  return [...raw, ...containers, ...compressed, base("nothing", 4 << 20, [{ offset: 0, bytes: Buffer.alloc(4096) }])];
}

/** Each piece is widened, so that bytes before and after it change too. */
function base(name: string, fileBytes: number, pieces: readonly Piece[]): Base {
  const wide = pieces.map(({ offset, bytes }) => {
    const start = Math.max(0, offset - 512);
    const buffer = Buffer.alloc(offset - start + bytes.length + 512);
    buffer.set(bytes, offset - start);
    return { offset: start, bytes: buffer };
  });
  // Where two overlap, both must hold what the other one brought.
  for (const a of wide) for (const b of pieces) overlay(a, b);
  return { name, fileBytes, pieces: wide };
}

function overlay(target: { offset: number; bytes: Buffer }, piece: Piece): void {
  for (let i = 0; i < piece.bytes.length; i++) {
    const at = piece.offset + i - target.offset;
    if (at >= 0 && at < target.bytes.length) target.bytes[at] = piece.bytes[i] ?? 0;
  }
}

interface Undo {
  readonly bytes: Buffer;
  readonly at: number;
  readonly old: number;
}

const nasty = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** One to eight changes: a bit, a byte, or a word of 2, 4 or 8 bytes in either order. */
function mutate(base: Base, random: Random): Undo[] {
  const undo: Undo[] = [];
  const set = (bytes: Buffer, at: number, value: number): void => {
    if (at >= bytes.length) return;
    undo.push({ bytes, at, old: bytes[at] as number });
    bytes[at] = value;
  };
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    const { bytes } = base.pieces[random.below(base.pieces.length)] as Base["pieces"][number];
    const at = random.below(bytes.length);
    const kind = random.below(4);
    if (kind === 0) set(bytes, at, (bytes[at] as number) ^ (1 << random.below(8)));
    else if (kind === 1) set(bytes, at, random.below(256));
    else {
      const width = [2, 4, 8][random.below(3)] as number;
      let value =
        random.below(4) === 0 ? BigInt(random.below(2 ** 31)) * 4099n : (nasty[random.below(nasty.length)] as bigint);
      const bigEndian = random.below(2) === 0;
      for (let i = 0; i < width; i++) {
        set(bytes, (at & ~(width - 1)) + (bigEndian ? width - 1 - i : i), Number(value & 255n));
        value >>= 8n;
      }
    }
  }
  return undo;
}

/** Gives the bytes, and throws when a reader asks for what no image has. */
class CheckedSource implements ByteSource {
  requests = 0;
  bytes = 0;
  readonly #base: Base;
  readonly #fileBytes: number;

  constructor(base: Base, fileBytes: number) {
    this.#base = base;
    this.#fileBytes = fileBytes;
  }

  read(offset: number, length: number): Uint8Array {
    this.#note(offset, length);
    const end = Math.min(offset + length, this.#fileBytes);
    if (offset >= end) return nothing;
    const piece = this.#base.pieces.find((one) => one.offset <= offset && end <= one.offset + one.bytes.length);
    if (piece !== undefined) return piece.bytes.subarray(offset - piece.offset, end - piece.offset);
    const touched = this.#base.pieces.filter((one) => one.offset < end && offset < one.offset + one.bytes.length);
    if (touched.length === 0) return zeros.subarray(0, end - offset);
    const result = Buffer.alloc(end - offset);
    for (const one of touched) {
      const from = Math.max(offset, one.offset);
      result.set(one.bytes.subarray(from - one.offset, end - one.offset), from - offset);
    }
    return result;
  }

  isZero(offset: number, length: number): boolean {
    this.#note(offset, length);
    const end = Math.min(offset + length, this.#fileBytes);
    return this.#base.pieces.every((one) => {
      const from = Math.max(offset, one.offset) - one.offset;
      const to = Math.min(end, one.offset + one.bytes.length) - one.offset;
      return from >= to || allZero(one.bytes.subarray(from, to));
    });
  }

  #note(offset: number, length: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new Error(`asked for offset ${offset}`);
    if (!Number.isSafeInteger(length) || length <= 0 || length > maxRequestBytes)
      throw new Error(`asked for ${length} bytes`);
    this.requests++;
    this.bytes += length;
  }
}

const nothing = Buffer.alloc(0);
const zeros = Buffer.alloc(maxRequestBytes);

function check(content: ImageContent, name: string): void {
  const problem = problemIn(content);
  if (problem !== null) throw new Error(`${problem} in ${name}: ${JSON.stringify(content)}`);
}

/** What facts must never be, whatever an image holds. */
export function problemIn({ container, filesystem }: ImageContent): string | null {
  if (container.state === "seen" && !isSize(container.value.virtualBytes)) return "virtual size";
  if (filesystem.state !== "seen") return null;
  const { sizeBytes, space, label, uuid, lastMounted, times } = filesystem.value;
  if (sizeBytes !== null && !isSize(sizeBytes)) return "size";
  if (space.state === "seen") {
    const { totalBytes, freeBytes, availableBytes, inodes } = space.value;
    if (![totalBytes, freeBytes, availableBytes].every(isSize)) return "space";
    // btrfs takes its reserve off what is free, and not off what is left.
    const most = filesystem.value.type === "btrfs" ? totalBytes : freeBytes;
    if (availableBytes > most || freeBytes > totalBytes || (sizeBytes !== null && totalBytes > sizeBytes))
      return "order of space";
    if (inodes !== null && (!isSize(inodes.total) || !isSize(inodes.free) || inodes.free > inodes.total))
      return "inodes";
  }
  if (times !== undefined && Object.values(times).some((time) => time !== null && !Number.isSafeInteger(time)))
    return "time";
  for (const text of [label, uuid, lastMounted]) {
    if (
      text !== null &&
      (text.length > 256 || text.includes("\0") || /[\u0000-\u001f\u007f-\u009f]/.test(printable(text)))
    )
      return "text";
  }
  return null;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function statOf(fileBytes: number): FileStat {
  return {
    kind: "regular",
    device: 1,
    inode: 1,
    links: 1,
    uid: 0,
    gid: 0,
    mode: 0o644,
    apparentBytes: fileBytes,
    allocatedBytes: 4096,
    modifiedMs: 0,
    changedMs: 0,
  };
}
