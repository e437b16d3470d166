import type { Lambda as LambdaNode, Node } from "../syntax/ast.ts";
import { fails, originAt, wrongType } from "./make.ts";
import { branch, isError, mapUndecided, pass, selectAttribute } from "./ops.ts";
import { type Bound, Scope } from "./scope.ts";
import {
  delayed,
  type FunctionValue,
  type Origin,
  type Place,
  ready,
  type Thunk,
  type Unknown,
  type Value,
} from "./value.ts";

/** What a lambda asks of the interpreter. */
export interface Machine {
  evaluate(node: Node, scope: Scope): Value;
  /** A thunk for the expression, fresh even for a variable: its scope may still be growing. */
  delay(node: Node, scope: Scope): Thunk;
}

/** A function written in Nix, with the scope in which it stands. */
export class Lambda implements FunctionValue {
  readonly type = "function";
  readonly node: LambdaNode;
  readonly scope: Scope;
  readonly #machine: Machine;

  constructor(node: LambdaNode, scope: Scope, machine: Machine) {
    this.node = node;
    this.scope = scope;
    this.#machine = machine;
  }

  get name(): string | null {
    const { parent } = this.node;
    const last = parent?.kind === "binding" ? parent.path.at(-1) : undefined;
    return last?.kind === "identifier" ? last.name : null;
  }

  get formals(): ReadonlyMap<string, boolean> | null {
    return formalsOf(this.node);
  }

  get ellipsis(): boolean {
    return this.node.formals?.ellipsis ?? false;
  }

  get origin(): Origin {
    return originAt(this.node, "literal");
  }

  apply(argument: Thunk, at: Place): Value {
    const given = this.node.formals ? argument.force() : null;
    if (given?.type === "unknown" && given.why.reason === "undecided") {
      return mapUndecided(given, (one) => this.apply(ready(one), at), at);
    }
    const bound = this.bind(argument, at);
    return bound instanceof Scope ? this.#machine.evaluate(this.node.body, bound) : bound;
  }

  /** The scope of the body for this argument, or why the call fails. */
  bind(argument: Thunk, at: Place): Scope | Unknown {
    const { node, scope } = this;
    const names = new Map<string, Bound>();
    if (node.argument) names.set(node.argument.name, { thunk: argument });
    if (!node.formals) return new Scope(scope, names);
    const given = argument.force();
    if (given.type === "unknown" && isError(given)) return pass(given, "argument", at);
    if (given.type !== "unknown" && given.type !== "attrs") return wrongType("set", given.type, at);
    const inner = new Scope(scope, names);
    let used = 0;
    for (const formal of node.formals.list) {
      const { name } = formal.name;
      const entry = given.type === "attrs" ? given.entries.get(name) : undefined;
      const fallback = formal.fallback && this.#machine.delay(formal.fallback, inner);
      if (entry) used++;
      if (entry && !entry.conditional) names.set(name, entry);
      else if (entry || given.type === "unknown" || given.rest) {
        names.set(name, { thunk: perhapsGiven(given, name, formal.name, fallback) });
      } else if (fallback) names.set(name, { thunk: fallback });
      else return fails(`function called without required argument '${name}'`, at);
    }
    if (given.type === "attrs" && !node.formals.ellipsis && used < given.entries.size) {
      const declared = formalsOf(node);
      for (const [name, entry] of given.entries) {
        if (!entry.conditional && !declared?.has(name)) {
          return fails(`function called with unexpected argument '${name}'`, at);
        }
      }
    }
    return inner;
  }
}

const formalsCache = new WeakMap<LambdaNode, ReadonlyMap<string, boolean>>();

function formalsOf(node: LambdaNode): ReadonlyMap<string, boolean> | null {
  if (!node.formals) return null;
  let formals = formalsCache.get(node);
  if (!formals) {
    formals = new Map(node.formals.list.map((formal) => [formal.name.name, formal.fallback !== null]));
    formalsCache.set(node, formals);
  }
  return formals;
}

/** An argument that an open, unknown or conditional set may hold; else the default. */
function perhapsGiven(given: Value, name: string, at: Place, fallback: Thunk | null): Thunk {
  return delayed(at, () => {
    const entry = given.type === "attrs" ? given.entries.get(name) : undefined;
    if (!fallback) return selectAttribute(given, name, at);
    if (entry?.conditional) {
      return branch(
        entry.conditional,
        () => entry.thunk.force(),
        () => fallback.force(),
        at,
      );
    }
    const missing = selectAttribute(given, name, at);
    return branch(
      missing,
      () => missing,
      () => fallback.force(),
      at,
    );
  });
}
