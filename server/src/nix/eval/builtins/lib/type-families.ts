import { attributes, becauseOf, boolean, string } from "../../make.ts";
import type { Definition } from "../definition.ts";
import { apply, each, later, select } from "./combine.ts";
import { needAttrs, section } from "./kit.ts";
import { makeType } from "./types.ts";

const define = section("types", "lib/types.nix");

/** Functions of `lib.types` that are seldom used: lists of attributes, what formats can hold, types joined by hand. */
export const typeFamilies: readonly Definition[] = [
  define("attrListWith", "arguments!", "{ elemType, asAttrs ? false, mergeAttrValues ? … } -> type", (call, given) => {
    const set = needAttrs(call, given, "attrListWith");
    if (set.type === "unknown") return set;
    if (set.rest) return becauseOf(set.rest, "attrListWith", call.at);
    const merge = set.entries.get("mergeAttrValues")?.thunk;
    return makeType(call, {
      kind: "attrListOf",
      parameters: [
        ["elemType", later(call, () => select(call, set, "elemType"))],
        ["asAttrs", set.entries.get("asAttrs")?.thunk ?? boolean(false)],
        ...(merge ? [["mergeAttrValues", merge] as const] : []),
      ],
    });
  }),
  define("serializableValueWith", "arguments!", "{ typeName, nullable ? true } -> type", (call, given) => {
    const set = needAttrs(call, given, "serializableValueWith");
    if (set.type === "unknown") return set;
    if (set.rest) return becauseOf(set.rest, "serializableValueWith", call.at);
    const nullable = set.entries.get("nullable")?.thunk.force() ?? boolean(true);
    return makeType(call, {
      kind: "serializable",
      name: nullable.type === "boolean" && nullable.value ? "nullOr" : "either",
      parameters: [
        ["typeName", later(call, () => select(call, set, "typeName"))],
        ["nullable", nullable],
      ],
    });
  }),
  define("mergeTypes", "a b", "type -> type -> type", (call, a, b) =>
    each(
      call,
      apply(
        call,
        later(call, () => select(call, a, "typeMerge")),
        later(call, () => select(call, b, "functor")),
      ),
      (merged) =>
        merged.type === "null"
          ? attributes([
              ["_type", string("merge-error")],
              ["error", string("Cannot merge types")],
            ])
          : merged,
    ),
  ),
];
