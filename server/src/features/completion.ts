import type { CompletionItem, CompletionList } from "vscode-languageserver";
import { printable } from "../base/printable.ts";
import { messages, render } from "../base/text.ts";
import type { OptionFacts } from "../microvm/options/option-facts.ts";
import { optionPath } from "../microvm/options/table.ts";
import { type Cursor, cursorContext, definedAround } from "./options/cursor.ts";
import { optionMarkdown } from "./options/documentation.ts";
import { frequency, optionsBelow, type Side } from "./options/offered.ts";
import { elements, guestBody, valueSnippet, withoutPlaceholders } from "./options/snippets.ts";
import { valuesFor } from "./options/values.ts";
import { completionItemKind, insertTextFormat } from "./session/constants.ts";
import { declaredAround } from "./session/locate.ts";
import { withoutMarks } from "./session/markdown.ts";
import type { Question } from "./session/session.ts";
import { rangeOf } from "./session/to-lsp.ts";

const text = messages("completion", {
  whole: { en: "a whole {what}", "zh-cn": "一个完整的 {what}" },
});

/** Completion inside the options of microvm.nix, and only there: everything else is for the servers of Nix itself. */
export function completion(question: Question, offset: number): CompletionList | null {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["completion.enable"]) return null;
  // Cheap first: most files have nothing to do with microvm.nix.
  if (!tree.text.includes("microvm")) return null;
  const cursor = cursorContext(tree.text, offset);
  if (!cursor) return null;
  const place: Place = { question, cursor, offset, text: tree.text };
  const items = cursor.kind === "name" ? names(place) : [...wholes(place), ...values(place)];
  return items.length > 0 ? { isIncomplete: false, items } : null;
}

interface Place {
  readonly question: Question;
  readonly cursor: Cursor;
  readonly offset: number;
  readonly text: string;
}

function names(place: Place): CompletionItem[] {
  const { question, cursor, offset } = place;
  const defined = definedAround(place.text, offset);
  const taken = new Set(
    defined.filter((path) => startsWith(path, cursor.path)).map((path) => path[cursor.path.length] as string),
  );
  // A set of options may be opened again; an option is given once.
  const isTaken = (name: string) =>
    taken.has(name) &&
    defined.some(
      (path) => path.length === cursor.path.length + 1 && path.at(-1) === name && startsWith(path, cursor.path),
    );
  const own = optionPath(cursor.path)?.join(".") ?? "";
  const found = [...optionsBelow(cursor.path, sideOf(place, defined))]
    .filter(([name, option]) => (option ? !taken.has(name) : !isTaken(name)))
    .map(([name, option]): CompletionItem => {
      const full = option?.name ?? `${own}.${name}`;
      return {
        label: name,
        kind: option ? completionItemKind.property : completionItemKind.module,
        ...(option ? { detail: option.type, ...documentation(question, option) } : {}),
        // What people set most stands first, then what has to be set.
        sortText: `${9999 - frequency(full)} ${option?.required ? 0 : 1} ${name}`,
        ...edit(place, name, option ? ` = ${valueSnippet(option)};` : " = {\n\t$1\n};"),
      };
    });
  return own === "microvm.vms" ? [whole(place, "guest", guestBody), ...found] : found;
}

/** A whole element of a list of options, where one may stand. */
function wholes(place: Place): CompletionItem[] {
  const own = optionPath(place.cursor.path);
  if (own?.at(-1) !== "*" || place.cursor.quoted) return [];
  const element = elements[own.slice(0, -1).join(".")];
  return element ? [whole(place, element.label, element.body)] : [];
}

function whole(place: Place, what: string, body: string): CompletionItem {
  const { session } = place.question;
  return {
    label: what,
    kind: completionItemKind.snippet,
    detail: render(text.whole({ what }), session.locale),
    sortText: "0000",
    // A list is empty where nothing is typed: the word is what it is found by.
    filterText: place.cursor.typed === "" ? what : place.cursor.typed,
    ...edit(place, "", body),
  };
}

/** The edit that puts a name and its value there: only the name where the value stands there already. */
function edit({ question, cursor, offset, text: source }: Place, name: string, snippet: string) {
  const range = replaced(question, cursor.start, offset);
  const isGiven = /^[\w'-]*\s*(?:=|\.)/.test(source.slice(offset, offset + 200));
  if (name !== "" && isGiven) return { textEdit: { range, newText: name } };
  const body = name + snippet;
  if (!question.session.client.completionSnippets) return { textEdit: { range, newText: withoutPlaceholders(body) } };
  return { insertTextFormat: insertTextFormat.snippet, textEdit: { range, newText: body } };
}

/** Whether options of a guest or of a host belong there; null where nothing tells. */
function sideOf({ question, cursor, offset }: Place, defined: readonly (readonly string[])[]): Side | null {
  const { path } = cursor;
  const last = path.lastIndexOf("microvm");
  // Names below `microvm.vms.NAME` are the host's, and its configuration is the guest's.
  if (path.slice(0, last).includes("microvm")) return "guest";
  if (path[last + 1] === "vms" || path[last + 1] === "host") return "host";
  if (path.length > last + 1) return "guest";
  const beside = defined.filter((each) => startsWith(each, path)).map((each) => each[path.length]);
  if (beside.some((name) => name === "vms" || name === "host" || name === "autostart" || name === "stateDir"))
    return "host";
  if (beside.length > 0) return "guest";
  for (const place of declaredAround(question.snapshot, question.path, offset)) {
    if (place.kind === "guest" || place.kind === "volume") return "guest";
    if (place.kind === "host") return "host";
  }
  return null;
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return path.length > prefix.length && prefix.every((name, index) => path[index] === name);
}

function values(place: Place): CompletionItem[] {
  const { question, cursor, offset } = place;
  const range = replaced(question, cursor.start, offset);
  const end = endOf(place);
  return valuesFor({ snapshot: question.snapshot, file: question.path, offset }, cursor.path)
    .filter((proposal) => !(cursor.quoted && proposal.bare))
    .flatMap((proposal, index) => {
      const written = proposal.bare ? proposal.value : nixText(proposal.value);
      if (written === null) return [];
      const newText = (cursor.quoted || proposal.bare ? written : `"${written}"`) + end;
      return [
        {
          label: proposal.value,
          kind: completionItemKind.value,
          ...(proposal.detail === "" ? {} : { detail: proposal.detail }),
          sortText: String(index).padStart(4, "0"),
          filterText: cursor.quoted || proposal.bare ? proposal.value : `"${proposal.value}"`,
          textEdit: { range, newText },
        },
      ];
    });
}

/** What is missing behind the value: the quotation mark that closes it, and the semicolon of the binding. */
function endOf({ cursor, offset, text: source }: Place): string {
  const line = /^[^\n]*/.exec(source.slice(offset))?.[0] ?? "";
  const isElement = cursor.path.at(-1) === "*";
  if (cursor.quoted) {
    if (line.includes('"')) return "";
    return isElement ? '"' : '";';
  }
  return isElement || /^\s*;/.test(source.slice(offset)) || /\S/.test(line.replace(/^\s*\}.*/, "")) ? "" : ";";
}

/** A text as it stands between quotation marks; null where no escape of Nix can write it. */
function nixText(value: string): string | null {
  if (printable(value) !== value) return null;
  return value.replace(/[\\"]/g, "\\$&").replaceAll("${", "\\${");
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
