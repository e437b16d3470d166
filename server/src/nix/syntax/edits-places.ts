import type { TextEdit } from "../../base/edit.ts";
import { type AttributeSet, type List, type Node, spanOf } from "./ast.ts";
import {
  afterTrailing,
  beginsLine,
  indentationAt,
  indentUnit,
  isOneLine,
  lineEnd,
  lineStart,
  newlineOf,
  reindent,
} from "./layout.ts";
import type { SyntaxTree } from "./tree.ts";

/** Where edits of a set or a list go, and what surrounds what they put there. */

type Container = AttributeSet | List;

/** Adds an item after another one: on a line of its own if that one ends its line, else beside it. */
export function insertAfter(tree: SyntaxTree, container: Container, anchor: Node, item: string): TextEdit[] {
  const { text } = tree;
  const { start, end } = spanOf(anchor);
  const newline = newlineOf(text);
  const trailing = afterTrailing(text, end);
  const oneLine = isOneLine(text, spanOf(container).start, spanOf(container).end);
  if (trailing.endsLine || (!oneLine && beginsLine(text, start))) {
    const indentation = itemIndentation(tree, container, anchor);
    const at = trailing.at;
    return [insert(tree, at, newline + indentation + reindent(item, indentation, newline))];
  }
  const after = /[\s\]})]/.test(text[trailing.at] ?? " ") ? "" : " ";
  return [insert(tree, trailing.at, ` ${reindent(item, indentationAt(text, start), newline)}${after}`)];
}

/** The indentation of the items that begin a line; one step into the container when none does. */
function itemIndentation(tree: SyntaxTree, container: Container, anchor: Node): string {
  const { text } = tree;
  const items: readonly Node[] = container.kind === "attrs" ? container.bindings : container.elements;
  const base = spanOf(container).start;
  for (const item of [anchor, ...items]) {
    const at = base + item.offset;
    if (beginsLine(text, at)) return indentationAt(text, at);
  }
  return indentationAt(text, base) + indentUnit(text);
}

/** Adds the first item to a container without any. */
export function insertFirst(tree: SyntaxTree, container: Container, item: string): TextEdit[] {
  const { text } = tree;
  const { start, end } = spanOf(container);
  const newline = newlineOf(text);
  const open = afterOpening(text, start);
  const close = end - 1;
  const inside = text.slice(open, close);
  const outer = indentationAt(text, start);
  const inner = outer + indentUnit(text);

  if (inside.trim() !== "") {
    // Only comments: they stay in front.
    if (beginsLine(text, close)) {
      const at = lineStart(text, close);
      const first = open + inside.search(/\S/);
      const indentation = beginsLine(text, first) ? indentationAt(text, first) : inner;
      return [insert(tree, at, indentation + reindent(item, indentation, newline) + newline)];
    }
    return [insert(tree, close, `${/\s$/.test(inside) ? "" : " "}${reindent(item, outer, newline)} `)];
  }
  const besides =
    container.kind === "list" ? !item.includes("\n") : !item.includes("\n") && isInOneLine(tree, container);
  const block = newline + inner + reindent(item, inner, newline) + newline + outer;
  return [{ span: { file: tree.file, start: open, end: close }, newText: besides ? ` ${item} ` : block }];
}

/** After the `[`, or the `{` of `{` and `rec {`. */
function afterOpening(text: string, start: number): number {
  const rec = /^rec(?:\s|#[^\r\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)*/.exec(text.slice(start));
  return start + (rec?.[0].length ?? 0) + 1;
}

/** Whether the set is an item of a set or list that is written on one line. */
function isInOneLine(tree: SyntaxTree, container: Container): boolean {
  for (let at = container.parent; at; at = at.parent) {
    if (at.kind === "attrs" || at.kind === "list" || at.kind === "let") {
      const { start, end } = spanOf(at);
      return isOneLine(tree.text, start, end);
    }
  }
  return false;
}

/** Takes an item out: its whole line if it is alone there, with the comment at the end of the line. */
export function remove(tree: SyntaxTree, item: Node): TextEdit[] {
  const { text } = tree;
  const { start, end } = spanOf(item);
  const trailing = afterTrailing(text, end);
  let from = start;
  let to = end;
  let newText = "";
  if (trailing.endsLine && beginsLine(text, start)) {
    from = lineStart(text, start);
    to = lineEnd(text, trailing.at);
    if (text[to] === "\r") to++;
    if (text[to] === "\n") to++;
  } else if (trailing.endsLine) {
    while (/[ \t]/.test(text[from - 1] ?? "")) from--;
    to = trailing.at;
  } else {
    while (/[ \t]/.test(text[to] ?? "")) to++;
    if (to === end && !/[\s([{;]/.test(text[start - 1] ?? " ")) newText = " ";
  }
  return [{ span: { file: tree.file, start: from, end: to }, newText }];
}

export function insert(tree: SyntaxTree, at: number, newText: string): TextEdit {
  return { span: { file: tree.file, start: at, end: at }, newText };
}
