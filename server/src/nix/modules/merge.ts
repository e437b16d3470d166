import { attributes, becauseOf } from "../eval/make.ts";
import { join } from "../eval/ops.ts";
import type { Unknown, Value } from "../eval/value.ts";
import { type Definition, isGentle, type Open } from "./definition.ts";
import { applies, discharge, ordered, priorities, type Resolved, strongest } from "./discharge.ts";
import { mismatch } from "./types/compound.ts";
import { noValue } from "./types/scalars.ts";
import type { MergeContext, Merged, OptionType } from "./types/type.ts";

/** More undecided conditions than these are not told apart. */
const mostConditions = 4;

/**
 * Merges the definitions of one option like `mergeDefinitions` of lib/modules.nix. Unknown conditions give conditional
 * parts or undecided values. Unseen definitions (`opens`) open lists and sets; they leave a scalar alone that has a
 * definition of ordinary priority (nobody sets an option that is already set, but by `mkForce`), and make it unknown
 * where only a default would apply.
 */
export function mergeDefinitions(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  definitions: readonly Definition[],
  opens: readonly Open[],
): Merged {
  const unseen = [...opens];
  const resolved = discharge(definitions, unseen);
  const failure = unseen.find((open) => open.fails)?.because ?? null;
  const open = failure ?? openness(unseen);
  const strongestSure = Math.min(...resolved.filter((d) => !d.conditional).map((d) => d.priority));
  const kept = resolved.filter((d) => !(d.priority > strongestSure));
  let value: Value | null = null;
  const compute = () =>
    failure && !type.parts(kept) ? becauseOf(failure, loc.join(".")) : mergedValue(context, loc, type, kept, open);
  return {
    read: () => {
      value ??= compute();
      return value;
    },
    defined: presence(kept, open),
    final: ordered(kept),
  };
}

/** The merged value if there is a definition at all: the first unknown condition of each is taken to hold. */
export function assumeDefined(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  definitions: readonly Definition[],
): Value {
  const unseen: Open[] = [];
  const resolved = discharge(definitions, unseen);
  const [only] = resolved;
  const open = openness(unseen);
  if (resolved.length === 1 && only) return mergedValue(context, loc, type, [{ ...only, conditional: null }], open);
  return mergedValue(context, loc, type, resolved, open);
}

/** Why there may be more definitions; the reason that says most. */
function openness(opens: readonly Open[]): Unknown | null {
  const reasons = opens.filter(applies).map((open) => open.because);
  return reasons.find((reason) => !isGentle(reason)) ?? reasons[0] ?? null;
}

function presence(kept: readonly Resolved[], open: Unknown | null): boolean | Unknown {
  if (kept.some((d) => !d.conditional)) return true;
  return kept[0]?.conditional ?? (open && !isGentle(open) ? open : false);
}

function mergedValue(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  kept: readonly Resolved[],
  open: Unknown | null,
): Value {
  const conditions = new Set<Unknown>();
  for (const { conditional } of kept) if (conditional) conditions.add(conditional);
  const mixed = kept.some((d) => d.priority !== kept[0]?.priority);
  if (conditions.size === 0) return settled(context, loc, type, strongest(kept), open);
  // An empty default that conditional definitions replace is the same as no default.
  const others = kept.filter((d) => !isEmptyDefault(d));
  if (type.parts(others)) {
    if (!mixed) return settled(context, loc, type, ordered(kept), open);
    if (others.length > 0 && others.every((d) => d.conditional && d.priority === others[0]?.priority)) {
      return settled(context, loc, type, ordered(others), open);
    }
  }
  const [condition] = conditions;
  if (conditions.size > mostConditions || condition === undefined) {
    return becauseOf(condition as Unknown, loc.join("."), null);
  }
  const holds = kept.map((d) => (d.conditional === condition ? { ...d, conditional: null } : d));
  const fails = kept.filter((d) => d.conditional !== condition);
  const narrowed = (given: readonly Resolved[]) => {
    const best = Math.min(...given.filter((d) => !d.conditional).map((d) => d.priority));
    return mergedValue(
      context,
      loc,
      type,
      given.filter((d) => !(d.priority > best)),
      open,
    );
  };
  return join(condition, narrowed(holds), narrowed(fails), condition.at);
}

/** All that remains is: unseen definitions, checking, and the type's own merging. */
function settled(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  given: readonly Resolved[],
  open: Unknown | null,
): Value {
  const name = loc.join(".");
  // Where a condition makes Nix fail, whoever gets a value gets that without it.
  const definitions = given.filter((d) => !d.conditional || !isInvalid(type, d));
  if (definitions.length === 0) {
    if (open && !isGentle(open)) return becauseOf(open, name);
    return type.empty ? type.empty(context, loc) : noValue(loc);
  }
  const invalid = given.filter((d) => !d.conditional && isInvalid(type, d));
  if (invalid.length > 0) return mismatch(context, loc, type, invalid);
  const parts = type.parts(definitions);
  for (const definition of definitions) {
    if (definition.value.type === "unknown" && !parts && !type.texts) {
      const shape = definitions.length === 1 ? definition.value.shape : undefined;
      return becauseOf(definition.value, name, definition.at, shape);
    }
  }
  if (open && !parts) {
    const plain = isGentle(open) || definitions.some((d) => d.priority <= priorities.plain);
    return plain ? opened(type, type.merge(context, loc, definitions, null), open) : becauseOf(open, name);
  }
  if (open && !isGentle(open) && definitions.every((d) => d.priority > priorities.plain)) {
    return type.merge(
      context,
      loc,
      definitions.map((d) => ({ ...d, conditional: d.conditional ?? open })),
      open,
    );
  }
  return type.merge(context, loc, definitions, open);
}

function isInvalid(type: OptionType, { value }: Resolved): boolean {
  return value.type !== "unknown" && type.check(value) === false;
}

/** `valueMeta` of the definitions, which are known to the last condition. */
export function metaOf(
  context: MergeContext,
  loc: readonly string[],
  type: OptionType,
  definitions: readonly Definition[],
): Value {
  const opens: Open[] = [];
  const resolved = discharge(definitions, opens);
  const unsure = opens[0]?.because ?? resolved.find((d) => d.conditional)?.conditional;
  if (unsure) return becauseOf(unsure, "valueMeta");
  return type.meta?.(context, loc, strongest(resolved)) ?? attributes([]);
}

/** A list or set of a type that is not always one: there may be more in it. */
function opened(type: OptionType, value: Value, open: Unknown): Value {
  if (value.type === "list" && value.rest === null) return { ...value, rest: open };
  const isSet = value.type === "attrs" && value.rest === null && !value.entries.has("_type");
  if (isSet && compound.has(type.kind)) return { ...value, rest: open };
  return value;
}
const compound = new Set(["either", "coercedTo", "nullOr", "unique", "anything", "addCheck"]);

function isEmptyDefault({ value, priority, conditional }: Resolved): boolean {
  if (conditional || priority !== priorities.optionDefault) return false;
  if (value.type === "list") return value.items.length === 0 && value.rest === null;
  return value.type === "attrs" && value.entries.size === 0 && value.rest === null;
}
