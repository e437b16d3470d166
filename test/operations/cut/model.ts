import { createHash } from "node:crypto";
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { draftName } from "../../../server/src/files/write-file.ts";

/**
 * What a power cut may leave by POSIX, which is less than any real file system keeps: without fsync(2) of a file its
 * content may be there, be old or be torn; without fsync(2) of a folder each change of a name in it may be there or not,
 * whatever became of the others.
 */
export type FileEvent =
  /** One act on names; a rename is two changes in one. Null: the name is gone. */
  | { readonly kind: "names"; readonly changes: readonly (readonly [path: string, inode: number | null])[] }
  | { readonly kind: "content"; readonly inode: number; readonly content: string }
  | { readonly kind: "sync"; readonly inode: number }
  | { readonly kind: "syncFolder"; readonly path: string };

/** Which file each name leads to, and what is in it. */
export interface FileState {
  readonly names: ReadonlyMap<string, number>;
  readonly contents: ReadonlyMap<number, string>;
}

/** Content of which only a part is there. */
export const torn = "torn";

/** Every state that a power cut after `events` may leave, each once. */
export function statesAfter(start: FileState, events: readonly FileEvent[]): FileState[] {
  const names = new Map(start.names);
  let pending: { folder: string; changes: readonly (readonly [string, number | null])[] }[] = [];
  const durable = new Map(start.contents);
  const unsynced = new Map<number, string>();
  for (const event of events) {
    if (event.kind === "names") {
      pending.push({ folder: dirname(event.changes[0]?.[0] ?? "/"), changes: event.changes });
    } else if (event.kind === "content") {
      unsynced.set(event.inode, event.content);
      if (!durable.has(event.inode)) durable.set(event.inode, "");
    } else if (event.kind === "sync") {
      durable.set(event.inode, unsynced.get(event.inode) ?? durable.get(event.inode) ?? "");
      unsynced.delete(event.inode);
    } else {
      for (const { changes } of pending.filter(({ folder }) => folder === event.path)) change(names, changes);
      pending = pending.filter(({ folder }) => folder !== event.path);
    }
  }
  const found = new Map<string, FileState>();
  for (let mask = 0; mask < 1 << Math.min(pending.length, 10); mask++) {
    const now = new Map(names);
    for (const [index, { changes }] of pending.entries()) if (mask & (1 << index)) change(now, changes);
    for (const contents of mixtures(durable, [...unsynced])) {
      const used = new Set(now.values());
      const state = { names: now, contents: new Map([...contents].filter(([inode]) => used.has(inode))) };
      found.set(JSON.stringify([[...now].sort(), [...state.contents].sort()]), state);
    }
  }
  return [...found.values()];
}

function change(names: Map<string, number>, changes: readonly (readonly [string, number | null])[]): void {
  for (const [path, inode] of changes) {
    if (inode === null) names.delete(path);
    else names.set(path, inode);
  }
}

/** Each file whose content is not on the disk for sure: as it was, as it is, or torn. */
function mixtures(
  durable: ReadonlyMap<number, string>,
  [first, ...rest]: readonly (readonly [number, string])[],
): Map<number, string>[] {
  if (first === undefined) return [new Map(durable)];
  const [inode, content] = first;
  return mixtures(durable, rest).flatMap((each) =>
    [each.get(inode) ?? "", content, torn].map((one) => new Map(each).set(inode, one)),
  );
}

/** Looks at folders again and again, and writes down what changed. */
export class Watcher {
  readonly events: FileEvent[] = [];
  readonly start: FileState;
  private readonly folders: readonly string[];
  private names: Map<string, number>;
  private readonly seen = new Map<number, string>();
  private readonly contents = new Map<number, string>();

  constructor(folders: readonly string[]) {
    this.folders = folders;
    this.names = this.namesNow();
    this.look();
    this.start = { names: new Map(this.names), contents: new Map(this.contents) };
    this.events.length = 0;
  }

  /** What is there now; all changes of names since the last look are one act where `together`. */
  look(together = false): void {
    const now = this.namesNow();
    const gone = [...this.names.keys()].filter((path) => !now.has(path)).map((path) => [path, null] as const);
    const made = [...now].filter(([path, inode]) => this.names.get(path) !== inode);
    const changes = [...gone, ...made];
    this.names = now;
    for (const [path, inode] of now) this.lookInto(path, inode);
    if (together && changes.length > 0) this.events.push({ kind: "names", changes });
    else for (const one of changes) this.events.push({ kind: "names", changes: [one] });
  }

  /** A file or a folder has been synced. */
  synced({ inode, path }: { readonly inode: number; readonly path: string | null }): void {
    this.look();
    this.events.push(path === null ? { kind: "sync", inode } : { kind: "syncFolder", path });
  }

  state(): FileState {
    return { names: new Map(this.names), contents: new Map(this.contents) };
  }

  private lookInto(path: string, inode: number): void {
    const { size, mtimeMs } = lstatSync(path);
    const stamp = `${size} ${mtimeMs}`;
    if (this.seen.get(inode) === stamp) return;
    this.seen.set(inode, stamp);
    const content = contentOf(path);
    if (this.contents.get(inode) === content) return;
    this.contents.set(inode, content);
    this.events.push({ kind: "content", inode, content });
  }

  private namesNow(): Map<string, number> {
    const paths = this.folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    return new Map(paths.map((path) => [path, lstatSync(path).ino]));
  }
}

/** The text of a journal; of an image, what stands for its bytes. */
export function contentOf(path: string): string {
  const bytes = readFileSync(path);
  return bytes.length < 4096 ? bytes.toString("utf8") : createHash("sha256").update(bytes).digest("hex");
}

/**
 * Puts a state into folders: images are small files that stand for them. `from` and `to`: the folder above, which stands
 * in the journal, as does the number of the image's inode; and the machine was started anew since.
 */
export function putDown(state: FileState, from: string, to: string, folders: readonly string[]): void {
  for (const folder of folders) mkdirSync(join(to, folder.slice(from.length)), { recursive: true });
  const first = new Map<number, string>();
  const journals: string[] = [];
  for (const [path, inode] of [...state.names].sort()) {
    const place = join(to, path.slice(from.length));
    const other = first.get(inode);
    if (other !== undefined) linkSync(other, place);
    else writeFileSync(place, state.contents.get(inode) ?? "");
    first.set(inode, other ?? place);
    if ((basename(path).includes(".microvm-lens.json") || draftName.test(basename(path))) && other === undefined)
      journals.push(place);
  }
  for (const place of journals) {
    const text = readFileSync(place, "utf8");
    if (!text.startsWith("{")) continue;
    const journal = JSON.parse(text.replaceAll(`${from}/`, `${to}/`));
    const image = first.get(journal.image.inode);
    const { ino, dev } = image === undefined ? { ino: 1, dev: 1 } : lstatSync(image);
    Object.assign(journal.image, { inode: ino, device: dev });
    journal.process.boot = "an earlier one";
    writeFileSync(place, JSON.stringify(journal));
  }
}
