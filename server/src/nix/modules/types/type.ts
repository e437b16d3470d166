import { attached } from "../../../base/attached.ts";
import type { Evaluator } from "../../eval/builtins/definition.ts";
import type { Attribute, AttributesValue, Thunk, Unknown, Value } from "../../eval/value.ts";
import type { Definition, Open } from "../definition.ts";
import type { Resolved } from "../discharge.ts";
import type { Phrase } from "./phrase.ts";

/** What a type needs of the module system around it. */
export interface MergeContext {
  readonly evaluator: Evaluator;
  /** Evaluates the modules of a submodule. */
  submodule(request: SubmoduleRequest): SubmoduleParts;
  /** Merges definitions of an element by its type, properties and all. */
  merge(loc: readonly string[], type: OptionType, definitions: readonly Definition[], opens: readonly Open[]): Merged;
  /** `valueMeta` of the definitions of an element. */
  meta(loc: readonly string[], type: OptionType, definitions: readonly Definition[]): Value;
  /** The options below a type that is given as a value. */
  subOptions(type: Value, prefix: readonly string[]): Value;
  /** The type that a value is. */
  typeOf(value: Value): OptionType;
  /** An option from its declaration as a value and definitions of it: its value. */
  option(loc: readonly string[], declaration: Thunk, definitions: readonly Definition[]): Value;
  /** The merged value under the assumption that there is a definition. */
  assume(loc: readonly string[], type: OptionType, definitions: readonly Definition[]): Value;
}

export interface SubmoduleRequest {
  readonly loc: readonly string[];
  readonly modules: readonly ModuleInput[];
  readonly specialArgs: ReadonlyMap<string, Thunk>;
  /** There may be further definitions. */
  readonly open: Unknown | null;
  /** Only modules of this class may be imported. */
  readonly kind?: string | null;
  /** The attribute name that it is bound to; absent: not bound. */
  readonly name?: string;
}

/** The outcome of evaluating the modules of a submodule. */
export interface SubmoduleParts {
  readonly config: Thunk;
  readonly options: Thunk;
  readonly freeform: () => Value | null;
  /** As `evalModules` gives it. */
  readonly configuration: Thunk;
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
  /** The description; the name if absent. Without a context, what modules say of themselves is left out. */
  readonly phrase?: (context: MergeContext | null) => Phrase;
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
  readonly empty: ((context: MergeContext, loc: readonly string[]) => Value) | null;
  /** A user has replaced the check in a way that depends on the version of nixpkgs: `merge` says. */
  readonly adHoc?: boolean;
  /** The name of its functor; `kind` if absent. Only types of one name are joined. */
  readonly family?: string;
  /** Joins with the type of another declaration of the same option; null when they cannot be joined, or why Nix fails. */
  join?(other: OptionType): OptionType | null | Unknown;
  /** The options below, for documentation (`getSubOptions`). */
  subOptions?(context: MergeContext, prefix: readonly string[]): Value;
  /** `valueMeta` of the definitions; an empty set if absent. */
  meta?(context: MergeContext, loc: readonly string[], definitions: readonly Resolved[]): Value;
  /** `nestedTypes` */
  nested?(): Iterable<readonly [string, OptionType]>;
  /** What `functor.payload` has beside the type of the elements. */
  payload?(): Iterable<readonly [string, Thunk | Value]>;
  /** The type with other modules in its submodule (`substSubModules`). */
  withModules?(modules: readonly ModuleInput[]): OptionType;
  /** The type of the elements of a container. */
  readonly element?: OptionType;
  /** Modules that every value of a `deferredModule` imports. */
  readonly staticModules?: readonly Thunk[];
  /** The two types of `either`. */
  readonly sides?: readonly [OptionType, OptionType];
  /** The options of `attrTag`, by tag. */
  readonly tags?: ReadonlyMap<string, Attribute>;
  /** What stands between the strings of `separatedString`. */
  readonly separator?: string;
  /** The regular expression of `strMatching`. */
  readonly pattern?: string;
  /** What stands for the name of an attribute in documentation. */
  readonly placeholder?: string;
  /** The demands of `pathWith`. */
  readonly path?: { readonly absolute: boolean | null; readonly inStore: boolean | null };
  /** The values of an enumeration. */
  readonly values?: readonly Value[];
  /** The submodule inside (through listOf, attrsOf, nullOr …). */
  readonly submodule?: SubmoduleShape;
}

/** What a submodule type is made of. */
export interface SubmoduleShape {
  readonly modules: readonly ModuleInput[];
  readonly specialArgs: ReadonlyMap<string, Thunk>;
  /** A set that defines it is its `config`; null: whatever other declarations say. */
  readonly onlyConfig: boolean | null;
  readonly kind: string | null;
  readonly description: string | null;
}

const natives = attached<AttributesValue, OptionType>();

/** Binds a type of ours to a value, so that `options` written in TypeScript go the way of all others. */
export function bindType(value: AttributesValue, type: OptionType): void {
  natives.set(value, type);
}
export function boundType(value: AttributesValue): OptionType | undefined {
  return natives.get(value);
}
