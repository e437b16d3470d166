import { readFileSync } from "node:fs";
import { applyEdits } from "../../server/src/base/edit.ts";
import { type Locale, locales, render, type Text } from "../../server/src/base/text.ts";
import { rules } from "../../server/src/rules/frame/registry.ts";
import type { Fix, Rule } from "../../server/src/rules/frame/rule.ts";
import type { Remedy } from "../../server/src/rules/support/remedies.ts";
import { quoteForDisplay } from "../../server/src/shell/quote.ts";
import { minimalDiff } from "./diff.ts";
import { openWorkspace, type TestWorkspace } from "./workspace.ts";

/** So many ways are enough for a page; the editor offers all. */
const most = 4;

/** What is really offered on the bad example of every rule: for the pages of the rules (scripts/generate-docs.mjs). */
export async function remedies(): Promise<Record<string, readonly Remedy[]>> {
  const found: Record<string, readonly Remedy[]> = {};
  for (const rule of rules) found[rule.id] = await remediesOf(rule);
  return found;
}

async function remediesOf(rule: Rule): Promise<Remedy[]> {
  const { files, disk = null } = rule.docs.bad;
  const workspace = await openWorkspace(Object.entries(files), { disk });
  try {
    const snapshot = await workspace.snapshot();
    const finding = snapshot.findings.find((each) => each.rule === rule.id);
    const fixes = finding ? snapshot.fixes(finding) : [];
    // What is most likely meant comes first.
    const sorted = [...fixes.filter(isPreferred), ...fixes.filter((fix) => !isPreferred(fix))];
    return sorted.slice(0, most).map((fix) => remedy(fix, workspace));
  } finally {
    workspace.dispose();
  }
}

function isPreferred(fix: Fix): boolean {
  return fix.kind === "operation" && fix.preferred === true;
}

function remedy(fix: Fix, workspace: TestWorkspace): Remedy {
  const title = inEach(fix.title);
  switch (fix.kind) {
    case "edit":
      return { kind: "edit", title, text: { en: changeOf(fix, workspace), "zh-cn": changeOf(fix, workspace) } };
    case "operation": {
      const command = `microvm-lens ${quoteForDisplay(fix.command)}`;
      return { kind: "command", title, text: { en: command, "zh-cn": command } };
    }
    case "manual":
      return { kind: "advice", title, text: inEach(fix.advice, workspace) };
  }
}

/** The lines that an edit takes out and puts in, without the indentation that they share. */
function changeOf({ edits }: Extract<Fix, { kind: "edit" }>, { name }: TestWorkspace): string {
  const files = [...new Set(edits.map(({ span }) => span.file))];
  const parts = files.map((file) => {
    const before = readFileSync(file, "utf8");
    const after = applyEdits(
      before,
      edits.filter(({ span }) => span.file === file),
    );
    const lines = minimalDiff(before, after).split("\n");
    const indents = lines.filter((line) => /^[-+] *\S/.test(line)).map((line) => /^. */.exec(line)?.[0].length ?? 1);
    const shared = Math.min(...indents) - 1;
    const shown = lines.map((line) => (/^[-+]/.test(line) ? line[0] + line.slice(1 + shared) : line)).join("\n");
    return files.length > 1 ? `# ${name(file)}\n${shown}` : shown;
  });
  return parts.join("\n");
}

function inEach(text: Text, workspace: TestWorkspace | null = null): Readonly<Record<Locale, string>> {
  const words = (locale: Locale) => {
    const whole = render(text, locale);
    return workspace === null ? whole : whole.replaceAll(workspace.folder, "~/homelab");
  };
  return Object.fromEntries(locales.map((locale) => [locale, words(locale)])) as Record<Locale, string>;
}
