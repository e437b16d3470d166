import type { Span } from "../../base/span.ts";
import { type Locale, render } from "../../base/text.ts";
import type { Snapshot } from "../../engine/engine.ts";
import type { JudgedFinding } from "../../rules/frame/judged.ts";
import type { Fix, Severity } from "../../rules/frame/rule.ts";
import { type RunOptions, runRules } from "../../rules/frame/run.ts";
import { type ReportedPlace, reportedPlace } from "../frame/reported-place.ts";
import { type NotJudgedReport, notJudgedReport } from "./not-judged-report.ts";

export interface ReportedFix {
  readonly title: string;
  readonly kind: Fix["kind"];
  /** `host`: nothing in the configuration changes, the host does; shown and confirmed before it runs. */
  readonly safety: "safe" | "review" | "host";
  /** What an operation destroys, or what to do by hand; null when the title says it all. */
  readonly detail: string | null;
  /** The command that shows an operation's plan. */
  readonly command: readonly string[] | null;
  readonly fix: Fix;
}

export interface ReportedFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: ReportedPlace;
  readonly span: Span;
  readonly guests: readonly string[];
  readonly notes: readonly { readonly message: string; readonly place: ReportedPlace | null }[];
  readonly fixes: readonly ReportedFix[];
  /** The reason of the comment that allows it, where one does; empty where that gives none. */
  readonly allowed?: string;
}

/** The findings of one run in one language, ready to be written in any format. */
export interface CheckReport {
  readonly findings: readonly ReportedFinding[];
  readonly counts: Readonly<Record<Severity, number>>;
  readonly guests: number;
  /** False: there may be guests that were not found. */
  readonly complete: boolean;
  readonly hosts: number;
  readonly files: number;
  readonly notJudged: NotJudgedReport;
  /** The text of a file that findings are in, for source lines; null when it cannot be shown. */
  text(file: string): string | null;
}

/** Puts a snapshot's findings into words. `only`: those of these files; null for all. */
export function checkReport(snapshot: Snapshot, locale: Locale, only: ReadonlySet<string> | null = null): CheckReport {
  const findings: ReportedFinding[] = [];
  const counts = { error: 0, warning: 0, information: 0, hint: 0 };
  for (const finding of snapshot.findings) {
    if (only !== null && !only.has(finding.span.file)) continue;
    counts[finding.severity]++;
    findings.push({
      ...reportedFinding(finding, snapshot, locale),
      fixes: snapshot.fixes(finding).map((fix) => reportedFix(fix, locale)),
    });
  }
  return {
    findings,
    counts,
    guests: snapshot.declarations.guests.length,
    complete: snapshot.declarations.complete,
    hosts: snapshot.hosts.length,
    files: snapshot.files.length,
    notJudged: notJudgedReport(snapshot, locale, only),
    text: (file) => snapshot.tree(file)?.text ?? null,
  };
}

/** The findings that comments allow: they are in no snapshot, so the rules are asked once more. Nobody wants fixes for them. */
export function allowedFindings(
  snapshot: Snapshot,
  severities: RunOptions["severities"],
  locale: Locale,
  only: ReadonlySet<string> | null,
): ReportedFinding[] {
  const found: ReportedFinding[] = [];
  runRules(snapshot.context, {
    severities,
    trees: snapshot.files.map((file) => snapshot.tree(file)).filter((tree) => tree !== null),
    // A rule that fails has been told of.
    onBug: () => {},
    onAllowed: (finding, reason) => {
      if (only !== null && !only.has(finding.span.file)) return;
      found.push({ ...reportedFinding(finding, snapshot, locale), fixes: [], allowed: reason });
    },
  });
  return found;
}

function reportedFinding(finding: JudgedFinding, snapshot: Snapshot, locale: Locale): Omit<ReportedFinding, "fixes"> {
  return {
    rule: finding.rule,
    severity: finding.severity,
    message: render(finding.message, locale),
    place: reportedPlace(finding.span, snapshot),
    span: finding.span,
    guests: finding.guests,
    notes: finding.notes.map(({ text, at }) => ({
      message: render(text, locale),
      place: at === undefined ? null : reportedPlace(at, snapshot),
    })),
  };
}

function reportedFix(fix: Fix, locale: Locale): ReportedFix {
  const title = render(fix.title, locale);
  switch (fix.kind) {
    case "edit":
      return { title, kind: fix.kind, safety: fix.safety, detail: null, command: null, fix };
    case "operation": {
      const detail = fix.destroys === null ? null : render(fix.destroys, locale);
      return { title, kind: fix.kind, safety: "host", detail, command: fix.command, fix };
    }
    case "manual":
      return { title, kind: fix.kind, safety: "review", detail: render(fix.advice, locale), command: null, fix };
  }
}
