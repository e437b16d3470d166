import { Superseded } from "../../base/giving-way.ts";
import type { Span } from "../../base/span.ts";
import { type Node, spanOf } from "../syntax/ast.ts";
import { isStackOverflow, OutOfWork, outOfWork, stack, work } from "./budget.ts";
import { always, beginGathering, type DependencySet, dependOn, endGathering, none } from "./dependencies.ts";
import { dismiss } from "./dismissals.ts";

/** Where something stands: a syntax node (its place follows edits), a fixed span, or nowhere in the user's files. */
export type Place = Node | Span | null;

/** The place as a span, now; null when it is nowhere. */
export function placeSpan(place: Place): Span | null {
  if (place === null) return null;
  return "kind" in place ? spanOf(place) : place;
}

export type OriginStep =
  | "literal"
  | "binding"
  | "inherit"
  | "select"
  | "argument"
  | "operator"
  | "builtin"
  | "import"
  | "merge"
  | "option-default";

/** How a value came to be. A value that is only passed on keeps its origin: the literal's place is what a fix may edit. */
export interface Origin {
  readonly at: Place;
  readonly step: OriginStep;
  readonly from: readonly Origin[];
}

/** Why a value is unknown. `input` wraps the unknown that caused it: following `of` leads to the root cause. */
export type Why =
  | {
      readonly reason: "input";
      readonly of: Unknown /** the name or operation it passed through */;
      readonly via: string;
    }
  | { readonly reason: "undecided"; readonly condition: Unknown; readonly candidates: readonly Value[] }
  | { readonly reason: "unresolved-name"; readonly name: string }
  | { readonly reason: "external" /** what lies outside, e.g. `input "nixpkgs"` */; readonly what: string }
  | { readonly reason: "unreadable-file"; readonly path: string; readonly problem: string }
  | { readonly reason: "unsupported"; readonly what: string }
  | { readonly reason: "syntax-error" }
  | { readonly reason: "wrong-type"; readonly expected: string; readonly found: string }
  /** Real Nix fails here too. Only `throw` and `assert` can be caught by `tryEval`. */
  | { readonly reason: "throws"; readonly by: "throw" | "assert" | "abort" | "error"; readonly message: string }
  | { readonly reason: "cycle" }
  | { readonly reason: "budget"; readonly what: "steps" | "depth" | "size" };

/** "We do not know", as a value: passed on by every operation, never turned into null, a default or an exception. */
export interface Unknown {
  readonly type: "unknown";
  readonly at: Place;
  readonly why: Why;
  /** What is known all the same. */
  readonly shape?: {
    readonly type?: ValueType;
    /** Of a string, or of what becomes one: what it is made of, see `pieces.ts`. */
    readonly pieces?: Pieces;
  };
}

/** A text that is not known as a whole: what is written, and holes. No two texts stand beside each other. */
export type Pieces = readonly TextPiece[];
export type TextPiece = string | Hole;

/** A place in a text of which only this is known. */
export interface Hole {
  readonly why: Unknown;
  /** What it begins and ends with; the two may overlap. */
  readonly prefix?: string;
  readonly suffix?: string;
  /** No blank, quote or other character that a shell would take apart: a store path, a number. */
  readonly word?: true;
  /** The package of nixpkgs whose store path it is, by its name there. */
  readonly package?: string;
  /** It is the path of a copy of this file or folder in the Nix store: what stands there can be read here. */
  readonly source?: string;
  /** The text of the file that it leads to, with this behind it: "" or `/bin/NAME`. */
  readonly file?: { readonly below: string; readonly text: Pieces };
}

export interface IntegerValue {
  readonly type: "integer";
  readonly value: bigint;
  readonly origin: Origin;
}
export interface FloatValue {
  readonly type: "float";
  readonly value: number;
  readonly origin: Origin;
}
export interface BooleanValue {
  readonly type: "boolean";
  readonly value: boolean;
  readonly origin: Origin;
}
export interface NullValue {
  readonly type: "null";
  readonly origin: Origin;
}
export interface StringValue {
  readonly type: "string";
  readonly value: string;
  readonly origin: Origin;
}
/** An absolute, normalised path. */
export interface PathValue {
  readonly type: "path";
  readonly value: string;
  readonly origin: Origin;
}

/** One element of a list. `conditional`: the element is there only if this unknown condition holds. */
export interface Item {
  readonly thunk: Thunk;
  readonly conditional?: Unknown;
}
export interface ListValue {
  readonly type: "list";
  readonly items: readonly Item[];
  /** The list is open: there may be more elements, in places unknown. */
  readonly rest: Unknown | null;
  readonly origin: Origin;
}

/** One attribute. `at` is the binding (or inherit) that defines it. */
export interface Attribute {
  readonly thunk: Thunk;
  readonly at: Place;
  readonly conditional?: Unknown;
}
export interface AttributesValue {
  readonly type: "attrs";
  readonly entries: ReadonlyMap<string, Attribute>;
  /** The set is open: there may be more attributes, of unknown names; those in `entries` are sure. */
  readonly rest: Unknown | null;
  readonly origin: Origin;
}

/** A lambda or a builtin. Takes one argument; a curried builtin returns the next function. */
export interface FunctionValue {
  readonly type: "function";
  /** For messages: `x:`-lambdas have the name of the binding where it is known. */
  readonly name: string | null;
  /** `{ a, b ? 1 }:` gives a → false, b → true (has a default); null for `x:` and builtins. */
  readonly formals: ReadonlyMap<string, boolean> | null;
  readonly ellipsis: boolean;
  apply(argument: Thunk, at: Place): Value;
  readonly origin: Origin;
}

export type Value =
  | IntegerValue
  | FloatValue
  | BooleanValue
  | NullValue
  | StringValue
  | PathValue
  | ListValue
  | AttributesValue
  | FunctionValue
  | Unknown;
export type Known = Exclude<Value, Unknown>;
export type ValueType = Known["type"];

/** A value that is computed when first asked for, once. Asking again while it is being computed is a cycle. */
export abstract class Thunk {
  // Declared and set by hand: thunks are what evaluation makes most of, and initialised private fields cost a call each.
  declare private value: Value | null;
  declare private running: boolean;
  declare private dependencies: DependencySet;

  constructor() {
    this.value = null;
    this.running = false;
    this.dependencies = none;
  }

  /** Where the expression stands, for messages. */
  abstract readonly at: Place;
  protected abstract compute(): Value;

  /** The value in weak head normal form. Never throws. Whoever asks depends on what the value was made from. */
  force(): Value {
    if (this.value !== null) {
      // Whatever goes through many values, with or without evaluating any, comes by here.
      if (--work.left < 0) outOfWork();
      dependOn(this.dependencies);
      return this.value;
    }
    if (this.running) {
      // What lies between here and the thunk's own frame is remembered without knowing all that it depends on.
      dependOn(always);
      return { type: "unknown", at: this.at, why: { reason: "cycle" } };
    }
    const depth = stack.depth;
    if (depth >= stack.limit) {
      // Not remembered: asked from a shallower place, the same thunk can still be computed.
      dependOn(always);
      return { type: "unknown", at: this.at, why: { reason: "budget", what: "depth" } };
    }
    beginGathering();
    this.running = true;
    stack.depth = depth + 1;
    const exploring = stack.exploring;
    try {
      this.value = this.compute();
      return this.value;
    } catch (error) {
      if (depth > 0 || error instanceof Superseded) throw error;
      this.value = failure(error, this.at);
      return this.value;
    } finally {
      this.running = false;
      stack.depth = depth;
      stack.exploring = exploring;
      this.dependencies = endGathering();
      dependOn(this.dependencies);
    }
  }

  /** True once the value is there: looking at it costs nothing. */
  get forced(): boolean {
    return this.value !== null;
  }

  /** Lets the value go: whoever asks again has it computed anew. Only for a computation that can be repeated. */
  protected release(): void {
    if (this.running) return;
    this.value = null;
    this.dependencies = none;
  }
}

/** What an exception of ours becomes: a full stack is a lack of budget, anything else a bug that must not stop the user. */
export function failure(error: unknown, at: Place): Unknown {
  dismiss();
  if (isStackOverflow(error)) return { type: "unknown", at, why: { reason: "budget", what: "depth" } };
  if (error instanceof OutOfWork) return { type: "unknown", at, why: { reason: "budget", what: "steps" } };
  const what = `internal: ${error instanceof Error ? error.message : String(error)}`;
  return { type: "unknown", at, why: { reason: "unsupported", what } };
}

/** Its value came out of a computation whose dependencies whoever holds the thunk has already. */
class Ready extends Thunk {
  declare readonly at: Place;
  declare private readonly ready: Value;
  constructor(value: Value) {
    super();
    this.ready = value;
    this.at = value.type === "unknown" ? value.at : value.origin.at;
  }
  override force(): Value {
    if (--work.left < 0) outOfWork();
    return this.ready;
  }
  override get forced(): boolean {
    return true;
  }
  protected compute(): Value {
    return this.ready;
  }
}

class Delayed extends Thunk {
  declare readonly at: Place;
  declare private readonly work: () => Value;
  constructor(at: Place, compute: () => Value) {
    super();
    this.at = at;
    this.work = compute;
  }
  protected compute(): Value {
    return this.work();
  }
}

/** A thunk whose value takes much memory and can be let go, see {@link Thunk.release}. */
export class Releasable extends Delayed {
  override release(): void {
    super.release();
  }
}

/** A thunk around a value that is there already. */
export function ready(value: Value): Thunk {
  return new Ready(value);
}

/** A thunk around a computation of ours (builtins, the module system). `compute` must not throw. */
export function delayed(at: Place, compute: () => Value): Thunk {
  return new Delayed(at, compute);
}
