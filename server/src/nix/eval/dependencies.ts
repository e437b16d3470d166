/**
 * What a value was made from, so that after an edit only what the edit can reach is evaluated again.
 *
 * A token stands for one version of something that evaluation read: a stretch of syntax (see units.ts), a folder's
 * listing, a file's text. It expires when that changes and never lives again. While a thunk is computed, what it touches
 * is gathered; whoever asks for its value later depends on what was gathered then. That makes a graph, which is walked
 * only for a result that outlives its evaluation ({@link settle}): sets of tokens for each thunk would take more memory
 * than the values.
 */
export class Token {
  readonly id = ++tokens;
  readonly alone: DependencySet;
  /** The file whose parsed text it stands for, if it does. */
  readonly file: string | null;
  #alive = true;

  constructor(file: string | null = null, traits = 0) {
    this.file = file;
    this.alone = new DependencySet(this, traits);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** What it stands for has changed. */
  expire(): void {
    if (!this.#alive) return;
    this.#alive = false;
    expired.push(this.id);
  }
}

/** A token, the sets that one computation touched, or what a settled set holds instead. Immutable but for two marks. */
export class DependencySet {
  declare readonly content: Token | readonly DependencySet[] | Settled;
  /** What is true of any token in it, see {@link traits}. */
  declare readonly traits: number;
  /** The computation that has it already. */
  declare gatheredBy: number;
  /** The walk that has been here. */
  declare walkedBy: number;

  constructor(content: Token | readonly DependencySet[] | Settled, traits: number) {
    this.content = content;
    this.traits = traits;
    this.gatheredBy = 0;
    this.walkedBy = 0;
  }
}

/** `untracked`: depends on something that we did not follow. `dismissed`: see dismissals.ts. */
export const traits = { untracked: 1, dismissed: 2 } as const;

let tokens = 0;
/** Ids of the tokens that expired, in that order. */
const expired: number[] = [];

/** Depends on nothing that can change. */
export const none = new DependencySet([], 0);

/** Depends on something that we did not follow: never to be used again after an edit. */
export const always: DependencySet = new Token(null, traits.untracked).alone;

/** All tokens of a set, in little memory. */
export class Settled {
  /** Absolute paths of the files that were parsed for it. */
  readonly files: readonly string[];
  /** As something that others depend on. */
  readonly set: DependencySet;
  /** Ids of its tokens, ascending. */
  readonly ids: Uint32Array;
  #alive: boolean;
  /** How many of the expired tokens are known not to be among its own. */
  #checked: number;

  constructor(ids: Uint32Array, files: readonly string[], traitsOfAll: number, alive: boolean) {
    this.ids = ids;
    this.files = files;
    this.set = new DependencySet(this, traitsOfAll);
    this.#alive = alive;
    this.#checked = expired.length;
  }

  /** True while nothing of it has changed. */
  get alive(): boolean {
    if (this.#alive && this.#checked < expired.length) {
      const before = this.#checked;
      this.#checked = expired.length;
      if (expired.length - before <= 64) this.#alive = !expired.slice(before).some((id) => includes(this.ids, id));
      else this.#alive = !this.ids.some(expiredSince(before));
    }
    return this.#alive;
  }
}

let recent: { readonly from: number; readonly to: number; readonly ids: ReadonlySet<number> } | null = null;

/** Many sets ask the same after the same edit. */
function expiredSince(from: number): (id: number) => boolean {
  if (recent?.from !== from || recent.to !== expired.length) {
    recent = { from, to: expired.length, ids: new Set(expired.slice(from)) };
  }
  const { ids } = recent;
  return (id) => ids.has(id);
}

function includes(ids: Uint32Array, id: number): boolean {
  let low = 0;
  let high = ids.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = ids[middle] as number;
    if (found === id) return true;
    if (found < id) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

let walks = 0;
/** By id of a token: the walk that has met it. */
let met = new Uint32Array(1024);
const way: DependencySet[] = [];
/** The lists of files that were found last: many results come from the same files. */
const lists: (readonly string[])[] = [];

/** Finds all tokens of these sets. */
export function settle(sets: readonly DependencySet[]): Settled {
  const walk = ++walks;
  if (met.length <= tokens) {
    const larger = new Uint32Array(tokens * 2);
    larger.set(met);
    met = larger;
  }
  const ids: number[] = [];
  const files = new Set<string>();
  let alive = true;
  let all = 0;
  const meet = (id: number): boolean => {
    if (met[id] === walk) return false;
    met[id] = walk;
    ids.push(id);
    return true;
  };
  way.push(...sets);
  for (let at = way.pop(); at; at = way.pop()) {
    if (at.walkedBy === walk) continue;
    at.walkedBy = walk;
    const { content } = at;
    if (content instanceof Token) {
      all |= at.traits;
      alive &&= content.alive;
      if (meet(content.id) && content.file !== null) files.add(content.file);
    } else if (content instanceof Settled) {
      all |= at.traits;
      alive &&= content.alive;
      for (const id of content.ids) meet(id);
      for (const file of content.files) files.add(file);
    } else {
      for (const part of content) if (part.walkedBy !== walk) way.push(part);
    }
  }
  if ((all & traits.untracked) !== 0) alive = false;
  return new Settled(Uint32Array.from(ids).sort(), shared([...files].sort()), all, alive);
}

function shared(files: readonly string[]): readonly string[] {
  const same = lists.find((list) => list.length === files.length && list.every((file, i) => file === files[i]));
  if (same) return same;
  lists.unshift(files);
  lists.length = Math.min(lists.length, 8);
  return files;
}

/** What the computations under way have touched so far: one stack for all, as evaluation is synchronous. */
const gathered: DependencySet[] = [];
let top = 0;
/** Where the innermost computation's part of `gathered` begins, and its number; those around it are on `outer`. */
let base = 0;
let current = 0;
let computations = 0;
const outer: number[] = [];

/** The computation under way depends on this. */
export function dependOn(set: DependencySet): void {
  if (set.gatheredBy === current || set === none) return;
  if (outer.length === 0) return;
  set.gatheredBy = current;
  gathered[top++] = set;
}

/** Begins a computation inside the one under way; {@link endGathering} must follow. */
export function beginGathering(): void {
  outer.push(base, current);
  base = top;
  current = ++computations;
}

/** Ends the innermost computation; gives what it touched. The one around it does not depend on that of itself. */
export function endGathering(): DependencySet {
  const set = gatheredSoFar();
  top = base;
  current = outer.pop() as number;
  base = outer.pop() as number;
  if (outer.length === 0) gathered.length = 0;
  return set;
}

/** What the innermost computation has touched until now. */
export function gatheredSoFar(): DependencySet {
  if (top === base) return none;
  if (top === base + 1) return gathered[base] as DependencySet;
  const parts = gathered.slice(base, top);
  let all = 0;
  for (const part of parts) all |= part.traits;
  return new DependencySet(parts, all);
}

export function union(a: DependencySet, b: DependencySet): DependencySet {
  if (a === none || a === b) return b;
  return b === none ? a : new DependencySet([a, b], a.traits | b.traits);
}

/** Runs `compute` and says what it depends on; whoever called depends on it too. */
export function gather<T>(compute: () => T): { readonly value: T; readonly dependencies: DependencySet } {
  const gatheredApart = gatherApart(compute);
  dependOn(gatheredApart.dependencies);
  return gatheredApart;
}

/** Runs `compute` and says what it depends on; whoever called does not. When it throws, he does. */
export function gatherApart<T>(compute: () => T): { readonly value: T; readonly dependencies: DependencySet } {
  beginGathering();
  let dependencies: DependencySet | null = null;
  try {
    const value = compute();
    dependencies = endGathering();
    return { value, dependencies };
  } finally {
    if (dependencies === null) dependOn(endGathering());
  }
}
