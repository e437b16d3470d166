import { printable } from "../../base/printable.ts";
import type { Text } from "../../base/text.ts";
import { rules } from "../../rules/frame/registry.ts";
import { problems } from "../frame/problems.ts";
import { nearest } from "../frame/suggest.ts";

/** Says that there is no such rule, and which one of a similar name there is. */
export function noRule(id: string): Text {
  const other = nearest(
    id,
    rules.map((rule) => rule.id),
  );
  return other === null
    ? problems.noRuleListed({ id: printable(id) })
    : problems.noRuleSuggested({ id: printable(id), other });
}
