import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { verbatim } from "../../server/src/base/text.ts";
import type { Snapshot } from "../../server/src/engine/engine.ts";
import { notJudged } from "../../server/src/engine/not-judged.ts";
import { loadParser } from "../../server/src/grammar/files.ts";
import type { Guest } from "../../server/src/microvm/model.ts";
import type { SyntaxTree } from "../../server/src/nix/syntax/tree.ts";
import type { Finding, Fix, RuleContext, Severity } from "../../server/src/rules/frame/rule.ts";

const parser = await loadParser(dirname(fileURLToPath(import.meta.url)));

/** A finding by the words that it underlines. */
export interface Written {
  readonly file?: string;
  readonly rule?: string;
  readonly severity?: Severity;
  /** Underlined; the first occurrence in the file. */
  readonly at: string;
  readonly message: string;
  readonly notes?: readonly { readonly text: string; readonly at?: string }[];
  readonly guests?: readonly string[];
  readonly fixes?: readonly Fix[];
}

/** A snapshot with these findings and no evaluation behind it: for formats alone. */
export function snapshotOf(
  files: Readonly<Record<string, string>>,
  written: readonly Written[] = [],
  guests = 1,
): Snapshot {
  const trees = new Map<string, SyntaxTree>(
    Object.entries(files).map(([file, text]) => [file, parser.parse(file, text)]),
  );
  const first = Object.keys(files)[0] as string;
  const spanOf = (file: string, words: string) => {
    const start = (files[file] as string).indexOf(words);
    if (start < 0) throw new Error(`"${words}" is not in ${file}`);
    return { file, start, end: start + words.length };
  };
  const fixes = new Map<unknown, readonly Fix[]>();
  const findings = written.map((each) => {
    const file = each.file ?? first;
    const finding: Finding & { readonly severity: Severity } = {
      rule: each.rule ?? "size-differs-from-image",
      severity: each.severity ?? "warning",
      span: spanOf(file, each.at),
      message: verbatim(each.message),
      notes: (each.notes ?? []).map(({ text, at }) =>
        at === undefined ? { text: verbatim(text) } : { text: verbatim(text), at: spanOf(file, at) },
      ),
      guests: each.guests ?? ["web"],
      data: null,
    };
    fixes.set(finding, each.fixes ?? []);
    return finding;
  });
  const declarations = {
    hosts: [],
    guests: Array.from({ length: guests }, () => ({ volumes: [], volumesOpen: null }) as unknown as Guest),
    problems: [],
    complete: true,
  };
  const tree = (file: string) => trees.get(file) ?? null;
  const context: RuleContext = {
    declarations,
    hosts: [],
    onDisk: () => [],
    image: () => null,
    hostOf: () => null,
    unread: () => null,
    cleanups: () => [],
    hostsOf: () => [],
    forecasts: () => [],
    isOurs: () => true,
    tree,
  };
  return {
    declarations,
    hosts: [],
    context,
    findings,
    notJudged: () => notJudged(declarations, context, [], false),
    files: Object.keys(files),
    tree,
    fixes: (finding) => fixes.get(finding) ?? [],
  };
}
