import type { CompletionList } from "vscode-languageserver";
import type { Question } from "./session.ts";

/** Completion inside the options of microvm.nix. */
export function completion(question: Question, offset: number): CompletionList | null {
  const tree = question.snapshot.tree(question.path);
  if (!tree || !question.session.settings["completion.enable"] || offset > tree.text.length) return null;
  return null;
}
