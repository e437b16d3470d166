import type { Thunk } from "./value.ts";

/** What a name is bound to. Attributes of a recursive set serve as they are. */
export interface Bound {
  readonly thunk: Thunk;
}

/** One `with`; the innermost comes first. */
export interface With {
  readonly environment: Thunk;
  readonly outer: With | null;
}

/** The names that an expression sees: scopes inside one another, and apart from them the `with`s, which come last. */
export class Scope {
  declare readonly outer: Scope | null;
  declare readonly names: ReadonlyMap<string, Bound>;
  declare readonly withs: With | null;

  constructor(outer: Scope | null, names: ReadonlyMap<string, Bound>, withs: With | null = outer?.withs ?? null) {
    this.outer = outer;
    this.names = names;
    this.withs = withs;
  }

  /** The binding of a name, not counting `with`. */
  find(name: string): Thunk | undefined {
    let scope: Scope | null = this;
    while (scope !== null) {
      const bound = scope.names.get(name);
      if (bound !== undefined) return bound.thunk;
      scope = scope.outer;
    }
    return undefined;
  }
}

/** The scope of `with environment; …`. */
export function scopeWith(outer: Scope, environment: Thunk): Scope {
  return new Scope(outer, nothing, { environment, outer: outer.withs });
}

const nothing: ReadonlyMap<string, Bound> = new Map();
