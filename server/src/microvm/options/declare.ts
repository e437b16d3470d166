import { attributes, boolean, integer, list, nullValue, string } from "../../nix/eval/make.ts";
import type { AttributesValue, Thunk, Value } from "../../nix/eval/value.ts";
import { ready } from "../../nix/eval/value.ts";
import { declared } from "../../nix/modules/inputs.ts";
import { emptyList, emptySet } from "../../nix/modules/types/containers.ts";
import { submodule } from "../../nix/modules/types/modules.ts";
import type { OptionType } from "../../nix/modules/types/type.ts";
import type { OptionFacts, Plain } from "./option-facts.ts";
import { childrenOf } from "./table.ts";
import { typeOfShape, unknownDefault } from "./types.ts";

/** What the table cannot say of an option: how its default is computed, or a type of its own. By full name. */
export type Special = Readonly<Record<string, { readonly type?: OptionType; readonly fallback?: Value | Thunk }>>;

/** The options below a path of the table, as the set that a module has as `options`; `file` declares submodules. */
export function declareBelow(
  path: readonly string[],
  options: readonly OptionFacts[],
  file: string,
  special: Special = {},
): AttributesValue {
  const entries: [string, Thunk][] = [];
  for (const [name, facts] of childrenOf(path, options)) {
    const here = [...path, name];
    const value = facts
      ? declareOption(here, facts, options, file, special)
      : declareBelow(here, options, file, special);
    entries.push([name, ready(value)]);
  }
  return attributes(entries);
}

function declareOption(
  path: readonly string[],
  facts: OptionFacts,
  options: readonly OptionFacts[],
  file: string,
  special: Special,
): AttributesValue {
  const own = special[facts.name] ?? {};
  const inner = () => submoduleAt(path, facts, options, file, special);
  const type = own.type ?? typeOfShape(facts.shape, inner);
  return declared(type, own.fallback ?? defaultOf(path, facts));
}

/** The submodule of the elements of an option. */
function submoduleAt(
  path: readonly string[],
  { shape }: OptionFacts,
  options: readonly OptionFacts[],
  file: string,
  special: Special,
): OptionType {
  const step = shape.kind === "listOf" ? ["*"] : shape.kind === "attrsOf" ? ["<name>"] : [];
  const below = declareBelow([...path, ...step], options, file, special);
  return submodule([{ value: ready(attributes([["options", ready(below)]])), file }]);
}

/**
 * Options of the guest itself that have no default are set by microvm.nix's own modules, to a value that is not known. One
 * that only a default of theirs is for (`storeDiskType`) is told apart: it counts as not given.
 */
function defaultOf(path: readonly string[], { plain, required, shape, name }: OptionFacts): Value | undefined {
  if (plain !== undefined) return valueOfPlain(plain);
  if (required && (shape.kind === "enum" || path.some((step) => step === "*" || step === "<name>"))) return undefined;
  return unknownDefault(name, shape);
}

/** Plain data as a value of the language. */
export function valueOfPlain(plain: Plain): Value {
  if (plain === null) return nullValue();
  if (typeof plain === "boolean") return boolean(plain);
  if (typeof plain === "number") return integer(plain);
  if (typeof plain === "string") return string(plain);
  if (isArray(plain)) return plain.length === 0 ? emptyList() : list(plain.map((item) => ready(valueOfPlain(item))));
  const entries = Object.entries(plain);
  return entries.length === 0 ? emptySet() : attributes(entries.map(([name, value]) => [name, valueOfPlain(value)]));
}

function isArray(plain: Plain): plain is readonly Plain[] {
  return Array.isArray(plain);
}
