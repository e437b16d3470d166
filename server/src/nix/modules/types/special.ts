import { becauseOf, list, unsupported } from "../../eval/make.ts";
import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import type { Unknown, Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import { typeTag } from "../definition.ts";
import { refuse, showOption } from "../refusal.ts";
import { composed, inPhrase, type Phrase, phrase, phraseOf } from "./phrase.ts";
import { described, isStringLike, mergeEqual, scalar } from "./scalars.ts";
import type { MergeContext, OptionType } from "./type.ts";

/** `singleLineStr` takes off the line feed at the end. */
export const withoutLastBreak: Parameters<typeof scalar>[2] = (loc, definitions) => {
  const merged = mergeEqual(loc, definitions);
  return merged.type === "string" && merged.value.endsWith("\n")
    ? { ...merged, value: merged.value.slice(0, -1) }
    : merged;
};

export function numberWords(name: string | null, get: (name: string) => Value): Phrase {
  if (name === "numberNonnegative")
    return phrase("nonnegative integer or floating point number, meaning >=0", "nonRestrictiveClause");
  if (name === "numberPositive")
    return phrase("positive integer or floating point number, meaning >0", "nonRestrictiveClause");
  const [lowest, highest] = [get("lowest"), get("highest")].map((n) =>
    n.type === "integer" || n.type === "float" ? String(n.value) : "?",
  );
  return phrase(`integer or floating point number between ${lowest} and ${highest} (both inclusive)`, "conjunction");
}

export function passwdEntry(type: OptionType, entry: OptionType): OptionType {
  const phrase = (context: MergeContext | null) =>
    composed("nonRestrictiveClause", inPhrase(phraseOf(entry, context), "noun"), ", not containing newlines or colons");
  return { ...type, name: `passwdEntry ${entry.name}`, phrase };
}

/** A derivation, or what becomes a path right below the store. */
export function isPackage(value: Value): boolean | Unknown {
  if (value.type === "unknown") return value;
  if (value.type === "attrs") {
    const tag = value.entries.get("type")?.thunk.force();
    if (tag?.type === "string" && tag.value === "derivation") return true;
    if (tag?.type === "unknown") return becauseOf(tag, "type");
    const text = isStringLike(value);
    return text === false ? false : text === true ? unsupported("whether a set is a store path") : text;
  }
  if (value.type !== "string" && value.type !== "path") return false;
  if (/^\/nix\/store\/[^/]+$/.test(value.value)) return true;
  // The folder of a flake lies in the store.
  return value.value.startsWith("/") && !value.value.startsWith("/nix/store/")
    ? unsupported("whether a path is a store path", value.origin.at)
    : false;
}

/** `fileset`: a set of files, merged to all of them. A path is one, too, where it leads somewhere. */
export const fileset: OptionType = {
  ...described(
    scalar("fileset", (value) => {
      if (value.type === "unknown" || value.type === "path") return value.type === "unknown" ? value : true;
      return value.type === "attrs" && typeTag(value) === "fileset";
    }),
    "fileset",
  ),
  empty: (context) => selectAttribute(filesets(context), "empty", null),
  merge: (context, loc, definitions) => {
    for (const { value, file, at } of definitions) {
      const fits = applyFunction(selectAttribute(filesets(context), "isFileset", null), [ready(value)], at);
      if (fits.type === "unknown") return becauseOf(fits, loc.join("."), at);
      if (fits.type === "boolean" && !fits.value) {
        const message = `A definition for option \`${showOption(loc)}' is not of type \`fileset'.`;
        return refuse({ kind: "type", loc, message, definitions: [{ file, at }], wanted: "fileset" });
      }
    }
    const sets = ready(list(definitions.map((d) => d.thunk)));
    return applyFunction(selectAttribute(filesets(context), "unions", null), [sets], null);
  },
};

function filesets(context: MergeContext): Value {
  return selectAttribute(context.evaluator.lib.force(), "fileset", null);
}
