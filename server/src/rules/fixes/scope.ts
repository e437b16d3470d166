import type { TextEdit } from "../../base/edit.ts";
import { type AttributeSet, type Lambda, type Node, spanOf } from "../../nix/syntax/ast.ts";
import type { SyntaxTree } from "../../nix/syntax/tree.ts";
import { ancestorsOf, descendantsOf, staticName } from "../../nix/syntax/views.ts";
import { insertion } from "./insert.ts";

/** How a module's own argument (`config`, `pkgs` …) can be had at some place. */
export interface Argument {
  /** The expression that gives it. */
  readonly expression: string;
  /** What has to be added to the module's head; empty when it is there already. */
  readonly edits: readonly TextEdit[];
}

/**
 * The way to an argument of the module whose attribute set is `module`, for use at `at` inside of it. Null when the name
 * means something else there or cannot be added without changing what other code in the module means.
 */
export function moduleArgument(tree: SyntaxTree, module: AttributeSet, at: Node, name: string): Argument | null {
  return moduleArguments(tree, module, at, [name])?.[0] ?? null;
}

/** The same for several arguments at once; all their edits go together. Null when one of them cannot be had. */
export function moduleArguments(
  tree: SyntaxTree,
  module: AttributeSet,
  at: Node,
  names: readonly string[],
): readonly Argument[] | null {
  const head = moduleHead(module);
  if (head) {
    const found = names.map((name) => ofHead(tree, head, at, name));
    return found.every((each) => each !== null) ? found : null;
  }
  if (names.some((name) => isBoundBetween(at, module, name))) return null;
  const edits = wrapped(tree, module, names);
  return edits && names.map((expression, index) => ({ expression, edits: index === 0 ? edits : [] }));
}

function ofHead(tree: SyntaxTree, head: Lambda, at: Node, name: string): Argument | null {
  if (isBoundBetween(at, head, name)) return null;
  if (head.formals?.list.some((formal) => formal.name.name === name)) return { expression: name, edits: [] };
  if (head.argument) return { expression: `${head.argument.name}.${name}`, edits: [] };
  if (!head.formals?.ellipsis || (uses(head.body, name) && resolve(head, name) !== null)) return null;
  return { expression: name, edits: [withFormal(tree, head, name)] };
}

/** The function that the module is: `{ config, ... }: { … }`, with `let`, `with` and `assert` in between; null for a bare set. */
export function moduleHead(module: AttributeSet): Lambda | null {
  let child: Node = module;
  for (const parent of ancestorsOf(module)) {
    switch (parent.kind) {
      case "lambda":
        return parent;
      case "parenthesized":
        break;
      case "assert":
      case "let":
      case "with":
        if (parent.body !== child) return null;
        break;
      case "apply":
        if (parent.argument !== child) return null;
        break;
      case "binding": {
        // `{ … }: { config = { … }; }`: the head is that of the set around.
        const only = parent.path[0];
        if (parent.path.length !== 1 || !only || staticName(only) !== "config") return null;
        return parent.parent?.kind === "attrs" ? moduleHead(parent.parent) : null;
      }
      default:
        return null;
    }
    child = parent;
  }
  return null;
}

/** What gives `name` its meaning at `at`: a function, `let` or `rec` set; null when nothing does, or only a `with`. */
export function resolve(at: Node, name: string): Node | null {
  for (const node of ancestorsOf(at)) if (bindsName(node, name)) return node;
  return null;
}

/** Names that an expression takes from around it, with `at` as the place where it stands. */
export function freeNames(expression: Node): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of descendantsOf(expression)) {
    if (node.kind !== "variable") continue;
    let inside = false;
    for (const around of ancestorsOf(node)) {
      if (bindsName(around, node.name)) inside = true;
      if (around === expression || inside) break;
    }
    if (!inside) names.add(node.name);
  }
  return names;
}

function bindsName(node: Node, name: string): boolean {
  if (node.kind === "lambda") {
    return node.argument?.name === name || node.formals?.list.some((formal) => formal.name.name === name) === true;
  }
  if (node.kind !== "let" && !(node.kind === "attrs" && node.recursive)) return false;
  return node.bindings.some((binding) =>
    binding.kind === "inherit"
      ? binding.names.some((each) => staticName(each) === name)
      : binding.path[0] !== undefined && staticName(binding.path[0]) === name,
  );
}

/** Whether something inside of `outermost` gives the name another meaning at `at`. */
function isBoundBetween(at: Node, outermost: Node, name: string): boolean {
  for (let node: Node | null = at; node && node !== outermost; node = node.parent) {
    if (bindsName(node, name)) return true;
  }
  return false;
}

/** A bare set, with the `let` and `with` around it, becomes a function, unless its code uses a name for something else. */
function wrapped(tree: SyntaxTree, module: AttributeSet, names: readonly string[]): readonly TextEdit[] | null {
  let whole: Node = module;
  for (let at: Node | null = module.parent; at; at = at.parent) {
    if ((at.kind !== "let" && at.kind !== "with" && at.kind !== "assert") || at.body !== whole) break;
    whole = at;
  }
  if (names.some((name) => uses(whole, name))) return null;
  const { start, end } = spanOf(whole);
  const head = `{ ${names.join(", ")}, ... }: `;
  const { parent } = whole;
  switch (parent?.kind) {
    case "root":
    case "parenthesized":
      return [insertion(tree, start, head)];
    case "list":
      return [insertion(tree, start, `(${head}`), insertion(tree, end, ")")];
    case "binding": {
      // `microvm.vms.web.config = { … };` takes a module; other attributes may not.
      const last = parent.path.at(-1);
      const takesModule = last !== undefined && staticName(last) === "config" && parent.path.length > 1;
      return takesModule ? [insertion(tree, start, head)] : null;
    }
    default:
      return null;
  }
}

function uses(node: Node, name: string): boolean {
  for (const each of descendantsOf(node)) {
    if (each.kind === "variable" && each.name === name) return true;
    if (each.kind === "inherit" && each.from === null && each.names.some((one) => staticName(one) === name))
      return true;
  }
  return false;
}

function withFormal(tree: SyntaxTree, lambda: Lambda, name: string): TextEdit {
  const { formals } = lambda;
  const first = formals?.list[0];
  if (first) {
    const { start } = spanOf(first);
    // One name on a line: the new one gets a line too.
    const before = /\n([\t ]*)(,[\t ]*)?$/.exec(tree.text.slice(0, start));
    if (before && before[2] === undefined) return insertion(tree, start, `${name},\n${before[1]}`);
    if (before) return insertion(tree, start, `${name}\n${before[1]}${before[2]}`);
    return insertion(tree, start, `${name}, `);
  }
  // `{...}` and `{ ... }` keep their blanks; the name goes before the dots.
  const { text } = tree;
  const dots = text.indexOf("...", text.indexOf("{", spanOf(formals ?? lambda).start));
  const own = /\n[\t ]*$/.exec(text.slice(0, dots));
  return insertion(tree, dots, own ? `${name},${own[0]}` : `${name}, `);
}
