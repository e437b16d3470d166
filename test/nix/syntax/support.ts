import { fileURLToPath } from "node:url";
import { loadParser } from "../../../server/src/grammar/files.ts";
import type { Node } from "../../../server/src/nix/syntax/ast.ts";
import { childrenOf } from "../../../server/src/nix/syntax/children.ts";

export const here = fileURLToPath(new URL(".", import.meta.url));
export const parser = await loadParser(here);
export const parse = (text: string) => parser.parse("/test.nix", text);

/** The tree as one line: what a table of expectations can hold. `sorted`: without the order of bindings and arguments. */
export function show(node: Node, sorted = false): string {
  const one = (child: Node) => show(child, sorted);
  const all = (nodes: readonly Node[]) => nodes.map(one).join(" ");
  const set = (nodes: readonly Node[]) => (sorted ? nodes.map(one).sort().join(" ") : all(nodes));
  switch (node.kind) {
    case "root":
      return one(node.body);
    case "integer":
    case "float":
      return node.text;
    case "text":
      return JSON.stringify(node.value);
    case "interpolation":
      return `\${${one(node.body)}}`;
    case "identifier":
      return `'${node.name}`;
    case "variable":
      return node.name;
    case "hole":
      return "_";
    case "string":
    case "path":
      return `(${node.kind}:${node.style}${node.parts.map((part) => ` ${one(part)}`).join("")})`;
    case "list":
      return `[${all(node.elements)}]`;
    case "attrs":
      return `${node.recursive ? "rec" : ""}{${set(node.bindings)}}`;
    case "let":
      return `(let {${set(node.bindings)}} ${node.body ? one(node.body) : "-"})`;
    case "binding":
      return `(${node.path.map(one).join(".")} = ${one(node.value)})`;
    case "inherit":
      return `(inherit${node.from ? ` (${one(node.from)})` : ""}${node.names.map((name) => ` ${one(name)}`).join("")})`;
    case "lambda":
      return `(λ ${node.argument ? one(node.argument) : "-"} ${node.formals ? one(node.formals) : "-"} ${one(node.body)})`;
    case "formals":
      return `{${set(node.list)}${node.ellipsis ? " ..." : ""}}`;
    case "formal":
      return node.fallback ? `(${one(node.name)} ? ${one(node.fallback)})` : one(node.name);
    case "select":
      return `(select ${one(node.subject)} ${node.path.map(one).join(".")}${node.fallback ? ` ${one(node.fallback)}` : ""})`;
    case "has":
      return `(has ${one(node.subject)} ${node.path.map(one).join(".")})`;
    case "unary":
      return `(${node.operator} ${one(node.operand)})`;
    case "binary":
      return `(${node.operator} ${one(node.left)} ${one(node.right)})`;
    default:
      return `(${node.kind} ${all(childrenOf(node))})`;
  }
}

/** The whole tree as data, with places, for comparing two trees; checks the pointers to parents on the way. */
export function snapshot(node: Node): unknown {
  const { parent: _, ...rest } = node;
  const plain: Record<string, unknown> = { ...rest };
  for (const [key, value] of Object.entries(rest)) {
    if (Array.isArray(value)) plain[key] = value.map((child) => child as Node).map((child) => under(node, child));
    else if (typeof value === "object" && value !== null) plain[key] = under(node, value as Node);
  }
  return plain;
}

function under(parent: Node, child: Node): unknown {
  if (child.parent !== parent) throw new Error(`a ${child.kind} does not know its parent, a ${parent.kind}`);
  return snapshot(child);
}
