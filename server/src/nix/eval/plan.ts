import type {
  AttributeName,
  AttributeSet,
  Binding,
  Expression,
  Interpolation,
  Let,
  Node,
  StringLiteral,
} from "../syntax/ast.ts";

/**
 * What a set (or `let`) defines, after Nix's merging of attribute paths: `{ a.b = 1; a = { c = 2; }; }` is one set with
 * one `a`. This is a matter of syntax alone, so it is worked out once per node.
 */
export interface Plan {
  readonly recursive: boolean;
  readonly statics: ReadonlyMap<string, Entry>;
  readonly dynamics: readonly Dynamic[];
}

export type Entry =
  | { readonly kind: "value"; readonly value: Expression; readonly at: Node }
  /** A set put together from several bindings. */
  | { readonly kind: "set"; readonly plan: Plan; readonly at: Node }
  | { readonly kind: "inherit"; readonly name: string; readonly at: Node }
  /** `inherit (from) name`; the same `source` object for all names of one `inherit`. */
  | {
      readonly kind: "inherit-from";
      readonly source: { readonly from: Expression };
      readonly name: string;
      readonly at: Node;
    }
  /** Defined twice: Nix refuses the file; we only lose this one attribute. */
  | { readonly kind: "duplicate"; readonly name: string; readonly at: Node }
  /** `inherit ${…}` of a name that has to be computed: Nix refuses the file. */
  | { readonly kind: "refused"; readonly at: Node };

export interface Dynamic {
  readonly name: Interpolation | StringLiteral;
  readonly entry: Entry;
}

/** The plan of a set or a `let`; remembered per node, which is safe because it depends on nothing outside the node. */
export function planOf(node: AttributeSet | Let): Plan {
  let plan = plans.get(node);
  if (!plan) {
    plan = build(node.bindings, node.kind === "let" || node.recursive);
    plans.set(node, plan);
  }
  return plan;
}

/** The name that an attribute name has whatever is evaluated; null when it is computed. */
export function staticName(name: AttributeName): string | null {
  if (name.kind === "identifier") return name.name;
  const literal = name.kind === "string" ? name : withoutParentheses(name.body);
  return literal.kind === "string" ? constantText(literal) : null;
}

/** The text of a string without interpolations, else null. */
export function constantText(literal: StringLiteral): string | null {
  let text = "";
  for (const part of literal.parts) {
    if (part.kind !== "text") return null;
    text += part.value;
  }
  return text;
}

export function withoutParentheses(node: Expression): Expression {
  let at = node;
  while (at.kind === "parenthesized") at = at.body;
  return at;
}

const plans = new WeakMap<Node, Plan>();

interface Growing extends Plan {
  readonly statics: Map<string, Entry>;
  readonly dynamics: Dynamic[];
}

function build(bindings: readonly Binding[], recursive: boolean): Growing {
  const plan = empty(recursive);
  for (const binding of bindings) {
    if (binding.kind === "binding") {
      addPath(plan, binding.path, { kind: "value", value: binding.value, at: binding });
      continue;
    }
    const source = binding.from && { from: binding.from };
    for (const nameNode of binding.names) {
      const name = staticName(nameNode);
      if (name === null) {
        if (nameNode.kind !== "identifier")
          plan.dynamics.push({ name: nameNode, entry: { kind: "refused", at: nameNode } });
        continue;
      }
      const entry: Entry = source
        ? { kind: "inherit-from", source, name, at: nameNode }
        : { kind: "inherit", name, at: nameNode };
      plan.statics.set(name, plan.statics.has(name) ? { kind: "duplicate", name, at: nameNode } : entry);
    }
  }
  return plan;
}

function empty(recursive: boolean): Growing {
  return { recursive, statics: new Map(), dynamics: [] };
}

function addPath(start: Growing, path: readonly AttributeName[], entry: Entry): void {
  let plan = start;
  for (const [index, part] of path.entries()) {
    const last = index === path.length - 1;
    const name = staticName(part);
    if (name === null) {
      const nested = empty(false);
      const dynamic = part as Interpolation | StringLiteral;
      plan.dynamics.push({ name: dynamic, entry: last ? entry : { kind: "set", plan: nested, at: entry.at } });
      plan = nested;
    } else if (last) addEntry(plan, name, entry);
    else {
      const inner = descend(plan, name, entry.at);
      if (!inner) return;
      plan = inner;
    }
  }
}

/** The set that `name` stands for so far, made if need be; null when `name` is something else. */
function descend(plan: Growing, name: string, at: Node): Growing | null {
  const existing = plan.statics.get(name);
  if (!existing) {
    const nested = empty(false);
    plan.statics.set(name, { kind: "set", plan: nested, at });
    return nested;
  }
  const set = asSet(existing);
  if (!set) {
    plan.statics.set(name, { kind: "duplicate", name, at });
    return null;
  }
  plan.statics.set(name, { kind: "set", plan: set, at: existing.at });
  return set;
}

function addEntry(plan: Growing, name: string, entry: Entry): void {
  const existing = plan.statics.get(name);
  if (!existing) {
    plan.statics.set(name, entry);
    return;
  }
  const target = asSet(existing);
  const added = asSet(entry);
  if (!target || !added) {
    plan.statics.set(name, { kind: "duplicate", name, at: entry.at });
    return;
  }
  // The set that stands first decides whether the whole is recursive, as in Nix.
  for (const [inner, value] of added.statics) addEntry(target, inner, value);
  target.dynamics.push(...added.dynamics);
  plan.statics.set(name, { kind: "set", plan: target, at: existing.at });
}

/** The entry as a set that can still grow: our own, or a fresh plan of a literal set. */
function asSet(entry: Entry): Growing | null {
  if (entry.kind === "set") return entry.plan as Growing;
  if (entry.kind !== "value") return null;
  const literal = withoutParentheses(entry.value);
  return literal.kind === "attrs" ? build(literal.bindings, literal.recursive) : null;
}
