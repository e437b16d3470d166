import type { DocumentSymbol, Position } from "vscode-languageserver";
import { isRecord } from "./validate.ts";

/** Says what is wrong with an answer that has the right shape, and that no editor could use all the same; else null. */
export function problemOf(method: string, answer: unknown): string | null {
  const fine = checks[method]?.(answer as never) ?? true;
  return fine ? null : `${method}: ${JSON.stringify(answer)?.slice(0, 500)}`;
}

const checks: Readonly<Record<string, (answer: never) => boolean>> = {
  "textDocument/hover": (answer) => answer === null || !isEmptyHover(answer),
  "textDocument/codeAction": (answer: readonly unknown[] | null) => (answer ?? []).every(hasTitle),
  "textDocument/documentSymbol": (answer: readonly DocumentSymbol[] | null) => (answer ?? []).every(isWithin),
  "workspace/symbol": (answer: readonly { name: string }[] | null) => (answer ?? []).every(({ name }) => name !== ""),
  "textDocument/completion": (answer: { items: readonly { label: string }[] } | null) =>
    (answer?.items ?? []).every(({ label }) => label !== ""),
  "textDocument/semanticTokens/full": (answer: { data: readonly number[] } | null) =>
    answer === null || answer.data.length % 5 === 0,
};

function isEmptyHover({ contents }: { contents: unknown }): boolean {
  return isRecord(contents) && String(contents["value"]).trim() === "";
}

function hasTitle(action: unknown): boolean {
  const title = isRecord(action) ? String(action["title"]) : "";
  return title !== "" && !/\p{Cc}/u.test(title);
}

/** VS Code refuses symbols whose name lies outside of them, and those without a name. */
function isWithin({ name, range, selectionRange, children }: DocumentSymbol): boolean {
  // Flat symbols have a location in place of ranges.
  if (!range) return name !== "";
  const ordered = (a: Position, b: Position) => a.line < b.line || (a.line === b.line && a.character <= b.character);
  if (!ordered(range.start, selectionRange.start) || !ordered(selectionRange.end, range.end)) return false;
  return name !== "" && (children ?? []).every(isWithin);
}
