import { type Node, type Root, replaceNode } from "../syntax/ast.ts";
import { childrenOf } from "../syntax/children.ts";
import { type DependencySet, Token } from "./dependencies.ts";

/**
 * Syntax is depended on in units: a file's body and every value of a binding, each without the units inside it. A value
 * that is a literal set is no unit but part of what surrounds it, because Nix merges such sets by syntax alone. The value
 * of a unit is only ever reached through a thunk, and the way to an inner unit leads through the outer one.
 */
const tokensOf = new WeakMap<Node, Token>();

/** What stands for the unit that this expression is; null when it is part of another. */
export function unitOf(node: Node): DependencySet | null {
  const inner = withoutParentheses(node);
  return isUnit(inner) ? bodyOf(inner) : null;
}

/** What stands for an expression as a unit, such as the body of a file. */
export function bodyOf(node: Node): DependencySet {
  let token = tokensOf.get(node);
  if (!token) {
    token = new Token();
    tokensOf.set(node, token);
  }
  return token.alone;
}

/**
 * Tells what an edit changed: `after` is the tree of the new text, in which untouched nodes of `before` are the same
 * objects. Units that mean the same keep their token, the others' die. A node that was parsed anew as what it was stands,
 * from now on, where its successor stands: values made before the edit keep telling true places.
 */
export function succeed(before: Root, after: Root): void {
  const pairs: [Node, Node][] = [[before.body, after.body]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [old, now] = pair;
    if (old === now) continue;
    const inner: [Node, Node][] = [];
    const successors: [Node, Node][] = [];
    const token = tokensOf.get(old);
    if (same(old, now, true, inner, successors)) {
      if (token) tokensOf.set(now, token);
      for (const [from, to] of successors) replaceNode(from, to);
      pairs.push(...inner);
    } else if (token) {
      token.expire();
    }
  }
}

function isUnit(node: Node): boolean {
  if (node.kind === "attrs") return false;
  let parent = node.parent;
  while (parent?.kind === "parenthesized") parent = parent.parent;
  return parent?.kind === "binding";
}

function withoutParentheses(node: Node): Node {
  let at: Node = node;
  while (at.kind === "parenthesized") at = at.body;
  return at;
}

/** Compares two units, the units inside left out: those are added to `inner`. */
function same(a: Node, b: Node, top: boolean, inner: [Node, Node][], successors: [Node, Node][]): boolean {
  if (a === b) return true;
  if (!top && isValueOfBinding(b)) {
    const units: [Node, Node] = [withoutParentheses(a), withoutParentheses(b)];
    const [old, now] = units;
    if ((old.kind === "attrs") !== (now.kind === "attrs")) return false;
    if (now.kind !== "attrs") {
      inner.push(units);
      return true;
    }
  }
  if (a.kind !== b.kind || !sameWords(a, b)) return false;
  const left = childrenOf(a);
  const right = childrenOf(b);
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) {
    if (!same(left[i] as Node, right[i] as Node, false, inner, successors)) return false;
  }
  successors.push([a, b]);
  return true;
}

function isValueOfBinding(node: Node): boolean {
  return node.parent?.kind === "binding" && node.parent.value === node;
}

/** What a node says itself, its children left out. */
function sameWords(a: Node, b: Node): boolean {
  switch (a.kind) {
    case "integer":
    case "float":
      return a.text === (b as typeof a).text;
    case "text":
      return a.value === (b as typeof a).value;
    case "identifier":
    case "variable":
      return a.name === (b as typeof a).name;
    case "string":
    case "path":
      return a.style === (b as typeof a).style;
    case "attrs":
      return a.recursive === (b as typeof a).recursive;
    case "let":
      return (a.body === null) === ((b as typeof a).body === null);
    case "inherit":
      return (a.from === null) === ((b as typeof a).from === null);
    case "lambda": {
      const other = b as typeof a;
      return (a.argument === null) === (other.argument === null) && (a.formals === null) === (other.formals === null);
    }
    case "formals":
      return a.ellipsis === (b as typeof a).ellipsis;
    case "formal":
      return (a.fallback === null) === ((b as typeof a).fallback === null);
    case "select":
      return (
        (a.fallback === null) === ((b as typeof a).fallback === null) && a.path.length === (b as typeof a).path.length
      );
    case "unary":
    case "binary":
      return a.operator === (b as typeof a).operator;
    default:
      return true;
  }
}
