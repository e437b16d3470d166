import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Mount, parseMountInfo } from "./mounts.ts";

/** Where a path really lies. */
export interface Place {
  /** Free of links as far as that was found out without touching a file system that may hang. */
  readonly real: string;
  readonly mount: Mount;
}

/** Places are believed for this long; a directory seldom moves to another file system. */
const believedMs = 30_000;
const maxLinks = 40;

/**
 * Finds out on which file system a path lies, without ever touching one that may hang: each component is looked at
 * only after the table of mounts has said that its directory is local.
 */
export class Places {
  #table = "";
  #mounts: ReadonlyMap<string, Mount> = new Map();
  #places = new Map<string, Place>();
  #since = 0;
  #round = 0;

  /** Changes whenever places are forgotten. */
  get round(): number {
    return this.#round;
  }

  /** Reads the table of mounts again; forgets what is old. */
  refresh(nowMs: number): void {
    const table = readTable();
    if (table === this.#table && nowMs - this.#since < believedMs) return;
    if (table !== this.#table) this.#mounts = parseMountInfo(table);
    this.#table = table;
    this.#places = new Map();
    this.#round++;
    this.#since = nowMs;
  }

  /** The place of a directory, or of a file whose links are to be followed. */
  of(path: string): Place {
    return this.#find(path, 0);
  }

  /** Takes note of a directory (no link) that was found in another one: it lies where that one does, unless mounted. */
  learn(parentPath: string, name: string): void {
    const path = parentPath === "/" ? `/${name}` : `${parentPath}/${name}`;
    const parent = this.#places.get(parentPath);
    if (parent === undefined || this.#places.has(path)) return;
    const real = parent.real === parentPath ? path : parent.real === "/" ? `/${name}` : `${parent.real}/${name}`;
    this.#places.set(path, { real, mount: this.#mounts.get(real) ?? parent.mount });
  }

  #find(path: string, links: number): Place {
    const known = this.#places.get(path);
    if (known !== undefined) return known;
    const place = this.#look(path, links);
    this.#places.set(path, place);
    return place;
  }

  #look(path: string, links: number): Place {
    const parentPath = dirname(path);
    if (parentPath === path) return { real: path, mount: this.#mounts.get(path) ?? unknownMount };
    const parent = this.#find(parentPath, links);
    const name = path.slice(parentPath === "/" ? 1 : parentPath.length + 1);
    const real = parent.real === "/" ? `/${name}` : `${parent.real}/${name}`;
    const mounted = this.#mounts.get(real);
    if (mounted !== undefined) return { real, mount: mounted };
    if (!parent.mount.fast || links >= maxLinks) return { real, mount: parent.mount };
    const target = linkTarget(real);
    return target === null ? { real, mount: parent.mount } : this.#find(resolve(parent.real, target), links + 1);
  }
}

/** Without a table of mounts (not Linux) everything is treated as able to hang. */
const unknownMount: Mount = { point: "/", type: "unknown", fast: false };

function readTable(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return "";
  }
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}
