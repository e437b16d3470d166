import { applyEdits, type TextEdit } from "../../base/edit.ts";
import { printable } from "../../base/printable.ts";
import { type Locale, render } from "../../base/text.ts";
import { encodeUtf8 } from "../../base/utf8.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { NotWritten, type Staged, stageWhole } from "../../files/write-file.ts";
import { ruleById } from "../../rules/frame/registry.ts";
import type { Fix } from "../../rules/frame/rule.ts";
import { unifiedDiff } from "../formats/diff.ts";
import { style } from "../formats/style.ts";
import { CannotDo, type Command, flag, list, type Terminal } from "../frame/command.ts";
import { pathForPeople } from "../frame/display-path.ts";
import { hostHelp, hostOptions } from "../frame/hosts.ts";
import { done, type Opened, open, pathHelp, ruleHelp, ruleOptions } from "../frame/open.ts";
import { problems } from "../frame/problems.ts";
import { writeWords } from "../frame/system-words.ts";
import { words } from "../frame/words.ts";
import { tellStatus } from "../scan/status.ts";
import { notJudgedReport } from "./not-judged-report.ts";
import { noRule } from "./rule-words.ts";

/** A fix may uncover the next finding; so many rounds are more than any configuration needs. */
const mostRounds = 20;

export const fix: Command = {
  name: "fix",
  summary: "apply the edits that are safe",
  usage: "fix [OPTION…] [PATH…]",
  help: `
Edits the configuration where a repair is safe: formatting and comments stay. Edits that want a look, and everything
that happens on a host, are left to you; \`check\` names them.
${pathHelp}${hostHelp}
  --rule RULE         only findings of this rule (repeatable)
  --dry-run           change nothing, print a unified diff${ruleHelp}
`,
  options: {
    ...hostOptions,
    ...ruleOptions,
    rule: { type: "string", multiple: true },
    "dry-run": { type: "boolean" },
  },
  async run(args, terminal) {
    const wanted = list(args, "rule");
    for (const id of wanted) if (!ruleById(id)) throw new CannotDo(noRule(id));
    const opened = await open(args, terminal, { disk: true });
    try {
      const result = await repaired(opened, wanted, args.locale, terminal);
      if (result.size === 0) terminal.err(`${render(words.nothingToFix(), args.locale)}\n`);
      const paint = style(terminal.colour.out);
      const shown = (file: string) => pathForPeople(file, terminal.cwd);
      if (flag(args, "dry-run")) {
        for (const [file, { before, after }] of result) terminal.out(unifiedDiff(shown(file), before, after, paint));
      } else {
        write(result, (file) => {
          terminal.out(`${render(words.fixed({ file: printable(shown(file)) }), args.locale)}\n`);
        });
      }
      return done(opened, await opened.engine.snapshot(), 0);
    } finally {
      opened.engine.dispose();
    }
  },
};

interface Changed {
  readonly before: string;
  readonly after: string;
}

/** Applies safe edits to the engine's documents until none is left; nothing is written. */
async function repaired(
  opened: Opened,
  rules: readonly string[],
  locale: Locale,
  terminal: Terminal,
): Promise<Map<string, Changed>> {
  const changed = new Map<string, Changed>();
  for (let round = 0; round < mostRounds; round++) {
    const snapshot = await opened.engine.snapshot();
    if (round === 0) tellStatus(notJudgedReport(snapshot, locale, opened.only), snapshot, locale, terminal);
    const { edits, fixes } = safeEdits(snapshot, rules, opened.only);
    if (edits.size === 0) break;
    for (const { title } of fixes) terminal.err(`${render(words.fix(), locale)} ${printable(render(title, locale))}\n`);
    for (const [file, ofFile] of edits) {
      const text = snapshot.tree(file)?.text;
      if (text === undefined) continue;
      const after = applyEdits(text, ofFile);
      changed.set(file, { before: changed.get(file)?.before ?? text, after });
      opened.engine.setDocument(file, after);
    }
  }
  for (const [file, { before, after }] of changed) if (before === after) changed.delete(file);
  return changed;
}

/** The first safe edit of each finding, as far as they do not touch the same place. The others come in the next round. */
function safeEdits(snapshot: Snapshot, rules: readonly string[], only: ReadonlySet<string> | null) {
  const edits = new Map<string, TextEdit[]>();
  const fixes: Fix[] = [];
  for (const finding of snapshot.findings) {
    if (rules.length > 0 && !rules.includes(finding.rule)) continue;
    if (only !== null && !only.has(finding.span.file)) continue;
    const safe = snapshot.fixes(finding).find((each) => each.kind === "edit" && each.safety === "safe");
    if (safe?.kind !== "edit") continue;
    const free = safe.edits.every(
      (edit) =>
        snapshot.tree(edit.span.file) !== null && !edits.get(edit.span.file)?.some((other) => touch(edit, other)),
    );
    if (!free) continue;
    fixes.push(safe);
    for (const edit of safe.edits) edits.set(edit.span.file, [...(edits.get(edit.span.file) ?? []), edit]);
  }
  return { edits, fixes };
}

function touch(a: TextEdit, b: TextEdit): boolean {
  return a.span.start <= b.span.end && b.span.start <= a.span.end;
}

/**
 * Writes the files, unless somebody else changed one since it was read: none is replaced before the new text of all of them
 * is on the disk.
 */
function write(files: ReadonlyMap<string, Changed>, done: (file: string) => void): void {
  const staged = new Map<string, Staged>();
  let at = "";
  try {
    for (const [file, { before, after }] of files) {
      at = file;
      staged.set(file, stageWhole(file, encodeUtf8(after), { expected: encodeUtf8(before) }));
    }
    for (const [file, each] of staged) {
      at = file;
      each.commit();
      done(file);
    }
  } catch (error) {
    throw error instanceof NotWritten && error.why === "changed"
      ? new CannotDo(problems.changedMeanwhile({ file: printable(at) }))
      : new CannotDo(problems.at({ name: printable(at), problem: writeWords(error) }));
  } finally {
    for (const each of staged.values()) each.discard();
  }
}
