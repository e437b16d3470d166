import { printableJson } from "../../base/printable.ts";
import type { CheckReport } from "../check/check-report.ts";
import { notJudgedJson } from "../check/not-judged-report.ts";
import { pathForTools } from "../frame/display-path.ts";
import type { ReportedPlace } from "../frame/reported-place.ts";

export interface JsonOptions {
  readonly cwd: string;
  readonly roots: readonly string[];
}

/** Findings for tools: docs/schemas/check.schema.json. */
export function json(report: CheckReport, options: JsonOptions): string {
  const at = (place: ReportedPlace) => ({
    file: pathForTools(place.file, options.cwd, options.roots),
    line: place.start.line,
    column: place.start.column,
    endLine: place.end.line,
    endColumn: place.end.column,
  });
  const document = {
    schema: 1,
    findings: report.findings.map((finding) => ({
      rule: finding.rule,
      severity: finding.severity,
      message: finding.message,
      ...at(finding.place),
      guests: finding.guests,
      notes: finding.notes.map(({ message, place }) => ({
        message,
        ...(place === null ? { file: null, line: null, column: null, endLine: null, endColumn: null } : at(place)),
      })),
      fixes: finding.fixes.map(({ title, kind, safety }) => ({ title, kind, safety })),
    })),
    notJudged: notJudgedJson(report.notJudged, options),
    summary: {
      ...report.counts,
      notJudged: report.notJudged.counts,
      guests: report.guests,
      hosts: report.hosts,
      files: report.files,
    },
  };
  return `${printableJson(document, 2)}\n`;
}
