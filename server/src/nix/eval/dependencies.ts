/**
 * What a value was made from, so that after an edit only what the edit can reach is evaluated again.
 *
 * A token stands for one version of something that evaluation read: a stretch of syntax (see units.ts), a folder's
 * listing, a file's text. It dies when that changes and never lives again. While a thunk is computed, the tokens that
 * it touches are gathered; whoever asks for its value later inherits them.
 */
export class Token {
  alive = true;
  readonly id = ++tokens;
  readonly alone: DependencySet;
  /** The file whose parsed text it stands for, if it does. */
  readonly file: string | null;
  constructor(file: string | null = null) {
    this.file = file;
    this.alone = new DependencySet([this]);
  }
}

let tokens = 0;
let sets = 0;

/** Sets of more tokens than this are not kept apart: they count as changed by any edit. */
const largestSet = 4000;

/** An immutable set of tokens, ordered by their ids. Use {@link union}, which shares results. */
export class DependencySet {
  readonly id = ++sets;
  readonly tokens: readonly Token[];
  #unions: Map<number, DependencySet> | null = null;
  #files: readonly string[] | null = null;
  #dead = false;

  constructor(ordered: readonly Token[]) {
    this.tokens = ordered;
  }

  /** True while nothing of it has changed. */
  get alive(): boolean {
    if (this.#dead) return false;
    this.#dead = this.tokens.some((token) => !token.alive);
    return !this.#dead;
  }

  /** Absolute paths of the files that were parsed for it. */
  get files(): readonly string[] {
    this.#files ??= this.tokens.flatMap(({ file }) => (file === null ? [] : [file]));
    return this.#files;
  }

  with(other: DependencySet): DependencySet {
    if (other === this || other === none) return this;
    if (this === none) return other;
    let known = this.#unions?.get(other.id);
    if (!known) {
      known = merge(this, other);
      this.#unions ??= new Map();
      // A hub of the graph meets ever new sets: what it has met is forgotten now and then.
      if (this.#unions.size >= 256) this.#unions.clear();
      this.#unions.set(other.id, known);
    }
    return known;
  }
}

/** Depends on nothing that can change. */
export const none = new DependencySet([]);

const changing = new Token();
changing.alive = false;

/** Depends on something that we did not follow: never to be used again after an edit. */
export const always: DependencySet = changing.alone;

function merge(a: DependencySet, b: DependencySet): DependencySet {
  if (a === always || b === always) return always;
  const left = a.tokens;
  const right = b.tokens;
  const merged: Token[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const x = left[i] as Token;
    const y = right[j] as Token;
    if (x.id <= y.id) i++;
    if (y.id <= x.id) j++;
    merged.push(x.id <= y.id ? x : y);
  }
  while (i < left.length) merged.push(left[i++] as Token);
  while (j < right.length) merged.push(right[j++] as Token);
  if (merged.length === left.length) return a;
  if (merged.length === right.length) return b;
  return merged.length > largestSet ? always : new DependencySet(merged);
}

/** What the computation under way has touched so far. One for all: evaluation is synchronous. */
export const gathering: { current: DependencySet } = { current: none };

/** The computation under way depends on this. */
export function dependOn(dependencies: DependencySet): void {
  if (dependencies !== none) gathering.current = gathering.current.with(dependencies);
}

/** Runs `compute` and says what it depends on; whoever called depends on it too. */
export function gather<T>(compute: () => T): { readonly value: T; readonly dependencies: DependencySet } {
  const outer = gathering.current;
  gathering.current = none;
  try {
    const value = compute();
    return { value, dependencies: gathering.current };
  } finally {
    gathering.current = outer.with(gathering.current);
  }
}
