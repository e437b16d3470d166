import { type AttributeName, type Node, spanOf } from "../../../server/src/nix/syntax/ast.ts";
import { childrenOf } from "../../../server/src/nix/syntax/children.ts";

/**
 * The tree as Nix code with parentheses around every expression, so that real Nix can only read it one way: the way our
 * tree says. Text of strings is left as it stands in the source; what it says is judged elsewhere.
 */
export function print(node: Node, source: string): string {
  const one = (child: Node) => print(child, source);
  const all = (children: readonly Node[], between = " ") => children.map(one).join(between);
  const path = (names: readonly AttributeName[]) => all(names, ".");
  const raw = () => source.slice(spanOf(node).start, spanOf(node).end);
  switch (node.kind) {
    case "root":
    case "parenthesized":
      return one(node.body);
    case "integer":
    case "float":
    case "variable":
    case "identifier":
    case "text":
      return raw();
    case "interpolation":
      return `\${${one(node.body)}}`;
    case "string":
    case "path":
      return pieces(node, source);
    case "list":
      return `[ ${node.elements.map((element) => atom(element, source)).join(" ")} ]`;
    case "attrs":
      return `(${node.recursive ? "rec " : ""}{ ${all(node.bindings)} })`;
    case "let":
      if (!node.body) return `(let { ${all(node.bindings)} })`;
      return `(let ${all(node.bindings)} in ${one(node.body)})`;
    case "binding":
      return `${path(node.path)} = ${one(node.value)};`;
    case "inherit":
      return `inherit ${node.from ? `(${one(node.from)}) ` : ""}${all(node.names)};`;
    case "lambda": {
      const formals = node.formals ? one(node.formals) : null;
      const head = [node.argument?.name, formals].filter((part) => part !== undefined && part !== null).join("@");
      return `(${head}: ${one(node.body)})`;
    }
    case "formals":
      return `{ ${[...node.list.map(one), ...(node.ellipsis ? ["..."] : [])].join(", ")} }`;
    case "formal":
      return node.fallback ? `${node.name.name} ? ${one(node.fallback)}` : node.name.name;
    case "apply":
      if (node.argument.kind === "variable" && node.argument.name === "or") return `(${one(node.callee)} or)`;
      return `(${one(node.callee)} ${atom(node.argument, source)})`;
    case "select":
      return `(${atom(node.subject, source)}.${path(node.path)}${node.fallback ? ` or ${atom(node.fallback, source)}` : ""})`;
    case "has":
      return `(${one(node.subject)} ? ${path(node.path)})`;
    case "unary":
      return `(${node.operator} ${one(node.operand)})`;
    case "binary":
      return `(${one(node.left)} ${node.operator} ${one(node.right)})`;
    case "if":
      return `(if ${one(node.condition)} then ${one(node.consequence)} else ${one(node.alternative)})`;
    case "assert":
      return `(assert ${one(node.condition)}; ${one(node.body)})`;
    case "with":
      return `(with ${one(node.environment)}; ${one(node.body)})`;
    case "hole":
      throw new Error("a tree with holes has no code");
  }
}

/** In parentheses unless it brings its own. */
function atom(node: Node, source: string): string {
  const code = print(node, source);
  return /^[([]/.test(code) ? code : `(${code})`;
}

function pieces(node: Node, source: string): string {
  const { start, end } = spanOf(node);
  let code = "";
  let at = start;
  for (const part of childrenOf(node)) {
    if (part.kind !== "interpolation") continue;
    const span = spanOf(part);
    code += source.slice(at, span.start) + print(part, source);
    at = span.end;
  }
  return code + source.slice(at, end);
}
