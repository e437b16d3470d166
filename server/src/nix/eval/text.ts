import type { Node, PathLiteral, StringLiteral } from "../syntax/ast.ts";
import type { Machine } from "./lambda.ts";
import { literal } from "./literals.ts";
import { originAt, path, string, unknown, unsupported, wrongType } from "./make.ts";
import { coerceToString, concatStrings, mapUndecided, normalisePath, parentPath, pass, resolvePath } from "./ops.ts";
import { constantText } from "./plan.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** `"…"` and `''…''`. */
export function evaluateString(machine: Machine, node: StringLiteral, scope: Scope): Value {
  if (constantText(node) !== null) return literal(node).force();
  const parts: Value[] = [];
  for (const part of node.parts) {
    if (part.kind === "text" && part.value.includes("\0")) return unknown({ reason: "syntax-error" }, part);
    parts.push(
      part.kind === "text" ? string(part.value, originAt(part, "literal")) : machine.evaluate(part.body, scope),
    );
  }
  return concatStrings(parts, "interpolation", node);
}

/** Path literals: relative ones start at the folder of the file in which they stand. */
export function evaluatePath(machine: Machine, node: PathLiteral, scope: Scope): Value {
  if (node.style === "search")
    return unknown({ reason: "external", what: `<${partsText(node)}>` }, node, { type: "path" });
  if (node.style === "home") return unknown({ reason: "external", what: "home directory" }, node, { type: "path" });
  const first = node.parts[0];
  const start = first?.kind === "text" ? first.value : "";
  const last = node.parts.at(-1);
  if (last?.kind === "text" && last.value.endsWith("/") && node.parts.length + last.value.length > 2)
    return unknown({ reason: "syntax-error" }, node);
  const root = rootFile(node);
  if (root === null) return unsupported("path without a file", node, { type: "path" });
  let text = resolvePath(parentPath(root), start);
  if (node.parts.length <= 1) return path(text, originAt(node, "literal"));
  // Nix keeps the slash before an interpolation.
  if (start.endsWith("/") && !text.endsWith("/")) text += "/";
  const rest = node.parts
    .slice(1)
    .map((part) =>
      part.kind === "text"
        ? string(part.value, originAt(part, "literal"))
        : coerceToString(machine.evaluate(part.body, scope), "plain", part),
    );
  const whole = concatStrings([string(text, originAt(node, "literal")), ...rest], "plain", node);
  return mapUndecided(
    whole,
    (v) => {
      if (v.type === "string") return path(normalisePath(v.value), originAt(node, "operator", [v.origin]));
      return v.type === "unknown" ? pass(v, "path", node, { type: "path" }) : wrongType("string", v.type, node);
    },
    node,
  );
}

function partsText(node: PathLiteral): string {
  return node.parts.map((part) => (part.kind === "text" ? part.value : "…")).join("");
}

/** The file in which a node stands; null for text of ours. */
function rootFile(node: Node): string | null {
  let at: Node = node;
  while (at.parent) at = at.parent;
  return at.kind === "root" && at.file.startsWith("/") ? at.file : null;
}
