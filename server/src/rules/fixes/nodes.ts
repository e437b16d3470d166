import type { Place } from "../../nix/eval/value.ts";
import type { Node } from "../../nix/syntax/ast.ts";
import { staticName } from "../../nix/syntax/views.ts";
/** The place as a syntax node, when it is one. */
export function nodeOf(place: Place): Node | null {
  return place !== null && "kind" in place ? place : null;
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
