import type { TextEdit } from "../../base/edit.ts";
import type { Field, Guest, Volume } from "../../microvm/model.ts";
import { type AttributeBinding, type Node, spanOf } from "../../nix/syntax/ast.ts";
import { descendantsOf, staticName } from "../../nix/syntax/views.ts";
import type { RuleContext, Safety } from "../frame/rule.ts";
import { eachVolume, type Subject } from "../support/finding.ts";
import { bindingPlace } from "../support/places.ts";
import { isWholeValue, nodeOf, rootOf } from "./nodes.ts";

/** An edit that gives a field another value, and whom it concerns. */
export interface Replacement {
  readonly edit: TextEdit;
  /** The node that is replaced. */
  readonly node: Node;
  /** All volumes that take this field from there. */
  readonly users: readonly Subject[];
  /** Names of all guests with a volume that takes this field from there. */
  readonly guests: readonly string[];
  /** `safe`: one volume of one guest, and nothing else, takes its value from there. */
  readonly safety: Safety;
}

/**
 * Where the value of one field of a volume can be replaced by `newText`: the literal or expression that is all of the
 * defining binding; else a literal further away that feeds nothing else in its file; else the whole value of the binding.
 * Null when none of them lies in the workspace.
 */
export function replaceField<T>(
  context: RuleContext,
  subject: Subject,
  pick: (volume: Volume) => Field<T>,
  newText: string,
): Replacement | null {
  const field = pick(subject.volume);
  if (field.state !== "set") return null;
  const literal = nodeOf(field.origin.at);
  const binding = nodeOf(bindingPlace(field));
  if (literal && binding && isWholeValue(literal, binding))
    return at(context, literal, pick, newText, "binding", binding);
  if (literal && isLiteral(literal) && countUses(literal) <= 1)
    return at(context, literal, pick, newText, "origin", literal);
  if (binding?.kind === "binding") {
    const whole = at(context, binding.value, pick, newText, "binding", binding);
    if (whole && whole.guests.length === 1) return whole;
  }
  if (literal && isLiteral(literal)) {
    const far = at(context, literal, pick, newText, "origin", literal);
    return far && { ...far, safety: "review" };
  }
  return null;
}

/**
 * Whether an edit that changes the volumes `users` would reach one that nobody asked to change (it is not in `wanted`) and
 * that has an image: its data would go out of sight, or its declaration would no longer fit.
 */
export function reachesOthers(context: RuleContext, users: readonly Subject[], wanted: readonly Subject[]): boolean {
  const volumes = new Set(wanted.map(({ volume }) => volume));
  return users.some(({ guest, volume }) => !volumes.has(volume) && context.image(guest, volume) !== null);
}

function at<T>(
  context: RuleContext,
  node: Node,
  pick: (volume: Volume) => Field<T>,
  newText: string,
  by: "binding" | "origin",
  identity: Node,
): Replacement | null {
  const span = spanOf(node);
  if (context.tree(span.file) === null) return null;
  const users = eachVolume(context).filter(({ volume }) => {
    const field = pick(volume);
    if (field.state !== "set") return false;
    return (by === "binding" ? field.at : field.origin.at) === identity || field.origin.at === node;
  });
  return {
    edit: { span, newText },
    node,
    users,
    guests: names(users.map(({ guest }) => guest)),
    safety: users.length <= 1 ? "safe" : "review",
  };
}

function names(guests: readonly Guest[]): string[] {
  return [...new Set(guests.map((guest) => guest.name))];
}

function isLiteral(node: Node): boolean {
  return node.kind === "integer" || node.kind === "string" || node.kind === "variable";
}

/** How often the name that a literal is bound to is used in its file; 0 when it is bound to none (a list element). */
function countUses(literal: Node): number {
  const binding = literal.parent;
  if (binding?.kind !== "binding") return 0;
  const name = lastName(binding);
  if (name === null) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (const node of descendantsOf(rootOf(literal))) {
    if (node.kind === "variable" && node.name === name) count++;
    else if ((node.kind === "select" || node.kind === "has") && node.path.some((part) => staticName(part) === name))
      count++;
    else if (node.kind === "inherit" && node.names.some((part) => staticName(part) === name)) count++;
  }
  return count;
}

function lastName(binding: AttributeBinding): string | null {
  const last = binding.path.at(-1);
  return last ? staticName(last) : null;
}
