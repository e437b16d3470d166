import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import type { Field } from "../../microvm/model.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { bindingPlace, valuePlace } from "../support/places.ts";

export const text = messages("fix.by-hand", {
  title: { en: "{title} – by hand", "zh-cn": "{title}——需手动" },
  shared: {
    en: "`{option}` is made at {place}, for other volumes as well. Give this one a value of its own, where its guest is made.",
    "zh-cn": "`{option}` 的值在 {place} 处生成，同时用于其他卷。请在生成该虚拟机的位置为此卷单独设置。",
  },
  outside: {
    en: "`{option}` is set at {place}, outside of this workspace. Set it there.",
    "zh-cn": "`{option}` 在 {place} 处设置，位于此工作区之外。请在那里修改。",
  },
});

/** Tells where a value is written that no edit may change: other volumes take it from there, or it is not ours. */
export function byHand<T>(context: RuleContext, id: string, title: Text, option: string, field: Field<T>): Fix[] {
  if (field.state !== "set") return [];
  for (const place of [valuePlace(field), bindingPlace(field)]) {
    const span = placeSpan(place);
    if (!span?.file.startsWith("/")) continue;
    const tree = context.tree(span.file);
    const name = printable(span.file.split("/").slice(-2).join("/"));
    const args = { option, place: tree ? `${name}:${tree.lines.position(span.start).line + 1}` : name };
    const advice = tree ? text.shared(args) : text.outside(args);
    return [{ kind: "manual", id, title: text.title({ title }), advice }];
  }
  return [];
}
