import type { FileSource } from "../files.ts";
import type { Apply, Binary, Expression, If, Node, Variable } from "../syntax/ast.ts";
import { Budget, charge, stack } from "./budget.ts";
import type { Evaluator, FetchedSource } from "./builtins/definition.ts";
import { Modelled } from "./builtins/function.ts";
import { createGlobals, currentPosition } from "./builtins/index.ts";
import { CallsOfUnknown } from "./calls-of-unknown.ts";
import { dependOn } from "./dependencies.ts";
import { dismiss } from "./dismissals.ts";
import { importFile, importScoped } from "./import.ts";
import { Lambda, type Machine } from "./lambda.ts";
import { literal } from "./literals.ts";
import { fails, originAt, unknown, unsupported, wrongType } from "./make.ts";
import { evaluateBinary, evaluateUnary } from "./operators.ts";
import { applyFunction, branch, forward, isError, isUnfinished, overBudget, pass } from "./ops.ts";
import { constantText, planOf, withoutParentheses } from "./plan.ts";
import { positionValue } from "./position.ts";
import { Scope, scopeWith } from "./scope.ts";
import { hasPath, selectPath } from "./select.ts";
import { evaluatePlan } from "./sets.ts";
import { evaluatePath, evaluateString } from "./text.ts";
import { unitOf } from "./units.ts";
import { delayed, type Place, Thunk, type Unknown, type Value } from "./value.ts";
import { lookUpWith } from "./with.ts";

export interface EvaluatorOptions {
  readonly files: FileSource;
  readonly budget?: { readonly steps?: number };
  /** The modelled nixpkgs `lib`; without it `evaluator.lib` is unknown. */
  readonly lib?: (evaluator: Evaluator) => Value;
  /** Names in scope beside the builtins, over which they take precedence. */
  readonly extraScope?: ReadonlyMap<string, Thunk>;
  /** What is known of sources that are fetched by their address; default: nothing. */
  readonly fetched?: (address: string) => FetchedSource | null;
  /** See {@link Evaluator.nixpkgsDate}. */
  readonly nixpkgsDate?: () => number | null;
}

/** An interpreter for one evaluation: one set of files, one budget, one memory of imports. */
export function createEvaluator(options: EvaluatorOptions): Interpreter {
  return new Interpreter(options);
}

/** Evaluates syntax to values in weak head normal form. Nothing here throws; what cannot be known is unknown. */
export class Interpreter implements Evaluator, Machine {
  readonly files: FileSource;
  readonly budget: Budget;
  readonly lib: Thunk;
  readonly builtins: Thunk;
  /** The scope that every file sees. */
  readonly globals: Scope;
  readonly imports = new Map<string, Thunk>();

  readonly #calls = new CallsOfUnknown();
  readonly #fetched: EvaluatorOptions["fetched"];
  readonly #nixpkgsDate: EvaluatorOptions["nixpkgsDate"];

  constructor(options: EvaluatorOptions) {
    this.files = options.files;
    this.#fetched = options.fetched;
    this.#nixpkgsDate = options.nixpkgsDate;
    this.budget = new Budget(options.budget?.steps);
    const { lib } = options;
    this.lib = delayed(null, () => (lib ? lib(this) : unsupported("nixpkgs lib")));
    const { builtins, names } = createGlobals(this);
    this.builtins = builtins;
    const globals = new Scope(null, names);
    this.globals = options.extraScope
      ? new Scope(globals, new Map([...options.extraScope].map(([name, thunk]) => [name, { thunk }])))
      : globals;
  }

  /** See {@link CallsOfUnknown.argumentBehind}. */
  argumentBehind(value: Unknown): Thunk | null {
    return this.#calls.argumentBehind(value);
  }

  fetched(address: string): FetchedSource | null {
    return this.#fetched?.(address) ?? null;
  }

  nixpkgsDate(): number | null {
    return this.#nixpkgsDate?.() ?? null;
  }

  spend(steps = 1): boolean {
    return this.budget.spend(steps);
  }

  importFile(file: string, at: Place): Value {
    return importFile(this, file, at);
  }

  importScoped(names: ReadonlyMap<string, { readonly thunk: Thunk }>, file: string, at: Place): Value {
    return importScoped(this, names, file, at);
  }

  /** The value of a file, as `import` gives it. */
  evaluateFile(file: string): Value {
    return this.importFile(file, null);
  }

  evaluate(node: Node, scope: Scope | Place): Value {
    return this.run(node, scope instanceof Scope ? scope : this.globals);
  }

  delay(node: Node, scope: Scope): Thunk {
    return new Suspended(node, scope, this);
  }

  /** A thunk for an expression in a complete scope: variables and literals need no new one. */
  suspend(node: Expression, scope: Scope): Thunk {
    switch (node.kind) {
      case "variable": {
        const found = scope.find(node.name);
        return found && found !== currentPosition ? found : new Suspended(node, scope, this);
      }
      case "integer":
      case "float":
        return literal(node);
      case "string":
        return constantText(node) === null ? new Suspended(node, scope, this) : literal(node);
      case "parenthesized":
        return this.suspend(node.body, scope);
      default:
        return new Suspended(node, scope, this);
    }
  }

  run(node: Node, scope: Scope): Value {
    switch (node.kind) {
      case "variable":
        return this.#variable(node, scope);
      case "integer":
      case "float":
        return literal(node).force();
      case "lambda":
        return new Lambda(node, scope, this);
      case "list": {
        charge(node.elements.length);
        const items = node.elements.map((element) => ({ thunk: this.suspend(element, scope) }));
        return { type: "list", items, rest: null, origin: originAt(node, "literal") };
      }
      case "hole":
        return unreadable(node);
      default: {
        if (!this.budget.spend()) return overBudget("steps", node);
        if (stack.depth >= stack.limit) {
          // Whoever recurses too deeply often does so in many branches: that must come to an end, too.
          this.budget.spend(2000);
          return overBudget("depth", node);
        }
        stack.depth++;
        const value = this.#compound(node, scope);
        stack.depth--;
        return value;
      }
    }
  }

  /** Everything that has parts to evaluate. What stands last in a body is evaluated in this same frame. */
  #compound(start: Node, startScope: Scope): Value {
    let node = start;
    let scope = startScope;
    for (;;) {
      switch (node.kind) {
        case "parenthesized":
          node = node.body;
          break;
        case "let": {
          const plan = planOf(node);
          const set = evaluatePlan(this, plan, scope, node);
          if (set.type !== "attrs") return set;
          if (plan.dynamics.length > 0) return fails("dynamic attributes not allowed in let", node);
          scope = new Scope(scope, set.entries);
          const body: Expression | null = node.body;
          if (!body) {
            const old = set.entries.get("body");
            return old ? old.thunk.force() : fails("attribute 'body' missing", node);
          }
          node = body;
          break;
        }
        case "with":
          scope = scopeWith(scope, this.suspend(node.environment, scope));
          node = node.body;
          break;
        case "assert": {
          const condition: Value = this.run(node.condition, scope);
          if (condition.type === "unknown" && isError(condition)) return pass(condition, "assert", node);
          if (condition.type === "boolean" && !condition.value) return fails("assertion failed", node, "assert");
          if (condition.type !== "boolean" && condition.type !== "unknown")
            return wrongType("boolean", condition.type, node);
          if (condition.type === "unknown") {
            if (isUnfinished(condition)) return pass(condition, "assert", node);
            // Whoever gets a value at all gets the body's.
            dismiss();
          }
          node = node.body;
          break;
        }
        case "if": {
          const condition: Value = this.run(node.condition, scope);
          if (condition.type !== "boolean") return this.#undecidedIf(node, condition, scope);
          node = condition.value ? node.consequence : node.alternative;
          break;
        }
        case "apply": {
          const next = this.#apply(node, scope);
          if (!(next instanceof TailCall)) return next;
          node = next.node;
          scope = next.scope;
          break;
        }
        case "attrs":
          return evaluatePlan(this, planOf(node), scope, node);
        case "select":
          return selectPath(this, node, scope);
        case "has":
          return hasPath(this, node, scope);
        case "string":
          return evaluateString(this, node, scope);
        case "path":
          return evaluatePath(this, node, scope);
        case "unary":
          return evaluateUnary(this, node, scope);
        case "binary":
          if (node.operator === "<|") return this.#pipe(node.left, node.right, node, scope);
          if (node.operator === "|>") return this.#pipe(node.right, node.left, node, scope);
          return evaluateBinary(this, node, scope);
        case "root":
          node = node.body;
          scope = this.globals;
          break;
        default:
          return this.run(node, scope);
      }
      if (!this.budget.spend()) return overBudget("steps", node);
    }
  }

  #variable(node: Variable, scope: Scope): Value {
    const found = scope.find(node.name);
    if (found === undefined) return lookUpWith(scope.withs, node.name, node);
    if (found === currentPosition) return positionValue(this.files, node);
    const value = found.force();
    return value.type === "unknown" ? forward(value, node.name, node) : value;
  }

  #undecidedIf(node: If, condition: Value, scope: Scope): Value {
    return branch(
      condition,
      () => this.run(node.consequence, scope),
      () => this.run(node.alternative, scope),
      node,
    );
  }

  /** `f a b c` at once: modelled functions get all their arguments together, the last lambda's body is a tail call. */
  #apply(node: Apply, scope: Scope): Value | TailCall {
    const args: Thunk[] = [];
    let callee: Expression = node;
    while (callee.kind === "apply") {
      args.push(this.suspend(callee.argument, scope));
      callee = withoutParentheses(callee.callee);
    }
    args.reverse();
    return this.#call(this.run(callee, scope), args, node);
  }

  #call(callee: Value, args: readonly Thunk[], at: Apply | Binary): Value | TailCall {
    let f = callee;
    let next = 0;
    while (next < args.length) {
      const argument = args[next] as Thunk;
      if (f instanceof Modelled) {
        const count = Math.min(f.missing, args.length - next);
        f = f.applyAll(args.slice(next, next + count), at);
        next += count;
        continue;
      }
      if (f instanceof Lambda && next === args.length - 1 && !f.node.formals) {
        const bound = f.bind(argument, at);
        return bound instanceof Scope ? new TailCall(f.node.body, bound) : bound;
      }
      const result: Value = f.type === "function" ? f.apply(argument, at) : applyFunction(f, [argument], at);
      if (f.type === "unknown" && result.type === "unknown") this.#calls.note(result, argument);
      f = result;
      next++;
    }
    return f;
  }

  #pipe(f: Expression, argument: Expression, at: Binary, scope: Scope): Value {
    const result = this.#call(this.run(f, scope), [this.suspend(argument, scope)], at);
    return result instanceof TailCall ? this.run(result.node, result.scope) : result;
  }
}

/** What the parser left out. */
function unreadable(hole: Node): Value {
  let root: Node = hole;
  while (root.parent) root = root.parent;
  return root.kind === "root" && root.tooLarge
    ? unknown({ reason: "unreadable-file", path: root.file, problem: "too-large" }, hole)
    : unknown({ reason: "syntax-error" }, hole);
}

/** A body still to be evaluated: the caller's frame does it. */
class TailCall {
  readonly node: Expression;
  readonly scope: Scope;
  constructor(node: Expression, scope: Scope) {
    this.node = node;
    this.scope = scope;
  }
}

/** An expression that waits in its scope; the scope is let go once the value is there. */
class Suspended extends Thunk {
  declare readonly at: Node;
  declare private scope: Scope | null;
  declare private readonly interpreter: Interpreter;

  constructor(node: Node, scope: Scope, interpreter: Interpreter) {
    super();
    this.at = node;
    this.scope = scope;
    this.interpreter = interpreter;
  }

  protected compute(): Value {
    const unit = unitOf(this.at);
    if (unit) dependOn(unit);
    const value = this.interpreter.run(this.at, this.scope as Scope);
    this.scope = null;
    return value;
  }
}
