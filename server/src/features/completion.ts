import type { CompletionItem, CompletionList } from "vscode-languageserver";
import { completionItemKind, insertTextFormat } from "./constants.ts";
import { withoutMarks } from "./markdown.ts";
import { type Cursor, cursorContext } from "./options/cursor.ts";
import { optionMarkdown } from "./options/documentation.ts";
import { type OptionFacts, optionsBelow } from "./options/table.ts";
import { valuesFor } from "./options/values.ts";
import type { Question } from "./session.ts";
import { rangeOf } from "./to-lsp.ts";

/** Completion inside the options of microvm.nix, and only there: everything else is for the servers of Nix itself. */
export function completion(question: Question, offset: number): CompletionList | null {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["completion.enable"]) return null;
  // Cheap first: most files have nothing to do with microvm.nix.
  if (!tree.text.includes("microvm")) return null;
  const cursor = cursorContext(tree.text, offset);
  if (!cursor) return null;
  const items = cursor.kind === "name" ? names(question, cursor, offset) : values(question, cursor, offset);
  return items.length > 0 ? { isIncomplete: false, items } : null;
}

function names(question: Question, cursor: Cursor, offset: number): CompletionItem[] {
  const range = replaced(question, cursor.start, offset);
  return [...optionsBelow(cursor.path)].map(([name, option]) => ({
    label: name,
    kind: option ? completionItemKind.property : completionItemKind.module,
    ...(option ? { detail: option.type, ...documentation(question, option) } : {}),
    // Options of the domain first: image, size and mount point are written for every volume.
    sortText: `${option?.required ? 0 : 1} ${name}`,
    ...nameEdit(question, name, option, range),
  }));
}

function nameEdit({ session }: Question, name: string, option: OptionFacts | null, range: ReturnType<typeof replaced>) {
  if (!option) return { textEdit: { range, newText: name } };
  if (!session.client.completionSnippets) return { textEdit: { range, newText: `${name} = ` } };
  const value = snippetValue(option);
  return { insertTextFormat: insertTextFormat.snippet, textEdit: { range, newText: `${name} = ${value};` } };
}

function snippetValue({ name, type, values: choices }: OptionFacts): string {
  if (choices || /string|path/.test(type)) {
    if (!/list|attribute set|null/.test(type) || choices) return '"$0"';
  }
  if (/^list/.test(type))
    return name.endsWith("volumes") || name.endsWith("shares") ? "[\n\t{\n\t\t$0\n\t}\n]" : "[ $0 ]";
  if (/attribute set/.test(type)) return "{\n\t$0\n}";
  return "$0";
}

function values(question: Question, cursor: Cursor, offset: number): CompletionItem[] {
  const range = replaced(question, cursor.start, offset);
  return valuesFor({ snapshot: question.snapshot, file: question.path, offset }, cursor.path)
    .filter((proposal) => !(cursor.quoted && proposal.bare))
    .map((proposal, index) => {
      const newText = cursor.quoted || proposal.bare ? proposal.value : JSON.stringify(proposal.value);
      return {
        label: proposal.value,
        kind: completionItemKind.value,
        ...(proposal.detail === "" ? {} : { detail: proposal.detail }),
        sortText: String(index).padStart(4, "0"),
        filterText: newText,
        textEdit: { range, newText },
      };
    });
}

function documentation({ session }: Question, option: OptionFacts): Pick<CompletionItem, "documentation"> {
  const value = optionMarkdown(option, session.locale);
  return {
    documentation: session.client.completionMarkdown
      ? { kind: "markdown", value }
      : { kind: "plaintext", value: withoutMarks(value) },
  };
}

function replaced({ snapshot, path }: Question, start: number, end: number) {
  const lines = snapshot.tree(path)?.lines;
  if (!lines) throw new Error("a completion without a text");
  return rangeOf(lines, { start, end });
}
