import type { Expression, Node } from "../syntax/ast.ts";
import { dependOn } from "./dependencies.ts";
import { fails, float, integer, originAt, string, unknown, unsupported } from "./make.ts";
import { largestInteger } from "./ops.ts";
import { constantText } from "./plan.ts";
import { unitOf } from "./units.ts";
import { Thunk, type Value } from "./value.ts";

/** A literal waits for nothing, but whoever uses it depends on its text. */
class Literal extends Thunk {
  readonly at: Node;
  readonly #literal: Value;

  constructor(node: Expression) {
    super();
    this.at = node;
    this.#literal = literalValue(node);
  }

  override force(): Value {
    const unit = unitOf(this.at);
    if (unit) dependOn(unit);
    return this.#literal;
  }

  override get forced(): boolean {
    return true;
  }

  protected compute(): Value {
    return this.#literal;
  }
}

const literals = new WeakMap<Node, Thunk>();

/** The value of a literal, made once per node: it names the node as its origin, so it stays right when text moves. */
export function literal(node: Expression): Thunk {
  let thunk = literals.get(node);
  if (!thunk) {
    thunk = new Literal(node);
    literals.set(node, thunk);
  }
  return thunk;
}

function literalValue(node: Expression): Value {
  const origin = originAt(node, "literal");
  switch (node.kind) {
    case "integer": {
      const value = BigInt(node.text);
      return value > largestInteger ? fails(`invalid integer '${node.text}'`, node) : integer(value, origin);
    }
    case "float":
      return float(Number(node.text), origin);
    case "string": {
      const text = constantText(node) ?? "";
      return text.includes("\0") ? unknown({ reason: "syntax-error" }, node) : string(text, origin);
    }
    default:
      return unsupported("literal", node);
  }
}
