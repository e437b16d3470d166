import type { Stats } from "node:fs";
import type { ImageFacts, Observed } from "./facts.ts";
import { fileStat } from "./file-stat.ts";
import type { FileStat, ImageContent } from "./image.ts";

/** More files than this are not remembered; the oldest go first. */
const maxFiles = 50_000;
/**
 * Times of files advance in steps of up to 10 ms: two changes within one step look the same. What was looked at so
 * soon after a change is looked at again.
 */
const unsureMs = 50;
/** Numbers that are kept of each file, side by side in memory: with many files, that is what the comparing costs. */
const width = 6;

/**
 * Remembers what was read out of a file until its stat says that it has changed: device, inode, size, allocation, time
 * of modification or of the inode's change (which owner, mode and links change too).
 */
export class FileMemory {
  readonly #indexes = new Map<string, number>();
  readonly #paths: string[] = [];
  readonly #stats: FileStat[] = [];
  readonly #contents: (ImageContent | null)[] = [];
  readonly #facts: (Observed<ImageFacts> | null)[] = [];
  #numbers = new Float64Array(width * 256);
  #last = -1;

  /** The facts of the last time, when nothing has changed since. */
  facts(path: string, stats: Stats): Observed<ImageFacts> | null {
    const index = this.#indexOf(path);
    return index !== undefined && this.#isSame(index, stats) ? (this.#facts[index] ?? null) : null;
  }

  /** The stat, which is the very object of the last time when nothing has changed. */
  stat(path: string, stats: Stats): FileStat {
    const known = this.#indexOf(path);
    if (known !== undefined && this.#isSame(known, stats)) return this.#stats[known] as FileStat;
    const index = known ?? this.#newIndex(path);
    const stat = fileStat(stats);
    this.#stats[index] = stat;
    this.#contents[index] = null;
    this.#facts[index] = null;
    const numbers = this.#numbers;
    const at = index * width;
    numbers[at] = stats.ino;
    numbers[at + 1] = Date.now() - stats.ctimeMs > unsureMs ? stats.ctimeMs : Number.NaN;
    numbers[at + 2] = stats.blocks;
    numbers[at + 3] = stats.size;
    numbers[at + 4] = stats.mtimeMs;
    numbers[at + 5] = stats.dev;
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
    if (index !== undefined && this.#stats[index] === stat && this.#contents[index]) this.#facts[index] = facts;
  }

  /** Files are mostly asked for in the order of the last time, which spares a look into the table. */
  #indexOf(path: string): number | undefined {
    if (this.#paths[this.#last] === path) return this.#last;
    if (this.#paths[this.#last + 1] === path) return ++this.#last;
    const index = this.#indexes.get(path);
    if (index !== undefined) this.#last = index;
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
    return index;
  }
}
