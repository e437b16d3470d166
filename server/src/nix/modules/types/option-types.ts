import { typeTag } from "../definition.ts";
import { refuse, showOption } from "../refusal.ts";
import { located } from "./modules.ts";
import { phrase } from "./phrase.ts";
import { scalar } from "./scalars.ts";
import type { OptionType } from "./type.ts";
import { typeValue } from "./view.ts";

/** `optionType`: the type of a type. Several are joined, as if they were declarations of one option. */
export const optionTypes: OptionType = {
  ...scalar("optionType", (value) => (value.type === "unknown" ? value : value.type === "attrs" && isType(value))),
  phrase: () => phrase("optionType", "noun"),
  join: (other) => (other.kind === "optionType" ? optionTypes : null),
  merge: (context, loc, definitions) => {
    const [first, ...others] = definitions;
    if (!first || others.length === 0) return first?.value ?? context.assume(loc, optionTypes, []);
    let type = located(context.typeOf(first.value), first.file);
    for (const other of others) {
      const joined = type.join?.(located(context.typeOf(other.value), other.file)) ?? null;
      if (joined === null) {
        const message = `The option \`${showOption(loc)}' in \`${other.file}' is already declared in \`${first.file}'.`;
        return refuse({ kind: "declaration", loc, message, definitions: [other, first] });
      }
      if ("type" in joined) return joined;
      type = joined;
    }
    return typeValue(type, context);
  },
};

function isType(value: Parameters<typeof typeTag>[0]): boolean {
  return typeTag(value) === "option-type";
}
