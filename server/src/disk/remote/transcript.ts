import type { FileKind } from "../facts.ts";
import type { FileStat } from "../images/image.ts";
import { SparseBytes } from "../images/sparse-bytes.ts";
import type { DirectoryEntry, Space } from "../machine.ts";

/**
 * What the remote script printed (remote-script.ts). Each record begins with a capital letter:
 *
 *     L, F  lstat, stat: mode in hexadecimal, dev, ino, links, uid, gid, size, blocks, mtime, ctime, path
 *     N, X  the path does not exist; it may not be looked at
 *     G, O  the link leads nowhere, or in a circle M  it is not a directory
 *     K, R  real path, target of the link         D  entries of a directory: kind and name
 *     T     text of a file                        Q  sectors of a block device
 *     V     dev or -, free, total, unit, path     U  a tool that is missing or too different
 *     C     what follows is of this file          E  its bytes may not be read
 *     H     offset, length, bytes in hexadecimal; zeros behind them are left out
 *     B     offset and length, then lines of od   Z, Y  a range that is, or is not, zero
 *
 * Lines of text and entries begin with `|`. All of it comes from another machine and is not trusted.
 */
export interface Transcript {
  readonly lstats: ReadonlyMap<string, FileStat>;
  readonly stats: ReadonlyMap<string, FileStat>;
  /** What is wrong with a path. */
  readonly failures: ReadonlyMap<string, Failure>;
  readonly realPaths: ReadonlyMap<string, string>;
  readonly links: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly DirectoryEntry[]>;
  readonly texts: ReadonlyMap<string, string>;
  readonly contents: ReadonlyMap<string, SparseBytes | "permission">;
  /** By device; `-` is the state directory's. */
  readonly space: ReadonlyMap<string, Space>;
  readonly missingTool: string | null;
}

export type Failure = "absent" | "permission" | "dangling" | "circle" | "not-directory";

/** All chunks of a host together; od's `*` would let a short text stand for any amount of bytes. */
const maxChunkBytes = 1 << 20;
const maxTotalBytes = 128 << 20;

/** Reads the lines between the two marks. Lines that make no sense are left out. */
export function parseTranscript(lines: readonly string[]): TranscriptReader {
  const reader = new TranscriptReader();
  reader.add(lines);
  return reader;
}

export class TranscriptReader implements Transcript {
  readonly lstats = new Map<string, FileStat>();
  readonly stats = new Map<string, FileStat>();
  readonly failures = new Map<string, Failure>();
  readonly realPaths = new Map<string, string>();
  readonly links = new Map<string, string>();
  readonly lists = new Map<string, DirectoryEntry[]>();
  readonly texts = new Map<string, string>();
  readonly contents = new Map<string, SparseBytes | "permission">();
  readonly space = new Map<string, Space>();
  missingTool: string | null = null;
  #image: SparseBytes | null = null;
  #dump: Dump | null = null;
  #block: { readonly finish: (lines: string[]) => void; readonly lines: string[] } | null = null;
  #totalBytes = 0;

  /** Stat of the file that bytes are asked of: no link leads to it any more. */
  statOf(path: string): FileStat | undefined {
    const own = this.lstats.get(path);
    if (own !== undefined && own.kind !== "symlink") return own;
    const direct = this.stats.get(path);
    if (direct !== undefined) return direct;
    for (const [link, real] of this.realPaths) if (real === path) return this.stats.get(link);
    return undefined;
  }

  /** What one more round of questions brought. */
  add(lines: readonly string[]): void {
    for (const line of lines) this.line(line);
    this.end();
    this.#image = null;
  }

  line(line: string): void {
    const first = line.charCodeAt(0);
    if (line[0] === "|") this.#block?.lines.push(line.slice(1));
    else if (first >= 65 && first <= 90) this.#record(line[0] as string, line.slice(2));
    else if (this.#dump !== null) this.#dump.line(line);
  }

  end(): void {
    this.#block?.finish(this.#block.lines);
    this.#block = null;
    const dump = this.#dump;
    this.#dump = null;
    if (dump === null || this.#image === null) return;
    this.#totalBytes += dump.length;
    if (this.#totalBytes <= maxTotalBytes) this.#image.add(dump.offset, dump.bytes());
  }

  #record(code: string, rest: string): void {
    this.end();
    if (code === "L" || code === "F") this.#stat(code, rest);
    else if (code in failureCodes) this.failures.set(rest, failureCodes[code as keyof typeof failureCodes]);
    else if (code === "K") this.#collect((lines) => this.realPaths.set(rest, lines[0] ?? rest));
    else if (code === "R") this.#collect((lines) => this.links.set(rest, lines.join("\n")));
    else if (code === "T") this.#collect((lines) => this.texts.set(rest, lines.map((line) => `${line}\n`).join("")));
    else if (code === "D") this.#collect((lines) => this.lists.set(rest, lines.map(entryOf)));
    else if (code === "C") this.#begin(rest);
    else if (code === "E") this.contents.set(rest, "permission");
    else if (code === "U") this.missingTool = rest;
    else this.#numbers(code, rest);
  }

  #collect(finish: (lines: string[]) => void): void {
    this.#block = { finish, lines: [] };
  }

  #begin(path: string): void {
    const known = this.contents.get(path);
    this.#image = known instanceof SparseBytes ? known : new SparseBytes();
    this.contents.set(path, this.#image);
  }

  #stat(code: "L" | "F", rest: string): void {
    const parsed = parseStat(rest);
    if (parsed !== null) (code === "L" ? this.lstats : this.stats).set(parsed.path, parsed.stat);
  }

  #numbers(code: string, rest: string): void {
    const words = rest.split(" ");
    if (code === "V") {
      const [device = "", free, total, unit] = words;
      const bytes = (count: string | undefined): number => wholeNumber(count) * wholeNumber(unit);
      if (Number.isSafeInteger(bytes(total)))
        this.space.set(device, { freeBytes: bytes(free), totalBytes: bytes(total) });
    } else if (code === "Q") {
      this.#device(wholeNumber(words[0]) * 512, words.slice(1).join(" "));
    } else if (code === "H" && this.#image !== null && words.length === 3) {
      this.#hex(this.#image, wholeNumber(words[0]), wholeNumber(words[1]), words[2] ?? "");
    } else if (this.#image !== null && words.length === 2) {
      const offset = wholeNumber(words[0]);
      const length = wholeNumber(words[1]);
      const isTooMuch = length > maxChunkBytes || this.#totalBytes + length > maxTotalBytes;
      if (code === "B" && !isTooMuch) this.#dump = new Dump(offset, length);
      if (code === "Z") this.#image.addZero(offset, length);
      if (code === "Y") this.#image.addNotZero(offset, length);
    }
  }

  #hex(image: SparseBytes, offset: number, length: number, hex: string): void {
    this.#totalBytes += length;
    if (length > maxChunkBytes || this.#totalBytes > maxTotalBytes || hex.length > 2 * length) return;
    const bytes = new Uint8Array(length);
    bytes.set(Buffer.from(hex, "hex"));
    image.add(offset, bytes);
  }

  /** stat knows no size of block devices. */
  #device(bytes: number, path: string): void {
    for (const stats of [this.lstats, this.stats]) {
      const stat = stats.get(path);
      if (stat?.kind === "block-device") stats.set(path, { ...stat, apparentBytes: bytes, allocatedBytes: bytes });
    }
  }
}

const failureCodes = { N: "absent", X: "permission", G: "dangling", O: "circle", M: "not-directory" } as const;

/** Lines of `od -A x -t x1`: an address and up to 16 bytes; `*` repeats the line before up to the next address. */
class Dump {
  readonly offset: number;
  readonly #bytes: Uint8Array;
  #at = 0;
  #repeat = false;

  constructor(offset: number, length: number) {
    this.offset = offset;
    this.#bytes = new Uint8Array(length);
  }

  get length(): number {
    return this.#at;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  line(line: string): void {
    if (line === "*") {
      this.#repeat = true;
      return;
    }
    const [address = "", ...values] = line.split(" ");
    const at = Number.parseInt(address, 16) - this.offset;
    if (!(at >= this.#at) || at > this.#bytes.length) return;
    if (this.#repeat && this.#at >= 16) this.#fillUpTo(at);
    else if (at !== this.#at) return;
    this.#repeat = false;
    for (const value of values) {
      const byte = Number.parseInt(value, 16);
      if (this.#at < this.#bytes.length && byte >= 0 && byte < 256) this.#bytes[this.#at++] = byte;
    }
  }

  #fillUpTo(at: number): void {
    const from = this.#at - 16;
    for (let i = this.#at; i < at; i++) this.#bytes[i] = this.#bytes[from + ((i - this.#at) % 16)] ?? 0;
    this.#at = at;
  }
}

/** `%f %d %i %h %u %g %s %b %y %Z %n`, where %y has three words. */
function parseStat(text: string): { path: string; stat: FileStat } | null {
  const words = text.split(" ");
  const path = words.slice(12).join(" ");
  const mode = Number.parseInt(words[0] ?? "", 16);
  const [device, inode, links, uid, gid, size, blocks] = words.slice(1, 8).map(wholeNumber);
  const modifiedMs = Date.parse(`${words[8]}T${words[9]?.slice(0, 12)}Z`);
  if (path === "" || Number.isNaN(mode) || Number.isNaN(modifiedMs) || blocks === undefined) return null;
  const stat: FileStat = {
    kind: kindOfMode(mode),
    device: device ?? 0,
    inode: inode ?? 0,
    links: links ?? 0,
    uid: uid ?? 0,
    gid: gid ?? 0,
    mode: mode & 0o7777,
    apparentBytes: size ?? 0,
    allocatedBytes: blocks * 512,
    modifiedMs,
    changedMs: wholeNumber(words[11]) * 1000,
  };
  return { path, stat };
}

function kindOfMode(mode: number): FileKind {
  return kindsOfMode.get(mode & 0o170000) ?? "unknown";
}

/** File types of inode(7). */
const kindsOfMode: ReadonlyMap<number, FileKind> = new Map([
  [0o100000, "regular"],
  [0o040000, "directory"],
  [0o120000, "symlink"],
  [0o060000, "block-device"],
  [0o020000, "character-device"],
  [0o010000, "fifo"],
  [0o140000, "socket"],
]);

function entryOf(line: string): DirectoryEntry {
  return { name: line.slice(2), kind: kindsOfEntry[line[0] ?? ""] ?? "unknown" };
}

const kindsOfEntry: Readonly<Record<string, FileKind>> = {
  l: "symlink",
  f: "regular",
  d: "directory",
  b: "block-device",
  c: "character-device",
  p: "fifo",
  s: "socket",
};

/** Zero for what is no whole number below 2^53. */
function wholeNumber(text: string | undefined): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
