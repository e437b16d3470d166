import type { Binary, Unary } from "../syntax/ast.ts";
import type { Machine } from "./lambda.ts";
import { unsupported } from "./make.ts";
import {
  add,
  and,
  concatLists,
  divide,
  equals,
  implies,
  isError,
  lessThan,
  multiply,
  negate,
  not,
  or,
  pass,
  subtract,
  updateAttributes,
} from "./ops.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** `!a` and `-a`. */
export function evaluateUnary(machine: Machine, node: Unary, scope: Scope): Value {
  const operand = machine.evaluate(node.operand, scope);
  return node.operator === "!" ? not(operand, node) : negate(operand, node);
}

/** The operators with two sides, except for pipes, which are calls. */
export function evaluateBinary(machine: Machine, node: Binary, scope: Scope): Value {
  if (node.operator === ">" || node.operator === "<=") return greater(machine, node, scope);
  const left = machine.evaluate(node.left, scope);
  switch (node.operator) {
    case "&&":
      return left.type === "boolean" && left.value
        ? ensureBoolean(machine.evaluate(node.right, scope), left, node)
        : and(left, () => machine.evaluate(node.right, scope), node);
    case "||":
      return left.type === "boolean" && !left.value
        ? ensureBoolean(machine.evaluate(node.right, scope), left, node)
        : or(left, () => machine.evaluate(node.right, scope), node);
    case "->":
      return implies(left, () => machine.evaluate(node.right, scope), node);
    default:
  }
  if (left.type === "unknown" && isError(left)) return pass(left, node.operator, node);
  return operate(node, left, machine.evaluate(node.right, scope));
}

/** `a > b` is `b < a` to Nix, which also evaluates `b` first. */
function greater(machine: Machine, node: Binary, scope: Scope): Value {
  const right = machine.evaluate(node.right, scope);
  if (right.type === "unknown" && isError(right)) return pass(right, "<", node);
  const result = lessThan(right, machine.evaluate(node.left, scope), node);
  return node.operator === ">" ? result : not(result, node);
}

/** The right side of `&&` and `||` when it alone decides. */
function ensureBoolean(right: Value, left: Value, node: Binary): Value {
  if (right.type === "boolean") return right;
  return node.operator === "&&" ? and(left, () => right, node) : or(left, () => right, node);
}

/** The operators that need both sides. */
function operate(node: Binary, left: Value, right: Value): Value {
  switch (node.operator) {
    case "+":
      return add(left, right, node);
    case "-":
      return subtract(left, right, node);
    case "*":
      return multiply(left, right, node);
    case "/":
      return divide(left, right, node);
    case "++":
      return concatLists(left, right, node);
    case "//":
      return updateAttributes(left, right, node);
    case "==":
      return equals(left, right, node);
    case "!=":
      return not(equals(left, right, node), node);
    case "<":
      return lessThan(left, right, node);
    case ">=":
      return not(lessThan(left, right, node), node);
    default:
      return unsupported(`operator ${node.operator}`, node);
  }
}
