import type { Diagnostic, DiagnosticSeverity, DocumentDiagnosticReport } from "vscode-languageserver";
import { printable } from "../base/printable.ts";
import { render } from "../base/text.ts";
import type { Finding, Severity } from "../rules/rule.ts";
import type { JudgedFinding } from "../rules/run.ts";
import { diagnosticSeverity, diagnosticTag } from "./constants.ts";
import { source } from "./protocol.ts";
import type { Question } from "./session.ts";
import { locationOf, rangeOf } from "./to-lsp.ts";

/** What a diagnostic carries back with a request for its fixes. */
export interface DiagnosticData {
  readonly rule: string;
  readonly guests: readonly string[];
}

/** Findings of rules that say "this is not used any more". */
const unnecessary: ReadonlySet<string> = new Set(["unused-suppression"]);

/** The diagnostics of one document, in order of appearance. */
export function diagnostics(question: Question): Diagnostic[] {
  return diagnosticsOf(
    question,
    question.snapshot.findings.filter((finding) => finding.span.file === question.path),
  );
}

/** The same, for those who have sorted the findings by files already. */
export function diagnosticsOf(question: Question, findings: readonly JudgedFinding[]): Diagnostic[] {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["diagnostics.enable"]) return [];
  return findings.map((finding) => {
    const url = session.client.codeDescription ? session.ruleUrl(finding.rule) : null;
    const data: DiagnosticData = { rule: finding.rule, guests: finding.guests };
    const related = session.client.relatedInformation ? relatedInformation(finding, question) : [];
    return {
      range: rangeOf(tree.lines, finding.span),
      severity: lspSeverity[finding.severity],
      code: finding.rule,
      ...(url !== null ? { codeDescription: { href: url } } : {}),
      source,
      message: message(finding, question),
      ...(related.length > 0 ? { relatedInformation: related } : {}),
      ...(session.client.diagnosticTags && unnecessary.has(finding.rule) ? { tags: [diagnosticTag.unnecessary] } : {}),
      data,
    };
  });
}

/** The answer to a pull: `unchanged` when the client has this very list already. */
export function diagnosticReport(question: Question, previousResultId: string | undefined): DocumentDiagnosticReport {
  const { answer: items, digest: resultId } = question.session.told.tell("diagnostics", question, diagnostics);
  return resultId === previousResultId ? { kind: "unchanged", resultId } : { kind: "full", resultId, items };
}

const lspSeverity: Readonly<Record<Severity, DiagnosticSeverity>> = diagnosticSeverity;

/** The message, then every note that does not stand somewhere else. */
function message(finding: Finding, { session }: Question): string {
  const inline = finding.notes.filter((note) => !note.at || !session.client.relatedInformation);
  return [finding.message, ...inline.map((note) => note.text)]
    .map((text) => printable(render(text, session.locale)))
    .join("\n");
}

function relatedInformation(finding: Finding, { session, snapshot }: Question) {
  return finding.notes.flatMap((note) => {
    const location = note.at ? locationOf(snapshot, note.at, session.documents) : null;
    return location ? [{ location, message: printable(render(note.text, session.locale)) }] : [];
  });
}
