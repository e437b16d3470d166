import type { Evaluator } from "../eval/builtins/definition.ts";
import type { TypeParts } from "../eval/builtins/lib/type-parts.ts";
import { unsupported } from "../eval/make.ts";
import type { Value } from "../eval/value.ts";
import { contextFor } from "./evaluate.ts";
import { typeOf } from "./types/from-value.ts";
import type { MergeContext } from "./types/type.ts";
import { viewOf } from "./types/view.ts";

/** The parts of types that the module system makes: `merge`, `getSubOptions`, `description` … */
export function typePartsFor(evaluator: Evaluator, importFile?: (path: string) => Value): TypeParts {
  let context: MergeContext | null = null;
  return (type, name) => {
    context ??= contextFor({ evaluator, strict: true, ...(importFile ? { importFile } : {}) });
    const part = viewOf(typeOf(type), context).entries.get(name);
    return part ? part.thunk.force() : unsupported(`${name} of a type`);
  };
}
