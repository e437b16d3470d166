import { attributes } from "../nix/eval/make.ts";
import { applyFunction } from "../nix/eval/ops.ts";
import { type Attribute, type AttributesValue, ready, type Value } from "../nix/eval/value.ts";
import { evaluationOf } from "../nix/modules/evaluate.ts";

/** More attributes than this are a package set, not a set of machines. */
const most = 200;

/**
 * The NixOS configurations that a file gives which no flake leads to: one, or a set of them, as people have it who pin their
 * sources with npins or niv. Null for a module.
 */
export function systemsIn(value: Value, name: string): AttributesValue | null {
  const set = value.type === "function" && isOptional(value.formals) ? applied(value) : value;
  if (set.type !== "attrs") return null;
  if (isSystem(set)) return attributes([[name, ready(set)]]);
  if (set.entries.size > most) return null;
  const found = new Map<string, Attribute>();
  for (const [key, entry] of set.entries) {
    // A module has one of these, and nothing below them is a machine.
    if (key === "imports" || key === "options") return null;
    const inner = entry.thunk.force();
    if (inner.type === "attrs" && isSystem(inner)) found.set(key, entry);
  }
  return found.size === 0 ? null : { ...set, entries: found };
}

function isSystem(set: AttributesValue): boolean {
  const config = set.entries.get("config")?.thunk.force();
  return config !== undefined && set.entries.has("options") && evaluationOf(config) !== undefined;
}

/** Nix calls a file's function when all its arguments have defaults. */
function isOptional(formals: ReadonlyMap<string, boolean> | null): boolean {
  return formals !== null && formals.size > 0 && [...formals.values()].every((hasDefault) => hasDefault);
}

function applied(value: Value): Value {
  return applyFunction(value, [ready(attributes([]))], null);
}
