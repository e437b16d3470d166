import { posix } from "node:path";
import type { Footprint } from "../../shell/footprint.ts";
import { parentOf } from "../../shell/state/files.ts";

/** What is known of the ways to a host's files. */
export interface Ground {
  /** Links that were seen or are declared, and where they lead. */
  readonly links: ReadonlyMap<string, Iterable<string>>;
  /** Names that may lead anywhere, whoever made them so. */
  readonly astray: ReadonlySet<string>;
  /** Whether it is known of this name that it is no link that {@link Ground.links} does not tell of. */
  isKnown(path: string): boolean;
}

/** Where names lead on a host on which all of these run. */
export class Ways {
  readonly #all: readonly Footprint[];
  readonly #ground: Ground;
  readonly #links = new Map<string, Set<string>>();
  readonly #aliases = new Map<string, readonly string[]>();
  readonly #astray = new Map<string, readonly Footprint[] | "all">();
  readonly #anywhere = new Map<Footprint, boolean>();

  constructor(all: readonly Footprint[], ground: Ground) {
    this.#all = all;
    this.#ground = ground;
    for (const links of [ground.links, ...all.map((each) => each.links)]) {
      for (const [path, targets] of links) {
        const known = this.#links.get(path) ?? new Set();
        for (const target of targets) known.add(posix.resolve(parentOf(path), target));
        this.#links.set(path, known);
      }
    }
  }

  /** The path, and what it is by way of the links that are known. */
  aliases(path: string): readonly string[] {
    if (this.#links.size === 0) return [path];
    const before = this.#aliases.get(path);
    if (before) return before;
    const names = [path];
    for (const name of names) {
      for (const each of above(name)) {
        for (const target of this.#links.get(each) ?? []) {
          const other = posix.normalize(target + name.slice(each.length));
          if (!names.includes(other) && names.length < mostAliases) names.push(other);
        }
      }
    }
    this.#aliases.set(path, names);
    return names;
  }

  /** Whether it may do anything, or something that it names may lie elsewhere than it seems. */
  leadAnywhere(footprint: Footprint): boolean {
    const before = this.#anywhere.get(footprint);
    if (before !== undefined) return before;
    const { writes, reads, under, patterns } = footprint;
    const named = [...writes, ...under, ...reads, ...[...patterns.values()].flatMap((each) => each.under ?? [])];
    const found =
      footprint.everything !== null ||
      named.some((path) =>
        this.aliases(path).some((name) => above(name).some((each) => this.#isAstray(each, footprint))),
      );
    this.#anywhere.set(footprint, found);
    return found;
  }

  /** Somebody else made it what is not known. */
  #isAstray(path: string, by: Footprint): boolean {
    let makers = this.#astray.get(path);
    if (makers === undefined) {
      makers = this.#makersOf(path);
      this.#astray.set(path, makers);
    }
    return makers === "all" || makers.some((each) => each !== by);
  }

  #makersOf(path: string): readonly Footprint[] | "all" {
    const { astray, isKnown } = this.#ground;
    if (astray.has(path) || (!this.#links.has(path) && !isKnown(path))) return "all";
    return this.#all.filter(
      (each) =>
        each.astray.has(path) ||
        [...each.patterns.values()].some(({ fits, under }) => (under === null || isWithin(path, under)) && fits(path)),
    );
  }
}

/**
 * Those of `all` that can have a part in what becomes of these images: that change them or a directory above them, or what
 * one of those or `own` (the guest's own unit and `preStart`, which come last) asks for. What may do anything, or goes
 * through a name that may lead anywhere, is always among them.
 */
export function relevant<T extends { readonly footprint: Footprint }>(
  all: readonly T[],
  ways: Ways,
  images: Iterable<string>,
  own: Footprint | null = null,
): ReadonlySet<T> {
  const reach = new Reach(ways);
  for (const image of images) reach.want(image);
  if (own) reach.wantAll(own);
  const found = new Set<T>();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const each of all) {
      if (found.has(each) || !(ways.leadAnywhere(each.footprint) || reach.isTouchedBy(each.footprint))) continue;
      found.add(each);
      reach.wantAll(each.footprint);
    }
  }
  return found;
}

/** What matters to one guest. */
class Reach {
  readonly #ways: Ways;
  /** Names that matter, and all directories above them. */
  readonly #names = new Set<string>();
  /** Directories of which everything below matters. */
  readonly #below = new Set<string>();

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  want(path: string): void {
    for (const name of this.#ways.aliases(path)) for (const each of above(name)) this.#names.add(each);
  }

  wantAll({ reads, writes, under, links }: Footprint): void {
    for (const path of [...reads, ...writes, ...under]) this.want(path);
    for (const path of under) for (const name of this.#ways.aliases(path)) this.#below.add(name);
    for (const [path, targets] of links) for (const each of targets) this.want(posix.resolve(parentOf(path), each));
  }

  isTouchedBy(footprint: Footprint): boolean {
    for (const path of footprint.writes) if (this.#isWanted(path)) return true;
    for (const path of footprint.under) if (this.#isWanted(path)) return true;
    for (const { fits, under } of footprint.patterns.values()) {
      if (under === null ? this.#below.size > 0 : this.#isBelow(under)) return true;
      if (under !== null && this.#ways.aliases(under).length > 1 && this.#isWanted(under)) return true;
      for (const name of this.#names) if ((under === null || isWithin(name, under)) && fits(name)) return true;
    }
    return false;
  }

  #isWanted(path: string): boolean {
    return this.#ways.aliases(path).some((name) => this.#names.has(name)) || this.#isBelow(path);
  }

  #isBelow(path: string): boolean {
    if (this.#below.size === 0) return false;
    const names = this.#ways.aliases(path);
    for (const directory of this.#below) {
      if (names.some((name) => isWithin(name, directory) || isWithin(directory, name))) return true;
    }
    return false;
  }
}

/** Links in a circle make ever longer names. */
const mostAliases = 32;

/** The path and every directory above it but `/`. */
function above(path: string): readonly string[] {
  const all: string[] = [];
  for (let at = path; at !== "/" && at !== ""; at = parentOf(at)) all.push(at);
  return all;
}

function isWithin(path: string, directory: string): boolean {
  return directory === "/" || directory === "" || path === directory || path.startsWith(`${directory}/`);
}
