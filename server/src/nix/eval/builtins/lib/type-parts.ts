import { attached } from "../../../../base/attached.ts";
import { unsupported } from "../../make.ts";
import { type AttributesValue, delayed, type Thunk, type Value } from "../../value.ts";
import type { Call, Evaluator } from "../definition.ts";

/** Gives the parts of a type that need the module system: `merge`, `getSubOptions`, `description` … */
export type TypeParts = (type: AttributesValue, name: string) => Value;

const parts = attached<Evaluator, TypeParts>();
const originals = attached<AttributesValue, AttributesValue>();

/** Without this, such parts are unknown for the evaluator. */
export function useTypeParts(evaluator: Evaluator, give: TypeParts): void {
  parts.set(evaluator, give);
}

/** The names of these parts. */
export const partNames = [
  "description",
  "descriptionClass",
  "deprecationMessage",
  "check",
  "merge",
  "emptyValue",
  "nestedTypes",
  "getSubOptions",
  "getSubModules",
  "substSubModules",
  "typeMerge",
  "functor",
] as const;

/** One of these parts, when it is asked for. */
export function typePart(call: Call, type: () => AttributesValue, name: string): Thunk {
  return delayed(
    null,
    () => parts.get(call.evaluator)?.(type(), name) ?? unsupported("a part of a type that only the module system uses"),
  );
}

/** Remembers a type as it was made, by its parameters: what a user replaces is told from that. */
export function rememberOriginal(parameters: AttributesValue, type: AttributesValue): void {
  originals.set(parameters, type);
}

export function originalOf(parameters: AttributesValue): AttributesValue | undefined {
  return originals.get(parameters);
}
