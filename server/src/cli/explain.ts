import { type Locale, render } from "../base/text.ts";
import { ruleById, rules } from "../rules/registry.ts";
import type { Example, Rule } from "../rules/rule.ts";
import { CannotDo, type Command, UsageError } from "./command.ts";
import { type Style, style } from "./formats/style.ts";
import { problems } from "./problems.ts";
import { noRule } from "./rule-words.ts";
import { words } from "./words.ts";

export const explain: Command = {
  name: "explain",
  summary: "what a rule is about, with a bad and a good example",
  usage: "explain [RULE]",
  help: `
Prints the documentation of one rule: what it says, why it matters, an example that it reports and one that it does
not. Without a rule, lists all of them.
`,
  options: {},
  async run({ positionals, locale }, terminal) {
    const [id, ...others] = positionals;
    if (others.length > 0) throw new UsageError(problems.oneRule());
    const paint = style(terminal.colour.out);
    if (id === undefined) {
      const width = Math.max(...rules.map((rule) => rule.id.length));
      for (const rule of rules) {
        terminal.out(`${paint.bold(rule.id.padEnd(width))}  ${render(rule.docs.summary, locale)}\n`);
      }
      return 0;
    }
    const rule = ruleById(id);
    if (!rule) throw new CannotDo(noRule(id));
    terminal.out(documentation(rule, locale, paint));
    return 0;
  },
};

function documentation(rule: Rule, locale: Locale, paint: Style): string {
  const { summary, why, bad, good } = rule.docs;
  const needs = rule.needs === "host" ? words.needsHost() : words.needsConfig();
  return `${paint.bold(rule.id)} ${paint.dim(`(${rule.severity})`)}

${render(summary, locale)}

${render(why, locale)}

${render(needs, locale)}

${paint.bold(render(words.badExample(), locale))}
${example(bad, paint)}
${paint.bold(render(words.goodExample(), locale))}
${example(good, paint)}`;
}

function example({ files, disk }: Example, paint: Style): string {
  const parts = Object.entries(files).map(([path, text]) => `${paint.dim(`# ${path}`)}\n${text.trim()}`);
  if (disk && disk.length > 0) parts.push(`${paint.dim("# on disk")}\n${disk.join("\n")}`);
  return `\n${parts.join("\n\n").replace(/^(?=.)/gm, "    ")}\n`;
}
