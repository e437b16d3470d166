import { isError } from "../eval/ops.ts";
import type { AttributesValue, Place, Thunk, Unknown, Value } from "../eval/value.ts";
import { delayed, ready } from "../eval/value.ts";
import { mergeDefinitions } from "./merge.ts";
import { refuse, showOption } from "./refusal.ts";
import type { Level } from "./tree.ts";
import type { MergeContext } from "./types/type.ts";

/** Definitions of undeclared options by `freeformType`, where there is one, beneath the declared ones. */
export function withFreeform(
  context: MergeContext,
  level: Level,
  prefix: readonly string[],
  type: Value | null,
): Value {
  const { config } = level;
  if (type === null) return config;
  const definitions = level.undeclared().map(({ path, definition }) => ({
    ...definition,
    value: path.reduceRight((value, name) => setOf(name, value, definition.at), definition.value),
  }));
  if (definitions.length === 0) return type.type === "unknown" ? { ...config, rest: type } : config;
  // Its `merge` is called, the type of the definitions is not looked at.
  const unchecked = { ...context.typeOf(type), check: () => true };
  const freeform = mergeDefinitions(context, prefix, unchecked, definitions, []).read();
  if (freeform.type === "unknown") return isError(freeform) ? freeform : { ...config, rest: freeform };
  return freeform.type === "attrs" ? mergeUnder(freeform, config) : config;
}

function setOf(name: string, thunk: Thunk, at: Place): Thunk {
  const entries = new Map([[name, { thunk, at }]]);
  return ready({ type: "attrs", entries, rest: null, origin: { at, step: "merge", from: [] } });
}

/** `recursiveUpdate freeform declared`: names of both are sets on the way to declared options. */
function mergeUnder(freeform: AttributesValue, declared: AttributesValue): AttributesValue {
  const entries = new Map(declared.entries);
  for (const [name, entry] of freeform.entries) {
    const other = declared.entries.get(name);
    if (!other || entries.get(name) === undefined) {
      entries.set(name, entry);
      continue;
    }
    entries.set(name, {
      at: other.at,
      thunk: delayed(other.at, () => {
        const [below, above] = [entry.thunk.force(), other.thunk.force()];
        return below.type === "attrs" && above.type === "attrs" ? mergeUnder(below, above) : above;
      }),
    });
  }
  return { ...declared, entries, rest: freeform.rest ?? (freeform.entries.size > 0 ? null : declared.rest) };
}

/** Definitions of options that do not exist are an error: no free-form type takes them, and they are checked. */
export function takesNoOther(level: Level): boolean {
  const option = (name: string) => level.option(["_module", name])?.value.force();
  const [check, freeform] = [option("check"), option("freeformType")];
  return !(check?.type === "boolean" && !check.value) && !(freeform && freeform.type !== "null");
}

/** Why real Nix refuses the whole configuration; null where an unknown condition decides. */
export function unmatchedError(level: Level, prefix: readonly string[]): Unknown | null {
  const all = level.undeclared();
  if (all.length === 0 || !takesNoOther(level)) return null;
  const sure = all.find(({ definition }) => definition.wrappers.length === 0);
  if (!sure) return null;
  const loc = [...prefix, ...sure.path];
  const message = `The option \`${showOption(loc)}' does not exist.`;
  return refuse({ kind: "undeclared", loc, message, definitions: [sure.definition] });
}
