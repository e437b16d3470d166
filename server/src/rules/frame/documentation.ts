import { type Locale, messages, render, type Text } from "../../base/text.ts";
import { excerpt } from "../support/excerpt.ts";
import { type Remedy, remediesOf } from "../support/remedies.ts";
import type { Example, Rule } from "./rule.ts";

export const text = messages("rule-page", {
  fix: { en: "How to fix", "zh-cn": "如何修复" },
  reported: { en: "Reported", "zh-cn": "会报告" },
  silent: { en: "Not reported", "zh-cn": "不报告" },
  why: { en: "Why", "zh-cn": "原因" },
  settings: { en: "Settings", "zh-cn": "设置" },
  onDisk: { en: "On disk:", "zh-cn": "磁盘上：" },
  host: { en: "the images on a host", "zh-cn": "主机上的镜像" },
  config: { en: "the configuration alone", "zh-cn": "仅需配置" },
  severity: { en: "Default severity: {severity}. Needs {needs}.", "zh-cn": "默认级别：{severity}。需要：{needs}。" },
  off: {
    en: 'Turn it off with `"microvmLens.rules": { "{rule}": "off" }` in the editor, or `--set {rule}=off`.',
    "zh-cn": '在编辑器中用 `"microvmLens.rules": { "{rule}": "off" }` 关闭，命令行用 `--set {rule}=off`。',
  },
  allow: {
    en: "Allow one with `# microvm-lens: allow {rule}` at the end of its line, or on the line above.",
    "zh-cn": "在该行末尾或上一行用 `# microvm-lens: allow {rule}` 允许单个问题。",
  },
});

/** What there is to say about a rule, in the order in which it helps: the same on its page and in the terminal. */
export interface RulePage {
  readonly summary: string;
  /** Markdown, where nothing is offered. */
  readonly byHand: string | null;
  readonly remedies: readonly { readonly title: string; readonly kind: Remedy["kind"]; readonly text: string }[];
  readonly reported: Shown;
  readonly silent: Shown;
  /** Markdown. */
  readonly why: string;
  /** Markdown. */
  readonly settings: readonly string[];
}

/** The lines of an example that matter. */
export interface Shown {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly disk: readonly string[];
}

/** Gathers the page of a rule in one language. */
export function rulePageOf(rule: Rule, locale: Locale): RulePage {
  const { summary, why, bad, good, byHand } = rule.docs;
  const say = (words: Text) => render(words, locale);
  const needs = rule.needs === "host" ? text.host() : text.config();
  return {
    summary: say(summary),
    byHand: byHand ? say(byHand) : null,
    remedies: remediesOf(rule.id).map(({ kind, title, text: words }) => ({
      kind,
      title: title[locale].replace(/\u2026$/, ""),
      text: words[locale],
    })),
    reported: shown(bad, good),
    silent: shown(good, bad),
    why: say(why),
    settings: [
      say(text.severity({ severity: rule.severity, needs })),
      say(text.off({ rule: rule.id })),
      say(text.allow({ rule: rule.id })),
    ],
  };
}

function shown({ files, disk = [] }: Example, other: Example): Shown {
  const names = Object.keys(files);
  // A file that both have and that is the same in both says nothing, unless it is the only one.
  const telling = names.filter((name) => files[name] !== other.files[name]);
  return {
    files: (telling.length > 0 ? telling : names.slice(0, 1)).map((name) => ({
      name: name.slice(1),
      text: excerpt(files[name] ?? "", other.files[name] ?? ""),
    })),
    disk,
  };
}

/** The page of one rule: docs/rules/<id>.md, in Chinese docs/rules/zh-cn/<id>.md. */
export function rulePage(rule: Rule, locale: Locale): string {
  const page = rulePageOf(rule, locale);
  const heading = (words: Text) => `## ${render(words, locale)}`;
  const example = (part: Shown) => exampleOf(part, locale);
  return `# ${rule.id}

<!-- Written by scripts/generate-docs.mjs from server/src/rules/${rule.id}.ts. -->

${page.summary}

${heading(text.fix())}

${[...(page.byHand === null ? [] : [markdown(page.byHand)]), ...page.remedies.map(remedyOf)].join("\n\n")}

${heading(text.reported())}

${example(page.reported)}
${heading(text.silent())}

${example(page.silent)}
${heading(text.why())}

${markdown(page.why)}

${heading(text.settings())}

${page.settings.map((line) => `- ${line}`).join("\n")}
`;
}

function remedyOf({ title, kind, text: words }: RulePage["remedies"][number]): string {
  const head = `**${title.replace(/[*_]/g, "\\$&")}**`;
  if (kind === "advice") return `${head}\n\n${markdown(words)}`;
  return `${head}\n\n\`\`\`${kind === "edit" ? "diff" : "sh"}\n${words}\n\`\`\``;
}

function exampleOf({ files, disk }: Shown, locale: Locale): string {
  const blocks = files.map(({ name, text: words }) => `\`${name}\`\n\n\`\`\`nix\n${words}\n\`\`\`\n`);
  if (disk.length > 0) blocks.push(`${render(text.onDisk(), locale)}\n\n\`\`\`\n${disk.join("\n")}\n\`\`\`\n`);
  return blocks.join("\n");
}

/** The page docs/rules/README.md, in Chinese docs/rules/zh-cn/README.md: all rules in a table. */
export function indexPage(rules: readonly Rule[], locale: Locale): string {
  const rows = rules.map(
    (rule) => `| [${rule.id}](${rule.id}.md) | ${rule.severity} | ${render(rule.docs.summary, locale)} |`,
  );
  return locale === "en"
    ? `# Rules

<!-- Written by scripts/generate-docs.mjs from the rules. -->

\`microvm-lens explain RULE\` prints the same pages. A rule's severity is set with \`microvmLens.rules\` in the editor's
settings; one finding is allowed with \`# microvm-lens: allow RULE [reason]\` at the end of its line or on the line above.
[中文](zh-cn/README.md)

| rule | default | what it says |
|---|---|---|
${rows.join("\n")}
`
    : `# 规则

<!-- Written by scripts/generate-docs.mjs from the rules. -->

\`microvm-lens explain RULE\` 输出同样的页面。规则的级别在编辑器设置 \`microvmLens.rules\` 中调整；单个问题可在该行末尾或上一行用
\`# microvm-lens: allow RULE [原因]\` 允许。[English](../README.md)

| 规则 | 默认 | 含义 |
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
function markdown(words: string): string {
  return words
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`");
}
