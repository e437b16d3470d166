import { printable } from "../../base/printable.ts";
import { type Locale, render } from "../../base/text.ts";
import type { Severity } from "../../rules/frame/rule.ts";
import type { CheckReport } from "../check/check-report.ts";
import { pathForTools } from "../frame/display-path.ts";
import { words } from "../frame/words.ts";
import type { JsonOptions } from "./json.ts";

const levels: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  information: "notice",
  hint: "notice",
};

/** Workflow commands of GitHub Actions, one line a finding: they appear beside the line in a pull request. */
export function github(report: CheckReport, options: JsonOptions & { readonly locale: Locale }): string {
  const findings = report.findings.map(({ rule, severity, message, place, notes, fixes }) => {
    const { start, end } = place;
    const properties = [
      `file=${property(pathForTools(place.file, options.cwd, options.roots))}`,
      `line=${start.line}`,
      `endLine=${end.line}`,
      // GitHub refuses columns for a range over several lines.
      ...(start.line === end.line ? [`col=${start.column}`, `endColumn=${end.column}`] : []),
      `title=${property(rule)}`,
    ].join(",");
    const body = [message, ...notes.map((note) => `note: ${note.message}`), ...fixes.map((fix) => `fix: ${fix.title}`)];
    return `::${levels[severity]} ${properties}::${data(body.join("\n"))}\n`;
  });
  const title = property(render(words.notJudgedTitle(), options.locale));
  const notJudged = report.notJudged.reported.map(({ name, reason, toDo, place }) => {
    const at =
      place === null
        ? ""
        : `file=${property(pathForTools(place.file, options.cwd, options.roots))},line=${place.start.line},`;
    return `::notice ${at}title=${title}::${data(`${name}: ${reason}\n${toDo}`)}\n`;
  });
  return [...findings, ...notJudged].join("");
}

/** Escapes as actions/toolkit does (packages/core/src/command.ts), and what a log must not get raw. */
function data(text: string): string {
  return text
    .split("\n")
    .map(printable)
    .join("\n")
    .replaceAll("%", "%25")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
