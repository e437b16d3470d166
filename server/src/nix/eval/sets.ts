import type { Node } from "../syntax/ast.ts";
import { charge } from "./budget.ts";
import type { Machine } from "./lambda.ts";
import { fails, originAt, unknown, wrongType } from "./make.ts";
import { isError, pass, selectAttribute } from "./ops.ts";
import type { Dynamic, Entry, Plan } from "./plan.ts";
import { Scope } from "./scope.ts";
import { nameValue } from "./select.ts";
import {
  type Attribute,
  type AttributesValue,
  delayed,
  type Place,
  ready,
  Thunk,
  type Unknown,
  type Value,
} from "./value.ts";
import { lookUpWith } from "./with.ts";

/** What sets ask of the interpreter beside evaluation. */
export interface SetMachine extends Machine {
  suspend(node: Node, scope: Scope): Thunk;
}

/** The thunk of each `inherit (…)`; few sets have one. */
interface Sources {
  made: Map<object, Thunk> | null;
}

/** The set that a plan describes. Names are strict, values lazy. */
export function evaluatePlan(machine: SetMachine, plan: Plan, scope: Scope, at: Node): AttributesValue | Unknown {
  const entries = new Map<string, Attribute>();
  const inner = plan.recursive ? new Scope(scope, entries) : scope;
  const sources: Sources = { made: null };
  charge(2 * plan.statics.size);
  for (const [name, entry] of plan.statics) {
    entries.set(name, { thunk: thunkOf(machine, plan, entry, scope, inner, sources), at: entry.at });
  }
  if (plan.recursive && entries.has("__overrides")) return unknown({ reason: "unsupported", what: "__overrides" }, at);
  const origin = originAt(at, "literal");
  if (plan.dynamics.length === 0) return { type: "attrs", entries, rest: null, origin };
  // Computed names are no names in scope, so they go into a copy.
  return addDynamics(machine, plan, new Map(entries), scope, inner, sources, origin.at);
}

function thunkOf(machine: SetMachine, plan: Plan, entry: Entry, outer: Scope, inner: Scope, sources: Sources): Thunk {
  switch (entry.kind) {
    case "value":
      // A variable gets a thunk of its own, so that the binding is a step in the way of an unknown.
      return plan.recursive || entry.value.kind === "variable"
        ? machine.delay(entry.value, inner)
        : machine.suspend(entry.value, inner);
    case "set":
      return new PlannedSet(machine, entry.plan, inner, entry.at);
    case "inherit": {
      const { name, at } = entry;
      return outer.find(name) ?? delayed(at, () => lookUpWith(outer.withs, name, at));
    }
    case "inherit-from": {
      const { name, at, source } = entry;
      let from = sources.made?.get(source);
      if (!from) {
        from = plan.recursive ? machine.delay(source.from, inner) : machine.suspend(source.from, inner);
        sources.made ??= new Map();
        sources.made.set(source, from);
      }
      const set = from;
      return delayed(at, () => selectAttribute(set.force(), name, at));
    }
    case "duplicate":
      return ready(fails(`attribute '${entry.name}' already defined`, entry.at));
    case "refused":
      return ready(unknown({ reason: "syntax-error" }, entry.at));
  }
}

function addDynamics(
  machine: SetMachine,
  plan: Plan,
  entries: Map<string, Attribute>,
  outer: Scope,
  inner: Scope,
  sources: Sources,
  at: Place,
): AttributesValue | Unknown {
  let rest: Unknown | null = null;
  for (const dynamic of plan.dynamics) {
    const name = nameValue(machine, dynamic.name, inner);
    const make = () => thunkOf(machine, plan, dynamic.entry, outer, inner, sources);
    const outcome = addDynamic(entries, dynamic, name, make);
    if (outcome?.fatal) return outcome.unknown;
    rest ??= outcome?.unknown ?? null;
  }
  return { type: "attrs", entries, rest, origin: originAt(at, "literal") };
}

/** Adds one computed attribute; null means none. Returns the unknown that leaves the set open, or that ends it. */
function addDynamic(
  entries: Map<string, Attribute>,
  dynamic: Dynamic,
  name: Value,
  make: () => Thunk,
): { readonly unknown: Unknown; readonly fatal: boolean } | null {
  const at = dynamic.entry.at;
  switch (name.type) {
    case "null":
      return null;
    case "string":
      if (entries.has(name.value) && !entries.get(name.value)?.conditional) {
        return { unknown: fails(`dynamic attribute '${name.value}' already defined`, at), fatal: true };
      }
      entries.set(name.value, { thunk: make(), at });
      return null;
    case "unknown":
      break;
    default:
      return { unknown: wrongType("string", name.type, dynamic.name), fatal: true };
  }
  if (isError(name)) return { unknown: pass(name, "${…}", dynamic.name), fatal: true };
  if (name.why.reason !== "undecided") return { unknown: pass(name, "${…}", dynamic.name), fatal: false };
  const { condition, candidates } = name.why;
  const thunk = make();
  let rest: Unknown | null = null;
  for (const candidate of candidates) {
    // The same name cannot be defined twice, so a candidate that is taken already is not the one.
    if (candidate.type === "string" && !entries.has(candidate.value)) {
      entries.set(candidate.value, { thunk, at, conditional: condition });
    } else if (candidate.type === "unknown" && !isError(candidate)) rest ??= pass(candidate, "${…}", dynamic.name);
  }
  return rest && { unknown: rest, fatal: false };
}

/** A set that several bindings define together. */
class PlannedSet extends Thunk {
  readonly at: Node;
  readonly #machine: SetMachine;
  readonly #plan: Plan;
  readonly #scope: Scope;

  constructor(machine: SetMachine, plan: Plan, scope: Scope, at: Node) {
    super();
    this.at = at;
    this.#machine = machine;
    this.#plan = plan;
    this.#scope = scope;
  }

  protected compute(): Value {
    return evaluatePlan(this.#machine, this.#plan, this.#scope, this.at);
  }
}
