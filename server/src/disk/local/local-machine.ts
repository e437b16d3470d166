import {
  closeSync,
  type Dirent,
  lstatSync,
  opendirSync,
  openSync,
  promises,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statfsSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { decodeUtf8 } from "../../base/utf8.ts";
import type { ImageFacts, Observed } from "../facts.ts";
import { contentUnreadable, type FileStat, type ImageContent } from "../images/image.ts";
import { type Holders, holderOf } from "../in-use.ts";
import { type DirectoryEntry, type Machine, maxEntries, type ReadFile, type Soon, type Space } from "../machine.ts";
import { observedError } from "./errno.ts";
import { FileMemory } from "./file-memory.ts";
import { fileKind, fileStat } from "./file-stat.ts";
import { type Place, Places } from "./places.ts";
import { readContent, readContentLater, readOnlyFlags, readRegular } from "./read-file.ts";
import { SlowFileSystem } from "./slow.ts";
import { Turns } from "./turns.ts";

/** How long a file system that may hang gets for one answer. */
const slowLimitMs = 3000;

/**
 * The files of this machine. Local disks are read on the calling thread, which is 5 to 30 times faster than promises;
 * file systems that may hang only through the thread pool and with a time limit.
 */
export class LocalMachine implements Machine {
  readonly #places = new Places();
  readonly #slow = new Map<string, SlowFileSystem>();
  readonly #memory = new FileMemory();
  readonly #turns = new Turns();
  readonly #limitMs: number;
  /** Known to lie on a disk that answers at once: the path that was asked about last. */
  #fastPath: string | null = null;
  #freshStats: Stats | undefined;
  #lastDirectory = "";
  #lastPlace: Place | null = null;

  constructor(limitMs: number = slowLimitMs) {
    this.#limitMs = limitMs;
  }

  /** To be called before each round of questions. */
  begin(): void {
    this.#places.refresh(Date.now());
    this.#fastPath = null;
    this.#freshStats = undefined;
    this.#lastPlace = null;
    this.#turns.begin();
  }

  breathe(weight?: number): Promise<void> | null {
    return this.#turns.breathe(weight);
  }

  recall(path: string, holders: Holders): Observed<ImageFacts> | null {
    const { round } = this.#places;
    if (!this.#memory.isFast(path, round)) {
      if (!this.#placeOfEntry(path).mount.fast) return null;
      this.#memory.noteFast(path, round);
    }
    this.#fastPath = path;
    this.#freshStats = undefined;
    if (!this.#memory.has(path)) return null;
    try {
      const stats = lstatSync(path, mayBeAbsent);
      if (stats === undefined) return absent;
      const facts = this.#memory.facts(path, stats, holderOf(holders, path, stats.dev, stats.ino));
      if (facts !== null) return facts;
      this.#freshStats = stats;
      return null;
    } catch {
      return null;
    }
  }

  readRegular(path: string): ReadFile | null {
    if (path !== this.#fastPath || this.#freshStats !== undefined) return null;
    const read = readRegular(path, (stats) => this.#memory.stat(path, stats));
    return read && { stat: read.stat, content: this.#keepSoon(path, read.stat, read.content) };
  }

  keep(path: string, stat: FileStat, facts: Observed<ImageFacts>): void {
    this.#memory.keepFacts(path, stat, facts);
  }

  lstat(path: string): Soon<Observed<FileStat>> {
    if (path !== this.#fastPath) {
      const place = this.#placeOfEntry(path);
      if (!place.mount.fast) return this.#later(place, async () => seen(fileStat(await promises.lstat(path)), "lstat"));
    }
    try {
      const stats = this.#takeStats(path) ?? lstatSync(path, mayBeAbsent);
      return stats === undefined ? absent : seen(this.#memory.stat(path, stats), "lstat");
    } catch (error) {
      return observedError(error);
    }
  }

  stat(path: string): Soon<Observed<FileStat>> {
    const place = this.#places.of(path);
    if (!place.mount.fast) return this.#later(place, async () => seen(fileStat(await promises.stat(path)), "stat"));
    return now(() => {
      const stats = statSync(path, mayBeAbsent);
      return stats === undefined ? absent : seen(this.#memory.stat(place.real, stats), "stat");
    });
  }

  realpath(path: string): Soon<Observed<string>> {
    const place = this.#places.of(path);
    if (place.mount.fast) return seen(place.real, "realpath");
    return this.#later(place, async () => {
      try {
        return seen(await promises.realpath(path), "realpath");
      } catch {
        const target = await promises.readlink(path).catch(() => basename(path));
        const parent = await promises.realpath(dirname(resolve(dirname(path), target)));
        return seen(join(parent, basename(target)), "realpath");
      }
    });
  }

  readlink(path: string): Soon<Observed<string>> {
    const place = this.#placeOfEntry(path);
    if (!place.mount.fast) return this.#later(place, async () => seen(await promises.readlink(path), "readlink"));
    return now(() => seen(readlinkSync(path), "readlink"));
  }

  list(path: string, stat?: FileStat): Soon<Observed<readonly DirectoryEntry[]>> {
    const place = this.#places.of(path);
    if (!place.mount.fast) return this.#later(place, async () => seen(await listLater(path), "readdir"));
    return now(() => {
      const bytes = (stat?.apparentBytes ?? statSync(path).size) * (place.mount.type === "zfs" ? zfsEntryBytes : 1);
      if (bytes > largeDirectoryBytes) return this.#listInTurns(path);
      const entries = readdirSync(path, { withFileTypes: true }).map(entryOf);
      for (const { name, kind } of entries) if (kind === "directory") this.#places.learn(path, name);
      return seen(entries, "readdir");
    });
  }

  /** A directory with many entries is read in parts: whoever else waits gets a turn between them. */
  async #listInTurns(path: string): Promise<Observed<readonly DirectoryEntry[]>> {
    try {
      const directory = opendirSync(path, { bufferSize: 256 });
      try {
        const entries: DirectoryEntry[] = [];
        for (let found = directory.readSync(); found !== null; found = directory.readSync()) {
          const entry = entryOf(found);
          entries.push(entry);
          if (entry.kind === "directory") this.#places.learn(path, entry.name);
          if (entries.length >= maxEntries) break;
          const pause = this.breathe();
          if (pause !== null) await pause;
        }
        return seen(entries, "readdir");
      } finally {
        directory.closeSync();
      }
    } catch (error) {
      return observedError(error);
    }
  }

  readText(path: string, maxBytes: number): Soon<Observed<string>> {
    const place = this.#places.of(path);
    if (!place.mount.fast) return this.#later(place, async () => seen(await readTextLater(path, maxBytes), "read"));
    return now(() => seen(readTextNow(path, maxBytes), "read"));
  }

  content(path: string, stat: FileStat): Soon<ImageContent> {
    const known = this.#memory.content(path, stat);
    if (known !== null) return known;
    // Links were followed before: the path is that of the file itself.
    if (path === this.#fastPath) return this.#keepSoon(path, stat, readContent(path, stat));
    const place = this.#placeOfEntry(path);
    if (place.mount.fast) return this.#keepSoon(path, stat, readContent(path, stat));
    const read = async (): Promise<Observed<ImageContent>> => seen(await readContentLater(path, stat), "read");
    return this.#later(place, read).then((content) =>
      content.state === "seen"
        ? this.#memory.keepContent(path, stat, content.value)
        : contentUnreadable(
            content.state === "absent" ? { state: "unreadable", reason: "busy", detail: "gone" } : content,
          ),
    );
  }

  #keepSoon(path: string, stat: FileStat, content: Soon<ImageContent>): Soon<ImageContent> {
    if (!(content instanceof Promise)) return this.#memory.keepContent(path, stat, content);
    return content.then((read) => this.#memory.keepContent(path, stat, read));
  }

  space(path: string): Soon<Observed<Space>> {
    const place = this.#places.of(path);
    if (!place.mount.fast) return this.#later(place, async () => seen(spaceOf(await promises.statfs(path)), "statfs"));
    return now(() => seen(spaceOf(statfsSync(path)), "statfs"));
  }

  /** What {@link recall} has just found out need not be asked again. */
  #takeStats(path: string): Stats | undefined {
    const stats = this.#fastPath === path ? this.#freshStats : undefined;
    this.#freshStats = undefined;
    return stats;
  }

  /** True where changes made by others reach this kernel's inotify, and watching cannot hang. */
  mayWatch(path: string): boolean {
    return this.#places.of(path).mount.fast;
  }

  /** Where the directory entry itself lies: links in its directory are followed, the entry is not. */
  #placeOfEntry(path: string): Place {
    // Paths mostly come directory by directory.
    const slash = path.lastIndexOf("/");
    if (slash !== this.#lastDirectory.length || !path.startsWith(this.#lastDirectory)) {
      this.#lastDirectory = slash > 0 ? path.slice(0, slash) : dirname(path);
      this.#lastPlace = this.#places.of(this.#lastDirectory);
    }
    return this.#lastPlace ?? this.#places.of(dirname(path));
  }

  #later<T>(place: Place, operation: () => Promise<Observed<T>>): Promise<Observed<T>> {
    const { point } = place.mount;
    let slow = this.#slow.get(point);
    if (slow === undefined) {
      slow = new SlowFileSystem(point, this.#limitMs);
      this.#slow.set(point, slow);
    }
    return slow.run(() => operation().catch((error: unknown): Observed<T> => observedError(error)));
  }
}

const mayBeAbsent = { throwIfNoEntry: false } as const;
const absent: Observed<never> = { state: "absent" };

function seen<T>(value: T, by: string): Observed<T> {
  return { state: "seen", value, by };
}

function now<T>(operation: () => Soon<Observed<T>>): Soon<Observed<T>> {
  try {
    return operation();
  } catch (error) {
    return observedError(error);
  }
}

/** A directory whose own file is larger has so many entries that they are not all read at once. */
const largeDirectoryBytes = 1 << 16;
/** The size of a directory of zfs is the number of its entries. */
const zfsEntryBytes = 64;

function entryOf(entry: Dirent): DirectoryEntry {
  return { name: entry.name, kind: fileKind(entry) };
}

async function listLater(path: string): Promise<readonly DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  for await (const entry of await promises.opendir(path, { bufferSize: 256 })) {
    entries.push(entryOf(entry));
    if (entries.length >= maxEntries) break;
  }
  return entries;
}

/** Used again for each text that is read now: a fresh megabyte a guest would cost more than the reading. */
const textBuffer = Buffer.allocUnsafeSlow(1 << 20);

function readTextNow(path: string, maxBytes: number): string {
  const fd = openSync(path, readOnlyFlags);
  try {
    const buffer = maxBytes <= textBuffer.length ? textBuffer : Buffer.allocUnsafe(maxBytes);
    let length = 0;
    for (let count = 1; count > 0 && length < maxBytes; length += count) {
      count = readSync(fd, buffer, length, maxBytes - length, null);
    }
    return decodeUtf8(buffer.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

async function readTextLater(path: string, maxBytes: number): Promise<string> {
  const file = await promises.open(path, readOnlyFlags);
  try {
    const buffer = Buffer.allocUnsafe(maxBytes);
    let length = 0;
    // Files of /proc give a page at a time.
    for (let count = 1; count > 0 && length < maxBytes; length += count) {
      count = (await file.read(buffer, length, maxBytes - length, null)).bytesRead;
    }
    return decodeUtf8(buffer.subarray(0, length));
  } finally {
    await file.close();
  }
}

/** bavail leaves out what is kept for root: guests run as user microvm. */
function spaceOf(facts: { bavail: number; blocks: number; bsize: number }): Space {
  return { freeBytes: facts.bavail * facts.bsize, totalBytes: facts.blocks * facts.bsize };
}
