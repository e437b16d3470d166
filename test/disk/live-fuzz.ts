import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { allZero, type ByteSource, maxRequestBytes, runReading } from "../../server/src/disk/images/bytes.ts";
import { contentOfOutcome, type FileStat, readImage } from "../../server/src/disk/images/image.ts";
import { Random } from "../harness/random.ts";
import { problemIn } from "./fuzz.ts";

/** A whole image in memory, of which the readers' own places are remembered. */
export class LiveImage implements ByteSource {
  readonly name: string;
  readonly bytes: Buffer;
  /** What an undisturbed look reads: descriptors, log, headers of groups, nodes of trees. */
  readonly places: readonly { readonly offset: number; readonly length: number }[];
  readonly #asked: { offset: number; length: number }[] = [];
  #askedBytes = 0;

  constructor(name: string, path: string) {
    this.name = name;
    this.bytes = wholeFile(path);
    this.look();
    this.places = [...this.#asked];
  }

  read(offset: number, length: number): Uint8Array {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new Error(`${this.name}: asked for offset ${offset}`);
    if (!(length > 0 && length <= maxRequestBytes)) throw new Error(`${this.name}: asked for ${length} bytes`);
    this.#askedBytes += length;
    if (this.places === undefined) this.#asked.push({ offset, length });
    return this.bytes.subarray(Math.min(offset, this.bytes.length), Math.min(offset + length, this.bytes.length));
  }

  isZero(offset: number, length: number): boolean {
    return allZero(this.bytes.subarray(offset, offset + length));
  }

  /** One look with all that must hold of it; milliseconds. */
  look(): number {
    this.#askedBytes = 0;
    const startMs = performance.now();
    const content = contentOfOutcome(runReading(readImage(statOf(this.bytes.length)), this));
    const tookMs = performance.now() - startMs;
    const problem = problemIn(content);
    if (problem !== null) throw new Error(`${problem} in ${this.name}: ${JSON.stringify(content)}`);
    if (this.#askedBytes > 17 << 20) throw new Error(`${this.name}: read ${this.#askedBytes} bytes`);
    return tookMs;
  }
}

export interface LiveFuzzReport {
  readonly looks: number;
  readonly slowestMs: number;
  readonly slowestName: string;
}

/** Looks at images of mounted filesystems, each time with a few bytes changed where the readers look. */
export function fuzzLive(images: readonly LiveImage[], looks: number, seed: number): LiveFuzzReport {
  const random = new Random(seed);
  let slowestMs = 0;
  let slowestName = "";
  for (let i = 0; i < looks; i++) {
    const image = images[random.below(images.length)] as LiveImage;
    const undo: [number, number][] = [];
    for (let change = random.below(6); change >= 0; change--) {
      const { offset, length } = image.places[random.below(image.places.length)] as LiveImage["places"][number];
      // Headers are at the beginning of what is read more often than elsewhere.
      const at = offset + random.below(random.below(2) === 0 ? Math.min(length, 64) : length);
      const width = [1, 2, 4, 8][random.below(4)] as number;
      const value = values[random.below(values.length)] as number;
      for (let k = 0; k < width && at + k < image.bytes.length; k++) {
        undo.push([at + k, image.bytes[at + k] as number]);
        image.bytes[at + k] = random.below(3) === 0 ? random.below(256) : value;
      }
    }
    let tookMs = image.look();
    for (let again = 0; again < 5 && tookMs > 5; again++) tookMs = Math.min(tookMs, image.look());
    if (tookMs > slowestMs) {
      slowestMs = tookMs;
      slowestName = image.name;
    }
    for (const [at, old] of undo.reverse()) image.bytes[at] = old;
  }
  return { looks, slowestMs, slowestName };
}

const values = [0, 0xff, 0x7f, 0x80, 1, 2, 8, 0x10];

function wholeFile(path: string): Buffer {
  const fd = openSync(path, "r");
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; at += 1 << 20) readSync(fd, bytes, at, Math.min(1 << 20, bytes.length - at), at);
  closeSync(fd);
  return bytes;
}

function statOf(fileBytes: number): FileStat {
  const numbers = { device: 1, inode: 1, links: 1, uid: 0, gid: 0, mode: 0o644, modifiedMs: 0, changedMs: 0 };
  return { kind: "regular", ...numbers, apparentBytes: fileBytes, allocatedBytes: fileBytes };
}
