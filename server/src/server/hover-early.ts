import type { Hover, HoverParams } from "vscode-languageserver";
import type { OpenDocuments } from "../features/session/documents.ts";
import type { Session } from "../features/session/session.ts";
import { pathOf } from "../features/session/to-lsp.ts";
import { difference } from "../nix/syntax/difference.ts";
import type { AnswerEarly } from "./early-answers.ts";
import { loadedAnswers } from "./handlers.ts";
import type { EngineLike } from "./lazy-engine.ts";

/** The hover that can be given without waiting for a snapshot of now: see {@link EngineLike.meanwhile}. */
export function hoverEarly(
  { textDocument: { uri }, position }: HoverParams,
  engine: EngineLike | null,
  around: { readonly documents: OpenDocuments; session(path?: string): Session },
): ReturnType<AnswerEarly> {
  const path = pathOf(uri);
  const document = path === null ? undefined : around.documents.byPath(path);
  const answers = loadedAnswers();
  if (path === null || !document || engine === null || answers === null) return undefined;
  const snapshot = engine.meanwhile();
  const tree = snapshot.tree(path);
  if (!tree) return undefined;
  const isFirst = engine.current() === null;
  const text = document.getText();
  const offset = offsetBefore(tree.text, text, document.offsetAt(position));
  if (offset === null) return { result: null, isFirst };
  const found = answers.hover({ session: around.session(path), snapshot, path }, offset);
  return { result: tree.text === text ? found : withoutPlace(found), isFirst };
}

/** Where that place of a text was in the text before; null within what is new. */
function offsetBefore(before: string, now: string, offset: number): number | null {
  if (before === now) return offset;
  const { start, oldEnd, newEnd } = difference(before, now);
  if (offset < start) return offset;
  return offset > newEnd ? offset - newEnd + oldEnd : null;
}

/** Where it stands by now is not known. */
function withoutPlace(hover: Hover | null): Hover | null {
  return hover && { contents: hover.contents };
}
