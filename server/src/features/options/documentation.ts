import { type Locale, messages, render } from "../../base/text.ts";
import { keeperDescription } from "../../microvm/options/keeper.ts";
import type { OptionFacts } from "../../microvm/options/option-facts.ts";
import { code } from "../session/markdown.ts";
import { summaries } from "./summaries.ts";

const text = messages("option", {
  type: { en: "Type: {type}", "zh-cn": "类型：{type}" },
  default: { en: "Default: {value}", "zh-cn": "默认值：{value}" },
  required: { en: "Required", "zh-cn": "必填" },
  example: { en: "Example: {value}", "zh-cn": "示例：{value}" },
});

/** What an option is, as Markdown: our summary, then the facts of its declaration. */
export function optionMarkdown(option: OptionFacts, locale: Locale): string {
  const summary = summaries[option.name.replace(/^microvm\./, "")] ?? keeperDescription(option.name);
  const facts = [render(text.type({ type: option.type }), locale)];
  if (option.required) facts.push(render(text.required(), locale));
  else if (option.default !== undefined) facts.push(render(text.default({ value: short(option.default) }), locale));
  if (option.example !== undefined) facts.push(render(text.example({ value: short(option.example) }), locale));
  const name = `**${code(option.name)}**`;
  return [summary ? `${name}  \n${summary[locale]}` : name, facts.join("  \n")].join("\n\n");
}

function short(nix: string): string {
  const line = nix.replace(/\s+/g, " ");
  return code(line.length > 120 ? `${line.slice(0, 119)}…` : line);
}
