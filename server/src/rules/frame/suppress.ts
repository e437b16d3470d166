import type { Span } from "../../base/span.ts";
import type { ImageFacts, Observed } from "../../disk/facts.ts";
import type { Guest } from "../../microvm/model.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { unknownSuppression, unknownSuppressionFinding } from "../unknown-suppression.ts";
import { unusedSuppression, unusedSuppressionFinding } from "../unused-suppression.ts";
import type { JudgedFinding } from "./judged.ts";
import type { Finding, Rule, RuleContext } from "./rule.ts";

/** `# microvm-lens: allow <id> [reason]`, where it stands and which line it speaks for. */
export interface Suppression {
  readonly id: string;
  /** What its writer gave as a reason; empty where there is none. */
  readonly reason: string;
  /** The whole comment. */
  readonly span: Span;
  readonly idSpan: Span;
  /** Line (from 0) whose findings it allows. */
  readonly line: number;
}

interface Rules {
  readonly trees: Iterable<SyntaxTree>;
  /** One of the files has a syntax error, so that not everything in it was judged. */
  readonly broken: boolean;
  /** Every id there is, also of rules that are off. */
  readonly known: ReadonlySet<string>;
  readonly active: ReadonlyMap<string, Rule>;
  /** A rule may be on in one folder and off in another. */
  isOn(rule: string, file: string): boolean;
  judge(finding: Finding, rule: Rule): JudgedFinding;
  /** Told of each finding that is left out, with the reason that the comment gives. */
  readonly onAllowed?: (finding: JudgedFinding, reason: string) => void;
}

/**
 * Leaves out the findings that a comment allows, and adds findings about comments that allow nothing or name no rule.
 * A comment at the end of a line speaks for that line; one on its own line for the next line that is not such a comment.
 */
export function applySuppressions(
  findings: readonly JudgedFinding[],
  context: RuleContext,
  rules: Rules,
): JudgedFinding[] {
  const byFile = new Map<string, { tree: SyntaxTree; list: Suppression[] }>();
  for (const tree of rules.trees) {
    const list = suppressions(tree);
    if (list.length > 0) byFile.set(tree.file, { tree, list });
  }
  if (byFile.size === 0) return [...findings];

  const used = new Set<Suppression>();
  const kept = findings.filter((finding) => {
    const file = byFile.get(finding.span.file);
    if (!file) return true;
    const line = file.tree.lines.position(finding.span.start).line;
    const matching = file.list.filter((each) => each.line === line && each.id === finding.rule);
    for (const each of matching) used.add(each);
    if (matching[0]) rules.onAllowed?.(finding, matching[0].reason);
    return matching.length === 0;
  });

  for (const { list } of byFile.values()) {
    for (const each of list) {
      const finding = complaint(each, used.has(each), context, rules);
      if (finding) kept.push(finding);
    }
  }
  return kept;
}

/** All suppressions of one file, in order. */
export function suppressions(tree: SyntaxTree): Suppression[] {
  // Reading every comment of every file at every keystroke costs more than all rules.
  if (!tree.text.includes("microvm-lens:")) return [];
  const own = new Map<number, Suppression & { alone: boolean }>();
  for (const comment of tree.comments()) {
    const match = /^#[\t ]*microvm-lens:[\t ]*allow[\t ]+([^\s]+)/.exec(comment.text);
    if (!match) continue;
    const id = match[1] as string;
    const line = tree.lines.position(comment.start).line;
    const alone = tree.text.slice(tree.lines.lineStart(line), comment.start).trim() === "";
    const idStart = comment.start + match[0].length - id.length;
    own.set(line, {
      id,
      reason: comment.text.slice(match[0].length).trim(),
      span: { file: tree.file, start: comment.start, end: comment.end },
      idSpan: { file: tree.file, start: idStart, end: idStart + id.length },
      line,
      alone,
    });
  }
  const result: Suppression[] = [];
  for (const { alone, ...each } of own.values()) {
    let line = each.line;
    if (alone) {
      do line++;
      while (own.get(line)?.alone);
    }
    result.push({ ...each, line });
  }
  return result;
}

/**
 * "Unused" is a claim of absence: it is made only where nothing can have kept the rule from speaking, that is where the
 * rule is on, no file has a syntax error, the declarations are complete and, for rules about the disk, a host was looked at.
 */
function complaint(each: Suppression, used: boolean, context: RuleContext, rules: Rules): JudgedFinding | null {
  const activeHere = (id: string) => (rules.isOn(id, each.span.file) ? rules.active.get(id) : undefined);
  if (!rules.known.has(each.id)) {
    const rule = activeHere(unknownSuppression.id);
    return rule ? rules.judge(unknownSuppressionFinding(each, rules.known), rule) : null;
  }
  if (used) return null;
  const rule = activeHere(unusedSuppression.id);
  const allowed = activeHere(each.id);
  if (!rule || !allowed || rules.broken || !context.declarations.complete) return null;
  if (allowed.needs === "host" && context.hosts.length === 0) return null;
  if (context.declarations.guests.some((guest) => isUnsure(guest) || (allowed.needs === "host" && isHidden(guest)))) {
    return null;
  }
  return rules.judge(unusedSuppressionFinding(each, allowed.needs), rule);

  /** An image of the guest could not be looked at, or nobody knows where it would be. */
  function isHidden(guest: Guest): boolean {
    return guest.volumes.some((volume) => {
      const places = context.onDisk(guest, volume);
      return places.length === 0 || places.some(({ image }) => isUnread(image));
    });
  }
}

/** A value of the guest is not known, so that rules may have kept silent about it. */
function isUnsure(guest: Guest): boolean {
  if (guest.volumesOpen !== null || guest.mountsOpen) return true;
  return [guest, ...guest.volumes].some((each) => Object.values(each).some(isUnknownField));
}

function isUnknownField(value: unknown): boolean {
  return typeof value === "object" && value !== null && "state" in value && value.state === "unknown";
}

function isUnread(image: Observed<ImageFacts>): boolean {
  if (image.state !== "seen") return image.state === "unreadable";
  return image.value.container.state === "unreadable" || image.value.filesystem.state === "unreadable";
}
