import type { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Range } from "vscode-languageserver";
import { attached } from "../base/attached.ts";
import { printable } from "../base/printable.ts";
import { render, type Text } from "../base/text.ts";
import type { JudgedFinding } from "../rules/frame/judged.ts";
import type { Finding, Severity } from "../rules/frame/rule.ts";
import { diagnosticSeverity, diagnosticTag } from "./session/constants.ts";
import { source } from "./session/protocol.ts";
import type { Question } from "./session/session.ts";
import { locationOf, rangeOf } from "./session/to-lsp.ts";

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
  return findings.map((finding) => diagnosticOf(finding, rangeOf(tree.lines, finding.span), question));
}

/** What a diagnostic was made of, besides the range and the message that it is kept with. */
interface Made {
  readonly client: object;
  readonly locale: string;
  readonly finding: JudgedFinding;
  readonly diagnostic: Diagnostic;
}

/** The diagnostic of each finding, by its message: a finding that only moved with the text has the same one. */
const made = attached<Text, Made>();

/** The same object as before where nothing of it has changed: most of them, at every keystroke. */
function diagnosticOf(finding: JudgedFinding, range: Range, question: Question): Diagnostic {
  const { client, locale } = question.session;
  const related = client.relatedInformation ? relatedInformation(finding, question) : [];
  const before = made.get(finding.message);
  if (before?.client === client && before.locale === locale && isSame(before, finding, range, related)) {
    return before.diagnostic;
  }
  const diagnostic = newDiagnostic(finding, range, related, question);
  made.set(finding.message, { client, locale, finding, diagnostic });
  return diagnostic;
}

function isSame(
  { finding: before, diagnostic }: Made,
  finding: JudgedFinding,
  range: Range,
  related: Related,
): boolean {
  const { start, end } = diagnostic.range;
  const sameRange =
    start.line === range.start.line &&
    start.character === range.start.character &&
    end.line === range.end.line &&
    end.character === range.end.character;
  return (
    sameRange &&
    before.rule === finding.rule &&
    before.severity === finding.severity &&
    before.guests === finding.guests &&
    before.notes.length === finding.notes.length &&
    before.notes.every((note, i) => note.text === finding.notes[i]?.text && !note.at === !finding.notes[i]?.at) &&
    sameRelated(diagnostic.relatedInformation ?? [], related)
  );
}

function sameRelated(before: Related, related: Related): boolean {
  if (before.length === 0 && related.length === 0) return true;
  return JSON.stringify(before) === JSON.stringify(related);
}

function newDiagnostic(finding: JudgedFinding, range: Range, related: Related, question: Question): Diagnostic {
  const { session } = question;
  const url = session.client.codeDescription ? session.ruleUrl(finding.rule, session.locale) : null;
  const data: DiagnosticData = { rule: finding.rule, guests: finding.guests };
  return {
    range,
    severity: lspSeverity[finding.severity],
    code: finding.rule,
    ...(url !== null ? { codeDescription: { href: url } } : {}),
    source,
    message: message(finding, question),
    ...(related.length > 0 ? { relatedInformation: related } : {}),
    ...(session.client.diagnosticTags && unnecessary.has(finding.rule) ? { tags: [diagnosticTag.unnecessary] } : {}),
    data,
  };
}

const lspSeverity: Readonly<Record<Severity, DiagnosticSeverity>> = diagnosticSeverity;

/** The message, then every note that does not stand somewhere else. */
function message(finding: Finding, { session }: Question): string {
  const inline = finding.notes.filter((note) => !note.at || !session.client.relatedInformation);
  return [finding.message, ...inline.map((note) => note.text)]
    .map((text) => printable(render(text, session.locale)))
    .join("\n");
}

type Related = DiagnosticRelatedInformation[];

function relatedInformation(finding: Finding, { session, snapshot }: Question): Related {
  return finding.notes.flatMap((note) => {
    const location = note.at ? locationOf(snapshot, note.at, session.documents) : null;
    return location ? [{ location, message: printable(render(note.text, session.locale)) }] : [];
  });
}
