import { printable } from "../../base/printable.ts";
import type { Locale } from "../../base/text.ts";
import { render } from "../../base/text.ts";
import type { Severity } from "../../rules/frame/rule.ts";
import { quoteForDisplay } from "../../shell/quote.ts";
import type { CheckReport, ReportedFinding, ReportedFix } from "../check/check-report.ts";
import { pathForPeople } from "../frame/display-path.ts";
import type { ReportedPlace } from "../frame/reported-place.ts";
import { counted, listed, withoutGuests, words } from "../frame/words.ts";
import { excerpt } from "./source.ts";
import { type Style, style } from "./style.ts";

export interface PrettyOptions {
  readonly cwd: string;
  readonly colour: boolean;
  readonly locale: Locale;
}

/**
 * Findings for people. The first line of each is `file:line:column: severity: message [rule]`, which problem matchers,
 * Emacs and Vim understand; below come the source line with carets, notes and the titles of the fixes.
 */
export function pretty(report: CheckReport, options: PrettyOptions): string {
  const paint = style(options.colour);
  const blocks = report.findings.map((finding) => block(finding, report, options, paint));
  return [...blocks, summary(report, options.locale, paint)].join("\n");
}

/** The words that problem matchers know: VS Code reads `info`, not `information`. */
export const matcherWords: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  information: "info",
  hint: "hint",
};

function block(finding: ReportedFinding, report: CheckReport, options: PrettyOptions, paint: Style): string {
  const { severity, place } = finding;
  const head =
    `${paint.bold(where(place, options.cwd))}: ${paint.severity(severity, `${matcherWords[severity]}:`)} ` +
    `${paint.bold(printable(finding.message))} ${paint.dim(`[${finding.rule}]`)}`;
  const lines = [head];
  const text = report.text(place.file);
  let gutter = 2;
  if (text !== null) {
    const cutting = excerpt(text, place);
    gutter = Math.max(gutter, String(place.start.line).length);
    for (const { number, shown } of cutting.lines) {
      lines.push(`  ${paint.dim(`${String(number).padStart(gutter)} |`)} ${shown}`);
    }
    lines.push(`  ${paint.dim(`${" ".repeat(gutter)} |`)} ${paint.severity(severity, cutting.underline)}`);
  }
  const margin = `  ${" ".repeat(gutter)} ${paint.dim("=")} `;
  const say = (text: string) => lines.push(margin + text);
  if (finding.guests.length > 1) {
    say(render(words.guests({ names: finding.guests.map(printable).join(", ") }), options.locale));
  }
  for (const { message, place: at } of finding.notes) {
    const link = at === null || samePlace(at, place) ? "" : paint.dim(` (${where(at, options.cwd)})`);
    say(`${label(words.note(), options.locale)} ${printable(message)}${link}`);
  }
  for (const fix of finding.fixes) {
    say(`${paint.accent(label(fixWord(fix), options.locale))} ${printable(fix.title)}`);
    if (fix.detail !== null) say(`    ${printable(fix.detail)}`);
    if (fix.command !== null) say(`    ${paint.dim(quoteForDisplay(["microvm-lens", ...fix.command]))}`);
  }
  return `${lines.join("\n")}\n`;
}

function fixWord(fix: ReportedFix) {
  if (fix.kind === "operation") return words.fixOnHost();
  if (fix.kind === "manual") return words.fixByHand();
  return fix.safety === "safe" ? words.fix() : words.fixToReview();
}

function label(text: Parameters<typeof render>[0], locale: Locale): string {
  return render(text, locale);
}

function summary(report: CheckReport, locale: Locale, paint: Style): string {
  const rest = report.notJudged.summary;
  if (report.guests === 0 && report.findings.length === 0)
    return `${render(rest === null ? withoutGuests(report) : words.noGuestsAsFar({ rest }), locale)}\n`;
  const guests = counted("guest", report.guests);
  if (report.findings.length === 0)
    return `${render(rest === null ? words.nothingFound({ guests }) : words.nothingAsFar({ guests, rest }), locale)}\n`;
  const parts = (["error", "warning", "information", "hint"] as const)
    .filter((severity) => report.counts[severity] > 0)
    .map((severity) => counted(severity, report.counts[severity]));
  const sentence = words.summary({ list: listed(parts, locale), guests });
  return `${paint.bold(render(rest === null ? sentence : words.andNotJudged({ sentence, rest }), locale))}\n`;
}

function where({ file, start }: ReportedPlace, cwd: string): string {
  return `${printable(pathForPeople(file, cwd))}:${start.line}:${start.column}`;
}

function samePlace(a: ReportedPlace, b: ReportedPlace): boolean {
  return a.file === b.file && a.start.line === b.start.line && a.start.column === b.start.column;
}
