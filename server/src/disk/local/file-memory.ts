import type { Stats } from "node:fs";
import type { ImageFacts, Observed } from "../facts.ts";
import type { FileStat, ImageContent } from "../images/image.ts";
import { fileStat } from "./file-stat.ts";

/** More files than this are not remembered; the oldest go first. */
const maxFiles = 50_000;
/**
 * Times of files advance in steps of up to 10 ms: two changes within one step look the same. What was looked at so
 * soon after a change is looked at again.
 */
const unsureMs = 50;
/** Numbers that are kept of each file, side by side in memory: with many files, that is what the comparing costs. */
const width = 7;

/**
 * Remembers what was read out of a file until its stat says that it has changed: device, inode, size, allocation, time
 * of modification or of the inode's change (which owner, mode and links change too).
 */
export class FileMemory {
  readonly #indexes = new Map<string, number>();
  readonly #paths: string[] = [];
  /** null: not held on to; the facts say the same. */
  readonly #stats: (FileStat | null)[] = [];
  readonly #contents: (ImageContent | null)[] = [];
  readonly #facts: (Observed<ImageFacts> | null)[] = [];
  readonly #holders: (string | null)[] = [];
  #numbers = new Float64Array(width * 256);
  #last = -1;
  #missing: string | null = null;

  /**
   * The facts of the last time, when nothing has changed since and the same holder, or still nobody, has the file.
   * Nothing is asked of the facts themselves: they lie far apart in memory.
   */
  facts(path: string, stats: Stats, holder: string | null): Observed<ImageFacts> | null {
    const index = this.#indexOf(path);
    if (index === undefined || !this.#isSame(index, stats) || this.#holders[index] !== holder) return null;
    return this.#facts[index] ?? null;
  }

  /** Whether anything was ever learned of this path. */
  has(path: string): boolean {
    return this.#indexOf(path) !== undefined;
  }

  /** Whether {@link noteFast} said so of this path, in the same round of looking where things lie. */
  isFast(path: string, round: number): boolean {
    const index = this.#indexOf(path);
    return index !== undefined && this.#numbers[index * width + 6] === round;
  }

  /** Takes note that a path lies on a disk that answers at once: finding that out costs as much as comparing. */
  noteFast(path: string, round: number): void {
    const index = this.#indexOf(path);
    if (index !== undefined) this.#numbers[index * width + 6] = round;
  }

  /** The stat, which is the very object of the last time when nothing has changed and no facts were kept. */
  stat(path: string, stats: Stats): FileStat {
    const known = this.#indexOf(path);
    const isSame = known !== undefined && this.#isSame(known, stats);
    const old = isSame ? this.#stats[known] : null;
    if (old) return old;
    const index = known ?? this.#newIndex(path);
    const stat = fileStat(stats);
    this.#stats[index] = stat;
    if (isSame) return stat;
    this.#contents[index] = null;
    this.#facts[index] = null;
    this.#holders[index] = null;
    const numbers = this.#numbers;
    const at = index * width;
    numbers[at] = stats.ino;
    numbers[at + 1] = Date.now() - stats.ctimeMs > unsureMs ? stats.ctimeMs : Number.NaN;
    numbers[at + 2] = stats.blocks;
    numbers[at + 3] = stats.size;
    numbers[at + 4] = stats.mtimeMs;
    numbers[at + 5] = stats.dev;
    if (known === undefined) numbers[at + 6] = -1;
    return stat;
  }

  /** What was read out of the file with this very stat; null when it must be read. */
  content(path: string, stat: FileStat): ImageContent | null {
    const index = this.#indexOf(path);
    return index !== undefined && this.#stats[index] === stat ? (this.#contents[index] ?? null) : null;
  }

  /** Keeps what was read. Failures are not kept, so that they are tried again. */
  keepContent(path: string, stat: FileStat, content: ImageContent): ImageContent {
    const index = this.#indexOf(path);
    const failed = content.container.state === "unreadable" && content.container.reason !== "malformed";
    if (index !== undefined && this.#stats[index] === stat && !failed) this.#contents[index] = content;
    return content;
  }

  /** Keeps facts whose content was kept. */
  keepFacts(path: string, stat: FileStat, facts: Observed<ImageFacts>): void {
    const index = this.#indexOf(path);
    if (index === undefined || this.#stats[index] !== stat || !this.#contents[index]) return;
    this.#facts[index] = facts;
    // Less to keep is less to be copied by the garbage collector, which holds the event loop for that long.
    this.#stats[index] = null;
    if (facts.state !== "seen") return;
    const { inUse } = facts.value;
    this.#holders[index] = inUse?.state === "seen" ? inUse.by : null;
    if (inUse?.state !== "seen") this.#contents[index] = facts.value;
  }

  /** Files are mostly asked for in the order of the last time, which spares a look into the table. */
  #indexOf(path: string): number | undefined {
    if (this.#paths[this.#last] === path) return this.#last;
    if (this.#paths[this.#last + 1] === path) return ++this.#last;
    if (path === this.#missing) return undefined;
    const index = this.#indexes.get(path);
    if (index === undefined) this.#missing = path;
    else this.#last = index;
    return index;
  }

  #isSame(index: number, stats: Stats): boolean {
    const numbers = this.#numbers;
    const at = index * width;
    return (
      numbers[at] === stats.ino &&
      numbers[at + 1] === stats.ctimeMs &&
      numbers[at + 2] === stats.blocks &&
      numbers[at + 3] === stats.size &&
      numbers[at + 4] === stats.mtimeMs &&
      numbers[at + 5] === stats.dev
    );
  }

  #newIndex(path: string): number {
    let index = this.#indexes.size;
    if (index >= maxFiles) {
      const [oldest, free] = this.#indexes.entries().next().value as [string, number];
      this.#indexes.delete(oldest);
      index = free;
    } else if ((index + 1) * width > this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#indexes.set(path, index);
    this.#paths[index] = path;
    this.#last = index;
    this.#missing = null;
    return index;
  }
}
