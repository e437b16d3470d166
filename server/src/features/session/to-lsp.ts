import { fileURLToPath, pathToFileURL } from "node:url";
import type { Location, Range, TextDocumentEdit, TextEdit, WorkspaceEdit } from "vscode-languageserver";
import type { LineIndex } from "../../base/lines.ts";
import type { Span } from "../../base/span.ts";
import type { Snapshot } from "../../engine/engine.ts";
import type { Fix } from "../../rules/frame/rule.ts";

/** The open documents, as far as answers need them: a client wants its own spelling of a URI back. */
export interface Documents {
  /** URI and version of an open document, by absolute path. */
  byPath(path: string): { readonly uri: string; readonly version: number } | undefined;
}

/** The absolute path of a `file:` URI; null for every other scheme and for what is no URI. */
export function pathOf(uri: string): string | null {
  if (!uri.startsWith("file:")) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

/** The URI of a path, in the client's own spelling where the document is open. */
export function uriOf(path: string, documents: Documents): string {
  return documents.byPath(path)?.uri ?? pathToFileURL(path).href;
}

/** True for documents that we answer for: Nix files that lie on this machine. */
export function isOurs(uri: string, languageId?: string): boolean {
  return uri.startsWith("file:") && (languageId === "nix" || uri.endsWith(".nix"));
}

/** A span as a range of its own file. */
export function rangeOf(lines: LineIndex, span: { readonly start: number; readonly end: number }): Range {
  return { start: lines.position(span.start), end: lines.position(span.end) };
}

/** A span as a location; null when the snapshot has no text for its file. */
export function locationOf(snapshot: Snapshot, span: Span, documents: Documents): Location | null {
  const tree = snapshot.tree(span.file);
  return tree ? { uri: uriOf(span.file, documents), range: rangeOf(tree.lines, span) } : null;
}

/** Id of the one annotation that we use: "this changes several guests". */
const annotation = "several-guests";

/**
 * The edit of a fix as LSP wants it, or null when a file of it is not known any more. `confirm` is the question to put
 * to the user first; it is dropped for clients that cannot ask.
 */
export function workspaceEdit(
  snapshot: Snapshot,
  fix: Extract<Fix, { kind: "edit" }>,
  options: { readonly documents: Documents; readonly documentChanges: boolean; readonly confirm: string | null },
): WorkspaceEdit | null {
  const byFile = new Map<string, TextEdit[]>();
  for (const { span, newText } of fix.edits) {
    const tree = snapshot.tree(span.file);
    if (!tree) return null;
    const edits = byFile.get(span.file) ?? [];
    edits.push({
      range: rangeOf(tree.lines, span),
      newText,
      ...(options.confirm !== null ? { annotationId: annotation } : {}),
    });
    byFile.set(span.file, edits);
  }
  if (!options.documentChanges) {
    return { changes: Object.fromEntries([...byFile].map(([file, edits]) => [uriOf(file, options.documents), edits])) };
  }
  const documentChanges = [...byFile].map(
    ([file, edits]): TextDocumentEdit => ({
      textDocument: { uri: uriOf(file, options.documents), version: options.documents.byPath(file)?.version ?? null },
      edits,
    }),
  );
  if (options.confirm === null) return { documentChanges };
  return { documentChanges, changeAnnotations: { [annotation]: { label: options.confirm, needsConfirmation: true } } };
}
