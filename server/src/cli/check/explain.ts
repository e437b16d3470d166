import { type Locale, render, type Text } from "../../base/text.ts";
import { rulePageOf, type Shown, text } from "../../rules/frame/documentation.ts";
import { ruleById, rules } from "../../rules/frame/registry.ts";
import type { Rule } from "../../rules/frame/rule.ts";
import { type Style, style } from "../formats/style.ts";
import { CannotDo, type Command, UsageError } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { wrapped } from "../frame/wrap.ts";
import { noRule } from "./rule-words.ts";

export const explain: Command = {
  name: "explain",
  summary: "what a rule is about, with a bad and a good example",
  usage: "explain [RULE]",
  help: `
Prints the page of one rule: what it says, how to fix it, lines that it reports and lines that it does not, and why it
matters. Without a rule, lists all of them.
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
    terminal.out(wrapped(documentation(rule, locale, paint), terminal.width));
    return 0;
  },
};

function documentation(rule: Rule, locale: Locale, paint: Style): string {
  const page = rulePageOf(rule, locale);
  const head = (words: Text) => paint.bold(render(words, locale));
  const indented = (words: string) => words.replace(/^(?=.)/gm, "    ");
  const ways = page.remedies.map(({ title, text }) => `${title}\n\n${indented(text)}`);
  return `${paint.bold(rule.id)} ${paint.dim(`(${rule.severity})`)}

${page.summary}

${head(text.fix())}

${[...(page.byHand === null ? [] : [page.byHand]), ...ways].join("\n\n")}

${head(text.reported())}

${indented(example(page.reported, paint, locale))}

${head(text.silent())}

${indented(example(page.silent, paint, locale))}

${head(text.why())}

${page.why}

${page.settings.join("\n")}
`;
}

function example({ files, disk }: Shown, paint: Style, locale: Locale): string {
  const parts = files.map(({ name, text: words }) => `${paint.dim(`# ${name}`)}\n${words}`);
  if (disk.length > 0) parts.push(`${paint.dim(`# ${render(text.onDisk(), locale)}`)}\n${disk.join("\n")}`);
  return parts.join("\n\n");
}
