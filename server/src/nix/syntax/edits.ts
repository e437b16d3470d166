import type { TextEdit } from "../../base/edit.ts";
import {
  type AttributeBinding,
  type AttributeSet,
  type Binding,
  type Expression,
  type List,
  type Node,
  spanOf,
} from "./ast.ts";
import { isAtom, needsAtom } from "./atoms.ts";
import { insert, insertAfter, insertFirst, remove } from "./edits-places.ts";
import { indentationAt, newlineOf, reindent } from "./layout.ts";
import type { SyntaxTree } from "./tree.ts";
import { attributeNameText, staticPath, withoutParentheses } from "./views.ts";

/**
 * Edits that keep the author's comments and layout. Code that is put in may have several lines: those after the first
 * are given the indentation of the place. Each function gives no edits at all when the place has a syntax error, or when
 * the edit would not be Nix: to change nothing is better than to break a file.
 */

/** Puts `code` in place of an expression, in parentheses where Nix needs them. */
export function replaceExpression(tree: SyntaxTree, node: Expression, code: string): TextEdit[] {
  const { start, end } = spanOf(node);
  const parenthesised = needsAtom(node) && !isAtom(code) ? `(${code})` : code;
  const newText = reindent(parenthesised, indentationAt(tree.text, start), newlineOf(tree.text));
  // `size = ;`: the hole has no blank of its own.
  const blank = node.kind === "hole" && start === end && /[=:]$/.test(tree.text.slice(0, start)) ? " " : "";
  return [{ span: { file: tree.file, start, end }, newText: blank + newText }];
}

/** Puts an expression below a function: `value` becomes `name value`, with parentheses where Nix needs them. */
export function wrapInCall(tree: SyntaxTree, node: Expression, name: string): TextEdit[] {
  if (hasError(tree, node)) return [];
  const { start, end } = spanOf(node);
  const inner = isAtom(tree.text.slice(start, end)) ? ["", ""] : ["(", ")"];
  const outer = needsAtom(node) ? ["(", ")"] : ["", ""];
  return [insert(tree, start, `${outer[0]}${name} ${inner[0]}`), insert(tree, end, `${inner[1]}${outer[1]}`)];
}

/** Adds `path = code;` to a set, after the binding `after` or after the last one. The path must not be bound there yet. */
export function insertBinding(
  tree: SyntaxTree,
  attrs: AttributeSet,
  path: string,
  code: string,
  after: Binding | undefined = attrs.bindings.at(-1),
): TextEdit[] {
  if (hasError(tree, attrs)) return [];
  const line = `${path} = ${code};`;
  return after ? insertAfter(tree, attrs, after, line) : insertFirst(tree, attrs, line);
}

/**
 * Binds `path` (names, outermost first) to `code` in a set, wherever the set has it: replaces the value that is there, or
 * adds the rest of the path in the innermost set that is written out.
 */
export function setBinding(tree: SyntaxTree, attrs: AttributeSet, path: readonly string[], code: string): TextEdit[] {
  const found = locate(attrs, path);
  if (!found || hasError(tree, found.attrs)) return [];
  if (found.binding) return replaceExpression(tree, found.binding.value, code);
  return insertBinding(tree, found.attrs, found.rest.map(attributeNameText).join("."), code);
}

/** Takes a binding out, with its line and the comment at the end of it. Comments on lines of their own stay. */
export function removeBinding(tree: SyntaxTree, binding: Binding): TextEdit[] {
  return hasError(tree, binding) ? [] : remove(tree, binding);
}

/** Adds an element to a list, after `after` or after the last one; in parentheses where Nix needs them. */
export function insertListElement(
  tree: SyntaxTree,
  list: List,
  code: string,
  after: Expression | undefined = list.elements.at(-1),
): TextEdit[] {
  if (hasError(tree, list)) return [];
  const element = isAtom(code) ? code : `(${code})`;
  return after ? insertAfter(tree, list, after, element) : insertFirst(tree, list, element);
}

/** Takes an element out of a list, as {@link removeBinding} does. */
export function removeListElement(tree: SyntaxTree, element: Expression): TextEdit[] {
  return hasError(tree, element) ? [] : remove(tree, element);
}

function hasError(tree: SyntaxTree, node: Node): boolean {
  if (tree.errors.length === 0) return false;
  const { start, end } = spanOf(node);
  return tree.errors.some((error) => error.start <= end && error.end >= start);
}

interface Location {
  /** The innermost set that is written out and in which the path is, or is to be, bound. */
  readonly attrs: AttributeSet;
  /** What of the path remains below that set. */
  readonly rest: readonly string[];
  readonly binding: AttributeBinding | null;
}

/** Null when the path cannot be bound: a part of it has a value that is not written as a set, or is inherited. */
function locate(attrs: AttributeSet, path: readonly string[]): Location | null {
  let deepest: Location = { attrs, rest: path, binding: null };
  for (const binding of attrs.bindings) {
    if (binding.kind === "inherit") {
      if (staticPath(binding.names)?.includes(path[0] ?? "")) return null;
      continue;
    }
    const names = staticPath(binding.path);
    if (!names?.every((name, i) => i >= path.length || name === path[i])) continue;
    if (names.length === path.length) return { attrs, rest: path, binding };
    const value = withoutParentheses(binding.value);
    // `a.b = …` where `a` is wanted, or `a = f x` where `a.b` is.
    if (names.length > path.length || value.kind !== "attrs") return null;
    const below = locate(value, path.slice(names.length));
    if (!below || below.binding) return below;
    if (below.rest.length < deepest.rest.length) deepest = below;
  }
  return deepest;
}
