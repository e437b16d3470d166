import { isBelow } from "../../base/folders.ts";
import { giveWay, Superseded } from "../../base/giving-way.ts";
import type { Span } from "../../base/span.ts";
import { placeSpan } from "../../nix/eval/value.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import type { JudgedFinding } from "./judged.ts";
import { FindingsMemory, type Found, type GuestRule } from "./memory.ts";
import { mergeFindings, subjectsOf } from "./merge.ts";
import { rules } from "./registry.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext, Severity } from "./rule.ts";
import { applySuppressions } from "./suppress.ts";

export interface RunOptions {
  /** `microvmLens.rules`: overrides a rule's severity or turns it off. */
  readonly severities: Levels;
  /** What counts in place of it for findings in the files of a folder. */
  readonly folders?: readonly FolderLevels[];
  /** The files that evaluation read: their comments may allow findings. */
  readonly trees: Iterable<SyntaxTree>;
  /**
   * Told of a rule that threw: a bug of ours. The other rules are not touched by it. Without a listener the error is
   * thrown again under tests (vitest) and dropped otherwise.
   */
  readonly onBug?: (rule: string, error: unknown) => void;
  /** Told of each finding that a comment allows, with the reason that the comment gives. */
  readonly onAllowed?: (finding: JudgedFinding, reason: string) => void;
  /** What was found at the last run; without it every rule asks anew. */
  readonly memory?: FindingsMemory;
  /** Other rules than the registry's, for tests. */
  readonly rules?: readonly Rule[];
}

/** Severities of rules, by id. */
export type Levels = Readonly<Record<string, Severity | "off">>;

/** Severities for the findings below a folder (an absolute path); of several folders the innermost counts. */
export interface FolderLevels {
  readonly path: string;
  readonly rules: Levels;
}

/**
 * Runs every rule that is on and returns what they found: equal findings of several guests merged, allowed ones left out,
 * ordered by place. Never throws unless {@link RunOptions.onBug} says so.
 */
export function runRules(context: RuleContext, options: RunOptions): readonly JudgedFinding[] {
  const all = options.rules ?? rules;
  const levels = [options.severities, ...(options.folders ?? []).map(({ rules: own }) => own)];
  const active = all.filter((rule) => levels.some((own) => own[rule.id] !== "off"));
  const usable = active.filter((rule) => rule.needs === "config" || context.hosts.length > 0);
  const run = <C>(rule: Rule, check: (context: C) => Iterable<Finding>, of: C): readonly Finding[] => {
    try {
      giveWay();
      return [...check(of)];
    } catch (error) {
      if (error instanceof Superseded) throw error;
      reportBug(rule.id, error, options);
      return [];
    }
  };
  const guestRules = usable.filter((rule): rule is GuestRule => rule.scope === "guest");
  const memory = options.memory ?? new FindingsMemory();
  const found: Found[] = [...memory.find(context, guestRules, (rule, alone) => run(rule, checkOf(rule), alone))];
  for (const rule of usable) {
    if (rule.scope === "workspace") for (const finding of run(rule, rule.check, context)) found.push({ rule, finding });
  }
  const broken = filesWithErrors(options.trees);
  const isOn = (rule: string, file: string) => levelOf(rule, file, options) !== "off";
  const here = found.filter(({ rule, finding }) => isOn(rule.id, finding.span.file));
  const sure = here.filter((each) => isSure(each, broken));
  const kept = applySuppressions(
    mergeFindings(sure.map(({ rule, finding }) => judged(finding, rule, options))),
    context,
    {
      trees: options.trees,
      broken: broken.size > 0,
      known: new Set(all.map((rule) => rule.id)),
      active: new Map(active.map((rule) => [rule.id, rule])),
      isOn,
      judge: (finding, rule) => judged(finding, rule, options),
      ...(options.onAllowed ? { onAllowed: options.onAllowed } : {}),
    },
  );
  return kept.sort(compareFindings);
}

/** What asks a rule about the volumes of each guest, one by one, where it looks at single volumes. */
function checkOf(rule: GuestRule): (context: GuestContext) => Iterable<Finding> {
  if (!("perVolume" in rule)) return rule.check;
  return function* (context) {
    for (const guest of context.declarations.guests) {
      for (const { volumes } of context.forecasts(guest)) {
        for (const each of volumes) yield* rule.perVolume(context, each);
      }
    }
  };
}

/** What can be done about one finding. A rule that throws offers nothing; see {@link RunOptions.onBug} for the rest. */
export function fixesFor(
  finding: Finding,
  context: RuleContext,
  options: Pick<RunOptions, "onBug" | "rules"> = {},
): Fix[] {
  const rule = (options.rules ?? rules).find((each) => each.id === finding.rule);
  if (!rule?.fixes) return [];
  try {
    return [...rule.fixes(finding, context)];
  } catch (error) {
    reportBug(rule.id, error, options);
    return [];
  }
}

type Broken = ReadonlyMap<string, SyntaxTree>;

function filesWithErrors(trees: Iterable<SyntaxTree>): Broken {
  const files = new Map<string, SyntaxTree>();
  for (const tree of trees) if (tree.errors.length > 0) files.set(tree.file, tree);
  return files;
}

/**
 * What stands behind a syntax error may be missing from what was evaluated. Nothing is said of a volume with an error in
 * its own declaration, because an attribute that seems to have its default may be there; nor of an image where a file with
 * an error has a `preStart`, which may put it away; and a claim of absence is not made while the guest's own files, or for
 * one about everything any file, cannot be read whole.
 */
function isSure({ rule, finding, guest }: Found, broken: Broken): boolean {
  if (broken.size === 0) return true;
  if (subjectsOf(finding.data)?.some(({ volume }) => isBroken(placeSpan(volume.at), broken))) return false;
  if (rule.of === "image" && [...broken.values()].some(({ text }) => text.includes("preStart"))) return false;
  if (rule.claims === "presence") return true;
  if (!guest || broken.has(finding.span.file)) return false;
  return !guest.modules.some((place) => broken.has(placeSpan(place)?.file ?? ""));
}

function isBroken(span: Span | null, broken: Broken): boolean {
  if (span === null) return false;
  return broken.get(span.file)?.errors.some(({ start, end }) => start <= span.end && end >= span.start) ?? false;
}

/** The setting wins; else the finding's own severity (a conditional volume weighs less); else the rule's. */
function judged(finding: Finding, rule: Rule, options: RunOptions): JudgedFinding {
  const setting = levelOf(rule.id, finding.span.file, options);
  const severity = setting === undefined || setting === "off" ? (finding.severity ?? rule.severity) : setting;
  return { ...finding, severity };
}

function levelOf(rule: string, file: string, { severities, folders = [] }: RunOptions): Severity | "off" | undefined {
  let own: FolderLevels | null = null;
  for (const each of folders) {
    if (isBelow(file, each.path) && each.path.length > (own?.path.length ?? -1)) own = each;
  }
  return (own?.rules ?? severities)[rule];
}

function reportBug(rule: string, error: unknown, options: Pick<RunOptions, "onBug">): void {
  if (options.onBug) options.onBug(rule, error);
  else if (process.env["VITEST"]) throw error;
}

function compareFindings(a: JudgedFinding, b: JudgedFinding): number {
  if (a.span.file !== b.span.file) return a.span.file < b.span.file ? -1 : 1;
  if (a.span.start !== b.span.start) return a.span.start - b.span.start;
  if (a.span.end !== b.span.end) return a.span.end - b.span.end;
  if (a.rule !== b.rule) return a.rule < b.rule ? -1 : 1;
  return a.guests.join("\n") < b.guests.join("\n") ? -1 : 1;
}
