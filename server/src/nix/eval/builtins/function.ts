import { Superseded } from "../../../base/giving-way.ts";
import { isExhaustion, stack } from "../budget.ts";
import { nowhere } from "../make.ts";
import { overBudget } from "../ops.ts";
import { type FunctionValue, failure, type Place, type Thunk, type Value } from "../value.ts";
import type { Definition, Evaluator } from "./definition.ts";

/** A modelled function as a value: curried, and run when the last argument is there. */
export function functionOf(definition: Definition, evaluator: Evaluator): FunctionValue {
  return new Modelled(definition, evaluator, []);
}

/** Runs a definition with all its arguments. A bug of ours becomes an unknown value; a full stack is left to the caller. */
export function runDefinition(definition: Definition, evaluator: Evaluator, args: readonly Thunk[], at: Place): Value {
  const { depth } = stack;
  if (depth >= stack.limit) {
    evaluator.spend(2000);
    return overBudget("depth", at);
  }
  // A modelled function takes more of the stack than an expression does.
  stack.depth = depth + 2;
  try {
    return definition.run({ evaluator, at }, ...args);
  } catch (error) {
    if (isExhaustion(error) || error instanceof Superseded) throw error;
    return failure(error, at);
  } finally {
    stack.depth = depth;
  }
}

/** A modelled function that has got some of its arguments. */
export class Modelled implements FunctionValue {
  readonly type = "function";
  readonly formals = null;
  readonly ellipsis = false;
  readonly origin = nowhere;
  readonly definition: Definition;
  readonly #evaluator: Evaluator;
  readonly #given: readonly Thunk[];

  constructor(definition: Definition, evaluator: Evaluator, given: readonly Thunk[]) {
    this.definition = definition;
    this.#evaluator = evaluator;
    this.#given = given;
  }

  get name(): string {
    return this.definition.name;
  }

  /** How many arguments are still missing. */
  get missing(): number {
    return this.definition.parameters.length - this.#given.length;
  }

  apply(argument: Thunk, at: Place): Value {
    return this.applyAll([argument], at);
  }

  /** Takes at most {@link missing} arguments at once. */
  applyAll(args: readonly Thunk[], at: Place): Value {
    const all = this.#given.length === 0 ? args : [...this.#given, ...args];
    if (all.length < this.definition.parameters.length) return new Modelled(this.definition, this.#evaluator, all);
    return runDefinition(this.definition, this.#evaluator, all, at);
  }
}
