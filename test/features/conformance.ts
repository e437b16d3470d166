import * as lsp from "vscode-languageserver";

/**
 * Says what is wrong with an answer, by the protocol's own type guards (vscode-languageserver-types); null when nothing
 * is. The package's metaModel.json is not published with it, so the guards are the reference.
 */
export function wrongAnswer(method: string, answer: unknown): string | null {
  const check = checks[method];
  if (!check) return `no check for ${method}`;
  return check(answer) ? null : `${method}: ${JSON.stringify(answer)?.slice(0, 500)}`;
}

/** Every request that the random client sends. */
export const checks: Readonly<Record<string, (answer: unknown) => boolean>> = {
  "textDocument/diagnostic": isReport,
  "textDocument/hover": (answer) => answer === null || (lsp.Hover.is(answer) && !isEmptyHover(answer)),
  "textDocument/inlayHint": (answer) => isListOf(answer, lsp.InlayHint.is),
  "textDocument/codeAction": (answer) => isListOf(answer, isAction),
  "textDocument/codeLens": (answer) => isListOf(answer, lsp.CodeLens.is),
  "textDocument/documentSymbol": (answer) => isListOf(answer, isDocumentSymbol),
  "textDocument/definition": (answer) => answer === null || isListOf(answer, lsp.LocationLink.is),
  "textDocument/references": (answer) => isListOf(answer, lsp.Location.is),
  "textDocument/documentLink": (answer) => isListOf(answer, lsp.DocumentLink.is),
  "textDocument/completion": (answer) =>
    answer === null ||
    (isRecord(answer) && typeof answer["isIncomplete"] === "boolean" && isListOf(answer["items"], isCompletion)),
  "textDocument/semanticTokens/full": (answer) =>
    isRecord(answer) && isListOf(answer["data"], Number.isSafeInteger as never),
  "workspace/symbol": (answer) => isListOf(answer, isWorkspaceSymbol),
  "codeAction/resolve": lsp.CodeAction.is as (answer: unknown) => boolean,
};

function isReport(answer: unknown): boolean {
  if (!isRecord(answer)) return false;
  if (answer["kind"] === "unchanged") return typeof answer["resultId"] === "string";
  return answer["kind"] === "full" && isListOf(answer["items"], lsp.Diagnostic.is);
}

/** The guard wants an edit or a command; an action that is still to be resolved has neither, as the protocol allows. */
function isAction(action: unknown): boolean {
  if (!isRecord(action) || action["title"] === "" || /\p{Cc}/u.test(String(action["title"]))) return false;
  return lsp.CodeAction.is(action["data"] === undefined ? action : { ...action, edit: { changes: {} } });
}

function isDocumentSymbol(symbol: unknown): boolean {
  if (!lsp.DocumentSymbol.is(symbol) || symbol.name === "") return false;
  const inside = (a: lsp.Position, b: lsp.Position) =>
    a.line < b.line || (a.line === b.line && a.character <= b.character);
  const { range, selectionRange, children } = symbol;
  // VS Code refuses symbols whose name lies outside of them.
  if (!inside(range.start, selectionRange.start) || !inside(selectionRange.end, range.end)) return false;
  return (children ?? []).every(isDocumentSymbol);
}

function isWorkspaceSymbol(symbol: unknown): boolean {
  return (
    isRecord(symbol) &&
    typeof symbol["name"] === "string" &&
    symbol["name"] !== "" &&
    lsp.Location.is(symbol["location"])
  );
}

function isCompletion(item: unknown): boolean {
  if (!isRecord(item) || typeof item["label"] !== "string" || item["label"] === "") return false;
  return item["textEdit"] === undefined || lsp.TextEdit.is(item["textEdit"]);
}

function isEmptyHover({ contents }: lsp.Hover): boolean {
  return lsp.MarkupContent.is(contents) && contents.value.trim() === "";
}

function isListOf(answer: unknown, each: (element: never) => boolean): boolean {
  return Array.isArray(answer) && answer.every((element) => each(element as never));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
