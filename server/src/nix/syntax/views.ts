import {
  type AttributeBinding,
  type AttributeName,
  type AttributeSet,
  type Expression,
  type Inherit,
  type Let,
  type Node,
  type StringLiteral,
  spanOf,
} from "./ast.ts";
import { childrenOf } from "./children.ts";
import type { SyntaxTree } from "./tree.ts";

/**
 * The innermost node at an offset, and those around it, innermost first. Between two nodes that touch, the one that
 * begins there counts; at the very end of a node, that node does (the cursor stands behind what was just typed).
 */
export function nodeAt(tree: SyntaxTree, offset: number): { readonly node: Node; readonly ancestors: readonly Node[] } {
  const ancestors: Node[] = [];
  let node: Node = tree.root;
  let start = 0;
  for (;;) {
    const inside: Node | undefined = childAt(childrenOf(node), offset - start);
    if (!inside) return { node, ancestors };
    ancestors.unshift(node);
    start += inside.offset;
    node = inside;
  }
}

function childAt(children: readonly Node[], offset: number): Node | undefined {
  let touching: Node | undefined;
  for (const child of children) {
    if (child.offset > offset) break;
    const end = child.offset + child.length;
    if (offset < end || (child.offset === offset && child.length === 0)) return child;
    if (offset === end) touching = child;
  }
  return touching;
}

/** The nodes around `node`, innermost first; without the node itself. */
export function* ancestorsOf(node: Node): Generator<Node> {
  for (let at = node.parent; at; at = at.parent) yield at;
}

/** `node` and all below it, in the order of the text. Does not recurse: trees may be deep. */
export function* descendantsOf(node: Node): Generator<Node> {
  const open: Node[] = [node];
  for (let at = open.pop(); at; at = open.pop()) {
    yield at;
    const children = childrenOf(at);
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i] as Node);
  }
}

/** The nearest binding around `node` (or itself), whose value or path it is part of. */
export function enclosingBinding(node: Node): AttributeBinding | Inherit | null {
  for (let at: Node | null = node; at; at = at.parent) {
    if (at.kind === "binding" || at.kind === "inherit") return at;
  }
  return null;
}

/** The attribute set or `let` that holds the binding. */
export function scopeOf(binding: AttributeBinding | Inherit): AttributeSet | Let | null {
  const { parent } = binding;
  return parent?.kind === "attrs" || parent?.kind === "let" ? parent : null;
}

/** What the name says when nothing has to be computed for it, as Nix sees it: also `"a"` and `${"a"}`; else null. */
export function staticName(name: AttributeName): string | null {
  if (name.kind === "identifier") return name.name;
  if (name.kind === "string") return literalText(name);
  const body = withoutParentheses(name.body);
  return body.kind === "string" ? literalText(body) : null;
}

/** The names of a path, or null when one of them has to be computed. */
export function staticPath(path: readonly AttributeName[]): readonly string[] | null {
  const names: string[] = [];
  for (const part of path) {
    const name = staticName(part);
    if (name === null) return null;
    names.push(name);
  }
  return names;
}

/** The text of a string without interpolations; null when it has any. */
export function literalText(node: StringLiteral): string | null {
  let text = "";
  for (const part of node.parts) {
    if (part.kind !== "text") return null;
    text += part.value;
  }
  return text;
}

/** The expression inside any number of parentheses. */
export function withoutParentheses(node: Expression): Expression {
  let at = node;
  while (at.kind === "parenthesized") at = at.body;
  return at;
}

/** The path as Nix code: names that are no identifiers are quoted, computed ones are as they are written in the tree. */
export function attributePathText(path: readonly AttributeName[], text: string): string {
  return path
    .map((part) => {
      const name = staticName(part);
      if (name !== null) return attributeNameText(name);
      const { start, end } = spanOf(part);
      return text.slice(start, end);
    })
    .join(".");
}

/** A name as it must be written in an attribute path. */
export function attributeNameText(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_'-]*$/.test(name) && !keywords.has(name) ? name : stringText(name);
}

const keywords: ReadonlySet<string> = new Set([
  ...["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"],
]);

/** A string literal `"…"` that says `value`. */
export function stringText(value: string): string {
  const escapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return `"${value.replace(/["\\\n\r\t]|\$(?=\{)/g, (c) => escapes[c] ?? `\\${c}`)}"`;
}

/** The binding in `bindings` that is written with exactly this path. */
export function bindingNamed(
  bindings: readonly (AttributeBinding | Inherit)[],
  path: readonly string[],
): AttributeBinding | null {
  for (const binding of bindings) {
    if (binding.kind !== "binding" || binding.path.length !== path.length) continue;
    const names = staticPath(binding.path);
    if (names?.every((name, i) => name === path[i])) return binding;
  }
  return null;
}
