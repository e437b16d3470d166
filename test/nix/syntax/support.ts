import { fileURLToPath } from "node:url";
import { loadParser } from "../../../server/src/grammar-files.ts";
import type { Node } from "../../../server/src/nix/syntax/ast.ts";
import { childrenOf } from "../../../server/src/nix/syntax/children.ts";

export const here = fileURLToPath(new URL(".", import.meta.url));
export const parser = await loadParser(here);
export const parse = (text: string) => parser.parse("/test.nix", text);

/** The tree as one line: what a table of expectations can hold. */
export function show(node: Node): string {
  const all = (nodes: readonly Node[]) => nodes.map(show).join(" ");
  switch (node.kind) {
    case "root":
      return show(node.body);
    case "integer":
    case "float":
      return node.text;
    case "text":
      return JSON.stringify(node.value);
    case "interpolation":
      return `\${${show(node.body)}}`;
    case "identifier":
      return `'${node.name}`;
    case "variable":
      return node.name;
    case "hole":
      return "_";
    case "string":
    case "path":
      return `(${node.kind}:${node.style}${node.parts.map((part) => ` ${show(part)}`).join("")})`;
    case "list":
      return `[${all(node.elements)}]`;
    case "attrs":
      return `${node.recursive ? "rec" : ""}{${all(node.bindings)}}`;
    case "let":
      return `(let {${all(node.bindings)}} ${node.body ? show(node.body) : "-"})`;
    case "binding":
      return `(${node.path.map(show).join(".")} = ${show(node.value)})`;
    case "inherit":
      return `(inherit${node.from ? ` (${show(node.from)})` : ""}${node.names.map((name) => ` ${show(name)}`).join("")})`;
    case "lambda":
      return `(λ ${node.argument ? show(node.argument) : "-"} ${node.formals ? show(node.formals) : "-"} ${show(node.body)})`;
    case "formals":
      return `{${all(node.list)}${node.ellipsis ? " ..." : ""}}`;
    case "formal":
      return node.fallback ? `(${show(node.name)} ? ${show(node.fallback)})` : show(node.name);
    case "select":
      return `(select ${show(node.subject)} ${node.path.map(show).join(".")}${node.fallback ? ` ${show(node.fallback)}` : ""})`;
    case "has":
      return `(has ${show(node.subject)} ${node.path.map(show).join(".")})`;
    case "unary":
      return `(${node.operator} ${show(node.operand)})`;
    case "binary":
      return `(${node.operator} ${show(node.left)} ${show(node.right)})`;
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
