import type { DocumentDiagnosticReport } from "vscode-languageserver";
import { jsonOfList } from "../features/session/digest.ts";
import type { Question } from "../features/session/session.ts";
import type { Answers } from "./handlers.ts";
import { knowJson } from "./message-output.ts";

/** The answer to a pull: `unchanged` when the client has this very list already. */
export function diagnosticReport(
  { diagnostics }: Pick<Answers, "diagnostics">,
  question: Question,
  previousResultId: string | undefined,
): DocumentDiagnosticReport {
  const { answer: items, digest: resultId } = question.session.told.tell("diagnostics", question, diagnostics);
  if (resultId === previousResultId) return { kind: "unchanged", resultId };
  const report: DocumentDiagnosticReport = { kind: "full", resultId, items };
  knowJson(report, () => `{"kind":"full","resultId":${JSON.stringify(resultId)},"items":${jsonOfList(items)}}`);
  return report;
}
