import { becauseOf, unknown } from "../make.ts";
import type { Place, Unknown, Value } from "../value.ts";

/** The root of a chain and its length, so that long chains cost no walk at every operation. */
const chains = new WeakMap<Unknown, { readonly root: Unknown; readonly length: number }>();
const longestChain = 48;

/**
 * What an operation gives when it needs a value that is unknown: the same unknown, one step further from its root; a very
 * long chain grows no more. Without `shape` it is the same value that passes on, so its shape and the candidates of an
 * undecided one stay. With `shape`, be it `undefined`, it is another value that only has this cause: nothing that is known
 * of the cause is true of it.
 */
export function pass(of: Unknown, via: string, at: Place, ...given: [shape?: Unknown["shape"]]): Unknown {
  const same = given.length === 0;
  if (same && of.why.reason === "undecided") return of;
  const known = chains.get(of);
  const length = known?.length ?? 0;
  if (length >= longestChain) return same ? of : becauseOf(known?.root ?? of, via, at, given[0]);
  const made = becauseOf(of, via, at, same ? of.shape : given[0]);
  chains.set(made, { root: known?.root ?? rootOf(of), length: length + 1 });
  return made;
}

/** Follows `input` to the unknown that started the chain; unlike `rootCause` it stops at an undecided value. */
export function rootOf(of: Unknown): Unknown {
  let at = of;
  for (;;) {
    const known = chains.get(at);
    if (known) return known.root;
    if (at.why.reason !== "input") return at;
    at = at.why.of;
  }
}

/** True when real Nix surely fails here too: an operation that needs this value fails as a whole. */
export function isError(of: Unknown): boolean {
  const { reason } = rootOf(of).why;
  return reason === "throws" || reason === "wrong-type" || reason === "cycle";
}

/** True for an error that somebody wrote on purpose: `throw`, `abort` or a failed `assert`. */
export function isDeliberate(of: Unknown): boolean {
  const { why } = rootOf(of);
  return why.reason === "throws" && why.by !== "error";
}

/** True for an error that `tryEval` catches. */
export function isCatchable(of: Unknown): boolean {
  const { why } = rootOf(of);
  return why.reason === "throws" && (why.by === "throw" || why.by === "assert");
}

/** True when only the budget was missing: then nothing may be concluded, for with more of it things may be different. */
export function isUnfinished(of: Unknown): boolean {
  return rootOf(of).why.reason === "budget";
}

/**
 * How often a deliberate error under an undecided condition was set aside in favour of the other branch. Only `tryEval`
 * can tell the difference, and must then not claim success.
 */
export const dismissals = { count: 0 };

/** A value of which only the possible results are known. */
export function undecided(condition: Unknown, candidates: readonly Value[], at: Place): Unknown {
  const types = new Set(candidates.map((c) => (c.type === "unknown" ? c.shape?.type : c.type)));
  const [type] = types;
  const shape = types.size === 1 && type !== undefined ? { type } : undefined;
  return unknown({ reason: "undecided", condition, candidates }, at, shape);
}

/** The opposite of an unknown condition. */
export function negated(condition: Unknown, at: Place): Unknown {
  return pass(condition, "!", at, { type: "boolean" });
}

export function overBudget(what: "steps" | "depth" | "size", at: Place): Unknown {
  return unknown({ reason: "budget", what }, at);
}
