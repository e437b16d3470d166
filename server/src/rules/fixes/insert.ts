import type { TextEdit } from "../../base/edit.ts";
import { type AttributeSet, type Binding, spanOf } from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";

/**
 * Adds bindings to an attribute set, after `after` or after its last binding, as a careful person would write them: on
 * lines of their own with the neighbours' indentation, or on the same line where the set is written on one. `lines` have
 * no indentation of their own but what is relative to the first. Comments stay with the binding that they follow.
 */
export function insertBindings(
  tree: SyntaxTree,
  attrs: AttributeSet,
  lines: readonly string[],
  after?: Binding,
): TextEdit {
  const anchor = after ?? attrs.bindings.at(-1);
  const newline = tree.text.includes("\r\n") ? "\r\n" : "\n";
  if (!anchor) return intoEmpty(tree, attrs, lines, newline);
  const { end } = spanOf(anchor);
  const { text } = tree;
  const lineEnd = endOfLine(text, end);
  const rest = text.slice(end, lineEnd);
  const alone = /^[\t ]*(#.*)?$/.test(rest);
  if (!alone && lines.length === 1) return insertion(tree, end, ` ${lines[0]}`);
  const start = spanOf(anchor).start;
  const indent = alone ? indentationAt(text, start) : `${indentationAt(text, start)}  `;
  const apart = alone && lines[0] !== "" && standApart(tree, attrs, anchor, lines.length > 1) ? ["", ...lines] : lines;
  const block = apart.map((line) => newline + (line === "" ? "" : indent + line)).join("");
  return insertion(tree, alone ? lineEnd : end, withPlainStrings(block));
}

/**
 * Whether an empty line belongs between `anchor` and what is added after it: where one follows it, or where it is the last
 * and most of its neighbours are apart. Between single lines only where all around are apart.
 */
function standApart({ text }: SyntaxTree, { bindings }: AttributeSet, anchor: Binding, isLong: boolean): boolean {
  const spans = bindings.map((binding) => spanOf(binding));
  const gaps = spans.slice(1).map(({ start }, index) => /\n[\t ]*\r?\n/.test(text.slice(spans[index]?.end, start)));
  const at = bindings.indexOf(anchor);
  const { start, end } = spanOf(anchor);
  const takesLines = isLong || text.slice(start, end).includes("\n");
  if (gaps.length === 0) return takesLines && text.slice(start, end).includes("\n");
  if (!takesLines) return [gaps[at - 1], gaps[at]].every((gap) => gap !== false);
  return gaps[at] ?? gaps.filter((gap) => gap).length * 2 > gaps.length;
}

/** Nix keeps a carriage return inside of `''…''`, where a shell would stumble over it: lines end with a plain line feed there. */
function withPlainStrings(block: string): string {
  return block.replace(/''.*''/s, (string) => string.replaceAll("\r\n", "\n"));
}

/** A list of one element, with blanks inside of its brackets or without them, as the file has most of its lists. */
export function listOf(tree: SyntaxTree, element: string): string {
  const tight = tree.text.match(/\[[^\s\]]/g)?.length ?? 0;
  const wide = tree.text.match(/\[ \S/g)?.length ?? 0;
  return tight > wide ? `[${element}]` : `[ ${element} ]`;
}

/** The blanks with which the line of `offset` begins. */
export function indentationAt(text: string, offset: number): string {
  let start = offset;
  while (start > 0 && text[start - 1] !== "\n" && text[start - 1] !== "\r") start--;
  let end = start;
  while (text[end] === " " || text[end] === "\t") end++;
  return text.slice(start, end);
}

export function insertion(tree: SyntaxTree, offset: number, newText: string): TextEdit {
  return { span: { file: tree.file, start: offset, end: offset }, newText };
}

function intoEmpty(tree: SyntaxTree, attrs: AttributeSet, lines: readonly string[], newline: string): TextEdit {
  const { start, end } = spanOf(attrs);
  const open = tree.text.indexOf("{", start) + 1;
  const outer = indentationAt(tree.text, start);
  const inside = tree.text.slice(open, end - 1);
  // Comments inside an empty set are kept: the bindings go before its closing brace.
  const at = inside.trim() === "" ? open : end - 1;
  const block = lines.map((line) => newline + (line === "" ? "" : `${outer}  ${line}`)).join("");
  const replaced = inside.trim() === "" ? { start: open, end: end - 1 } : { start: at, end: at };
  return { span: { file: tree.file, ...replaced }, newText: `${withPlainStrings(block)}${newline}${outer}` };
}

function endOfLine(text: string, offset: number): number {
  let end = offset;
  while (end < text.length && text[end] !== "\n" && text[end] !== "\r") end++;
  return end;
}
