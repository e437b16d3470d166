import type { Node, Root } from "./ast.ts";
import { childrenOf } from "./children.ts";
import type { Difference } from "./difference.ts";
import type { SyntaxProblem } from "./tree.ts";

/**
 * The syntax nodes from before an edit, for those to be found again whose text the edit did not touch. Nodes are taken
 * out of it for good: they belong to the new tree from then on, so that an old tree serves one new tree only.
 */
export class OldTree {
  readonly #difference: Difference;
  /** Errors of the old text: a node at which there is one is never used again. */
  readonly #errors: readonly SyntaxProblem[];
  readonly #strict: readonly SyntaxProblem[];
  /** The way from the root to the node at which the last search ended; nodes are asked for in order. */
  readonly #way: { readonly node: Node; readonly start: number; children: readonly Node[] | null }[];

  constructor(root: Root, difference: Difference, errors: readonly SyntaxProblem[], strict: readonly SyntaxProblem[]) {
    this.#difference = difference;
    this.#errors = errors;
    this.#strict = strict;
    this.#way = [{ node: root, start: 0, children: null }];
  }

  /**
   * The node of that kind that stood for the text now at [start, end), or null. Appends to `strict` the errors that go
   * with it, at their new places.
   */
  take(kind: Node["kind"], start: number, end: number, strict: SyntaxProblem[]): Node | null {
    const { start: from, oldEnd, newEnd } = this.#difference;
    const delta = oldEnd - newEnd;
    const shift = end <= from ? 0 : start >= newEnd ? delta : null;
    if (shift === null) return null;
    const node = this.#find(kind, start + shift, end + shift);
    if (!node || this.#errors.some((error) => error.start <= end + shift && error.end >= start + shift)) return null;
    for (const error of this.#strict) {
      if (error.start >= start + shift && error.end <= end + shift) {
        strict.push({ start: error.start - shift, end: error.end - shift, kind: error.kind });
      }
    }
    return node;
  }

  #find(kind: Node["kind"], start: number, end: number): Node | null {
    const way = this.#way;
    let top = way[way.length - 1];
    while (top && way.length > 1 && !(top.start <= start && top.start + top.node.length >= end)) {
      way.pop();
      top = way[way.length - 1];
    }
    // Up to the outermost node with just this range, as several may share it.
    while (top && way.length > 1 && top.start === start && top.start + top.node.length === end) {
      way.pop();
      top = way[way.length - 1];
    }
    while (top) {
      if (top.start === start && top.node.length === end - start && top.node.kind === kind) return top.node;
      top.children ??= childrenOf(top.node);
      const child = childAt(top.children, start - top.start, end - top.start);
      if (!child) return null;
      top = { node: child, start: top.start + child.offset, children: null };
      way.push(top);
    }
    return null;
  }
}

/** The child that holds [start, end), by bisection: children stand in order and do not overlap. */
function childAt(children: readonly Node[], start: number, end: number): Node | null {
  let low = 0;
  let high = children.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const child = children[middle] as Node;
    if (child.offset + child.length < end) low = middle + 1;
    else if (child.offset > start) high = middle - 1;
    else return child;
  }
  return null;
}
