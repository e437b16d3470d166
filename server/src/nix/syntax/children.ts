import type { Node } from "./ast.ts";

const none: readonly Node[] = [];

/** The nodes directly below `node`, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "integer":
    case "float":
    case "text":
    case "identifier":
    case "variable":
    case "hole":
      return none;
    case "root":
    case "interpolation":
    case "parenthesized":
      return [node.body];
    case "string":
    case "path":
      return node.parts;
    case "list":
      return node.elements;
    case "attrs":
      return node.bindings;
    case "let":
      return node.body ? [...node.bindings, node.body] : node.bindings;
    case "binding":
      return [...node.path, node.value];
    case "inherit":
      return node.from ? [node.from, ...node.names] : node.names;
    case "lambda":
      return lambdaParts(node.argument, node.formals, node.body);
    case "formals":
      return node.list;
    case "formal":
      return node.fallback ? [node.name, node.fallback] : [node.name];
    case "apply":
      return [node.callee, node.argument];
    case "select":
      return node.fallback ? [node.subject, ...node.path, node.fallback] : [node.subject, ...node.path];
    case "has":
      return [node.subject, ...node.path];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "if":
      return [node.condition, node.consequence, node.alternative];
    case "assert":
      return [node.condition, node.body];
    case "with":
      return [node.environment, node.body];
  }
}

/** `args@{ … }:` and `{ … }@args:` differ only in the order. */
function lambdaParts(argument: Node | null, formals: Node | null, body: Node): readonly Node[] {
  if (!argument || !formals) return [(argument ?? formals) as Node, body];
  return argument.offset < formals.offset ? [argument, formals, body] : [formals, argument, body];
}
