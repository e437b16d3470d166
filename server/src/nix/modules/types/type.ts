import { attached } from "../../../base/attached.ts";
import type { Evaluator } from "../../eval/builtins/definition.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../../eval/value.ts";
import type { Definition, Open } from "../definition.ts";
import type { Resolved } from "../discharge.ts";

/** What a type needs of the module system around it. */
export interface MergeContext {
  readonly evaluator: Evaluator;
  /** Evaluates the modules of a submodule; gives its `config`. */
  submodule(request: SubmoduleRequest): Value;
  /** Merges definitions of an element by its type, properties and all. */
  merge(loc: readonly string[], type: OptionType, definitions: readonly Definition[], opens: readonly Open[]): Merged;
  /** Merges definitions of undeclared options by a free-form type, given as a value. */
  freeform(type: Value, loc: readonly string[], definitions: readonly Definition[]): Value;
  /** The merged value under the assumption that there is a definition. */
  assume(loc: readonly string[], type: OptionType, definitions: readonly Definition[]): Value;
}

export interface SubmoduleRequest {
  readonly loc: readonly string[];
  readonly modules: readonly ModuleInput[];
  readonly specialArgs: ReadonlyMap<string, Thunk>;
  /** There may be further definitions. */
  readonly open: Unknown | null;
}

/** A module as it is given to an evaluation: not yet loaded. */
export interface ModuleInput {
  /** A function, a set, a path … */
  readonly value: Thunk;
  readonly file: string;
  /** The set defines options only: `imports`, `options` and so on are names of options like others. */
  readonly onlyConfig?: boolean;
  readonly conditional?: Unknown | null;
}

/** The outcome of merging the definitions of one option. */
export interface Merged {
  /** The value; computed at the first call. */
  read(): Value;
  /** Is there a definition at all? Unknown when that depends on an unknown condition. */
  readonly defined: boolean | Unknown;
  /** The definitions that made it, in order. */
  readonly final: readonly Resolved[];
}

/** A type of lib.types as the module system uses it. */
export interface OptionType {
  /** The constructor, as in `__parameters.kind` of the type's value. */
  readonly kind: string;
  readonly name: string;
  /** Is the value (in weak head normal form) of this type? Unknown where we cannot know. */
  check(value: Value): boolean | Unknown;
  /**
   * Merges checked definitions, of which there is at least one unless `open`. Where `parts` holds for them, definitions may be
   * conditional and `open` may be set; otherwise neither is.
   */
  merge(context: MergeContext, loc: readonly string[], definitions: readonly Resolved[], open: Unknown | null): Value;
  /** Conditional definitions make conditional parts of one value (lists, sets), not a choice between values. */
  parts(definitions: readonly Resolved[]): boolean;
  /** Definitions may be strings of which parts are not known: what is known stays. */
  readonly texts?: boolean;
  /** The value without any definition, where the type has one. */
  readonly empty: (() => Value) | null;
  /** Joins with the type of another declaration of the same option; null when they cannot be joined. */
  join?(other: OptionType): OptionType | null;
  /** The type with further modules in its submodule. */
  withModules?(modules: readonly ModuleInput[]): OptionType;
  /** The type of the elements of a container. */
  readonly element?: OptionType;
  /** Modules that every value of a `deferredModule` imports. */
  readonly staticModules?: readonly Thunk[];
  /** The values of an enumeration. */
  readonly values?: readonly Value[];
  /** The submodule inside (through listOf, attrsOf, nullOr …). */
  readonly submodule?: { readonly modules: readonly ModuleInput[] };
}

const natives = attached<AttributesValue, OptionType>();

/** Binds a type of ours to a value, so that `options` written in TypeScript go the way of all others. */
export function bindType(value: AttributesValue, type: OptionType): void {
  natives.set(value, type);
}
export function boundType(value: AttributesValue): OptionType | undefined {
  return natives.get(value);
}
