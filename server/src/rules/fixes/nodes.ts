import type { Place } from "../../nix/eval/value.ts";
import type { AttributeBinding, AttributeName, AttributeSet, Node } from "../../nix/syntax/ast.ts";
import { childrenOf } from "../../nix/syntax/children.ts";

/** The place as a syntax node, when it is one. */
export function nodeOf(place: Place): Node | null {
  return place !== null && "kind" in place ? place : null;
}

/** A name of an attribute path where it is written out: `a` or `"a"`. */
export function staticName(name: AttributeName): string | null {
  if (name.kind === "identifier") return name.name;
  if (name.kind !== "string") return null;
  if (name.parts.length === 0) return "";
  const only = name.parts[0];
  return name.parts.length === 1 && only?.kind === "text" ? only.value : null;
}

/** The attribute path as written, or null when a part of it is computed. */
export function staticPath(path: readonly AttributeName[]): readonly string[] | null {
  const names = path.map(staticName);
  return names.every((name): name is string => name !== null) ? names : null;
}

/** The binding of `path` in one attribute set, written in one piece (`a.b = …`). */
export function bindingOf(attrs: AttributeSet, path: readonly string[]): AttributeBinding | null {
  for (const binding of attrs.bindings) {
    if (binding.kind !== "binding") continue;
    const names = staticPath(binding.path);
    if (names && names.length === path.length && names.every((name, index) => name === path[index])) return binding;
  }
  return null;
}

/** Every node below and including `node`, outermost first. */
export function* descendants(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* descendants(child);
}

/** The nodes above `node`, innermost first. */
export function* ancestors(node: Node): Generator<Node> {
  for (let at = node.parent; at; at = at.parent) yield at;
}

/** The root of the tree that holds the node. */
export function rootOf(node: Node): Node {
  let at = node;
  while (at.parent) at = at.parent;
  return at;
}

/**
 * Whether `node` is all that `binding` is given: directly, in parentheses, or as the argument of a function that only
 * sets a priority (`lib.mkDefault 512`).
 */
export function isWholeValue(node: Node, binding: Node): boolean {
  if (binding.kind !== "binding") return false;
  let at = node;
  while (at.parent && at.parent !== binding) {
    const parent: Node = at.parent;
    const passes =
      parent.kind === "parenthesized" ||
      (parent.kind === "apply" && parent.argument === at && setsPriority(parent.callee));
    if (!passes) return false;
    at = parent;
  }
  return at.parent === binding && binding.value === at;
}

function setsPriority(callee: Node): boolean {
  const names = new Set(["mkDefault", "mkForce", "mkVMOverride", "mkOptionDefault"]);
  if (callee.kind === "variable") return names.has(callee.name);
  if (callee.kind === "select") {
    const last = callee.path.at(-1);
    return last !== undefined && names.has(staticName(last) ?? "");
  }
  return false;
}
