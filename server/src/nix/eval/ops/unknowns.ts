import { dismiss } from "../dismissals.ts";
import { becauseOf, unknown } from "../make.ts";
import type { Place, Unknown, Value } from "../value.ts";

/** The root of a chain and its length, so that long chains cost no walk at every operation. */
const chains = new WeakMap<Unknown, { readonly root: Unknown; readonly length: number }>();
const longestChain = 48;

/**
 * What an operation gives when it needs a value that is unknown: the reason is kept, one step further from its root;
 * `shape` is what is known of the result. An undecided value passes as it is when nothing else is known, for its
 * candidates must stay in reach; a very long chain grows no more.
 */
export function pass(of: Unknown, via: string, at: Place, shape?: Unknown["shape"]): Unknown {
  // Whatever is not known may fail in truth.
  if (!isError(of)) dismiss();
  const known = chains.get(of);
  const length = known?.length ?? 0;
  if (length >= longestChain && sameShape(of.shape, shape)) return of;
  const made = becauseOf(of, via, at, shape);
  chains.set(made, { root: known?.root ?? rootOf(of), length: Math.min(length + 1, longestChain) });
  return made;
}

/** The same unknown value, only handed on: by a name, an attribute, an argument. */
export function forward(of: Unknown, via: string, at: Place): Unknown {
  return of.why.reason === "undecided" ? of : pass(of, via, at, of.shape);
}

function sameShape(a: Unknown["shape"], b: Unknown["shape"]): boolean {
  return a?.type === b?.type && a?.pieces === b?.pieces;
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
  dismiss();
  return unknown({ reason: "budget", what }, at);
}
