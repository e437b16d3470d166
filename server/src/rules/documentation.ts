import { type Locale, render, type Text } from "../base/text.ts";
import type { Example, Rule } from "./rule.ts";

/** The page docs/rules/<id>.md of one rule. */
export function rulePage(rule: Rule): string {
  const { summary, why, bad, good } = rule.docs;
  return `# ${rule.id}

<!-- Written by scripts/generate-docs.mjs from server/src/rules/${rule.id}.ts. -->

${render(summary)}

| default | needs | setting | allow one |
|---|---|---|---|
| ${rule.severity} | ${needs(rule)} | \`"microvmLens.rules": { "${rule.id}": "off" }\` | \`# microvm-lens: allow ${rule.id}\` |

## Why

${markdown(why)}

## Reported

${example(bad)}
## Not reported

${example(good)}
## 中文

${render(summary, "zh-cn")}

${markdown(why, "zh-cn")}
`;
}

/** The page docs/rules/README.md: all rules in a table. */
export function indexPage(rules: readonly Rule[]): string {
  const rows = rules.map((rule) => `| [${rule.id}](${rule.id}.md) | ${rule.severity} | ${render(rule.docs.summary)} |`);
  return `# Rules

<!-- Written by scripts/generate-docs.mjs from the rules. -->

\`microvm-lens explain RULE\` prints the same pages. A rule's severity is set with \`microvmLens.rules\` in the editor's
settings; one finding is allowed with \`# microvm-lens: allow RULE [reason]\` at the end of its line or on the line above.

| rule | default | what it says |
|---|---|---|
${rows.join("\n")}
`;
}

/** The JSON schema of the setting of one rule, for package.json; the description is a key of package.nls.json. */
export function ruleSetting(rule: Rule): object {
  return {
    type: "string",
    enum: ["off", "hint", "information", "warning", "error"],
    default: rule.severity,
    description: `%${descriptionKey(rule)}%`,
  };
}

/** The key in package.nls.json of a rule's description, and the description. */
export function descriptionKey(rule: Rule): string {
  return `rule.${rule.id}`;
}
export function description(rule: Rule, locale: Locale): string {
  return render(rule.docs.summary, locale);
}

/** Angle brackets outside of code would be taken for HTML. */
function markdown(text: Text, locale: Locale = "en"): string {
  return render(text, locale)
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
}

function needs(rule: Rule): string {
  return rule.needs === "host" ? "the images on a host" : "the configuration alone";
}

function example({ files, disk }: Example): string {
  const blocks = Object.entries(files).map(
    ([path, text]) => `\`${path.slice(1)}\`\n\n\`\`\`nix\n${text.trimEnd()}\n\`\`\`\n`,
  );
  if (disk && disk.length > 0) blocks.push(`On disk:\n\n\`\`\`\n${disk.join("\n")}\n\`\`\`\n`);
  return blocks.join("\n");
}
