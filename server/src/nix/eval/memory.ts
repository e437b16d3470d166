import {
  type DependencySet,
  dependOn,
  gatherApart,
  gatheredSoFar,
  none,
  type Settled,
  settle,
  union,
} from "./dependencies.ts";

export interface Question<T> {
  readonly key: string;
  /** {@link Memory.way} as it was before the first of several questions: names in scope are decided on the way there. */
  readonly way: DependencySet;
  readonly compute: () => T;
  /** Refuses an old result for reasons of its own. */
  readonly usable?: (value: T) => boolean;
  /** The caller makes no result of its own out of this one, so it need not depend on it. */
  readonly apart?: boolean;
}

/** Results that outlive one evaluation: each is used again until something that it was made from has changed. */
export class Memory {
  #results = new Map<string, { readonly value: unknown; readonly dependencies: Settled }>();
  #used = new Set<string>();
  #computed = new Set<string>();
  #isWhole = true;
  /** The way to the result that is being computed. */
  #around: DependencySet = none;
  /** How many results were used again and how many were computed, since {@link begin}. */
  readonly counts = { reused: 0, computed: 0 };

  /** Starts an evaluation: what is not asked for until it ends is forgotten at the next one. */
  begin(): void {
    // One that was broken off has not asked for everything.
    if (this.#isWhole) for (const key of this.#results.keys()) if (!this.#used.has(key)) this.#results.delete(key);
    this.#isWhole = false;
    this.#used = new Set();
    this.#computed = new Set();
    this.#around = none;
    this.counts.reused = 0;
    this.counts.computed = 0;
  }

  /** Everything has been asked for. */
  end(): void {
    this.#isWhole = true;
  }

  /** The evaluation was broken off: of what was computed in it, only results under these keys are used again. */
  breakOff(whole: ReadonlySet<string>): void {
    for (const key of this.#computed) if (!whole.has(key)) this.#results.delete(key);
  }

  /** What the computation under way depends on so far, the way to it included: an outer result may be kept or not. */
  get way(): DependencySet {
    return union(this.#around, gatheredSoFar());
  }

  remember<T>({ key, way, compute, usable, apart }: Question<T>): T {
    this.#used.add(key);
    const known = this.#results.get(key);
    if (known?.dependencies.alive && (!usable || usable(known.value as T))) {
      this.counts.reused++;
      if (!apart) dependOn(known.dependencies.set);
      return known.value as T;
    }
    this.counts.computed++;
    const { value, dependencies } = this.#within(way, () => gatherApart(compute));
    const settled = settle([way, dependencies]);
    this.#results.set(key, { value, dependencies: settled });
    this.#computed.add(key);
    if (!apart) dependOn(settled.set);
    return value;
  }

  #within<T>(way: DependencySet, compute: () => T): T {
    const around = this.#around;
    this.#around = way;
    try {
      return compute();
    } finally {
      this.#around = around;
    }
  }

  /** The files that were parsed for the results asked for since {@link begin}. */
  files(): Set<string> {
    const files = new Set<string>();
    for (const key of this.#used) {
      for (const file of this.filesOf(key)) files.add(file);
    }
    return files;
  }

  /** The files that were parsed for the result under that key. */
  filesOf(key: string): readonly string[] {
    return this.#results.get(key)?.dependencies.files ?? [];
  }

  /** What was computed under that key is not used again. */
  forget(key: string): void {
    this.#results.delete(key);
  }
}
