import { attached } from "../../base/attached.ts";
import type { Evaluator } from "../eval/builtins/definition.ts";
import { attributes, fails, list, nullValue, string, unknown } from "../eval/make.ts";
import { selectAttribute } from "../eval/ops.ts";
import type { AttributesValue, FunctionValue, ListValue, Thunk, Unknown, Value } from "../eval/value.ts";
import { delayed, Releasable, ready } from "../eval/value.ts";
import { type Collected, collectModules, type Unseen } from "./collect.ts";
import type { Definition, Open } from "./definition.ts";
import { uncertain } from "./definition.ts";
import { takesNoOther, unmatchedError, withFreeform } from "./freeform.ts";
import { inputsOf, internalModule, nameModule } from "./inputs.ts";
import { assumeDefined, mergeDefinitions, metaOf } from "./merge.ts";
import type { Module } from "./module.ts";
import { type EvaluatedOption, evaluateOption } from "./option.ts";
import { Level, type Undeclared, type UndeclaredDefinition } from "./tree.ts";
import { typeOf } from "./types/from-value.ts";
import { submodule } from "./types/modules.ts";
import type { MergeContext, ModuleInput, OptionType } from "./types/type.ts";
import { typeValue } from "./types/view.ts";

export interface EvaluationRequest {
  readonly evaluator: Evaluator;
  readonly modules: readonly ModuleInput[];
  readonly specialArgs?: ReadonlyMap<string, Thunk>;
  /** Only modules of this class may be imported. */
  readonly kind?: string | null;
  /** Where the options stand in an outer configuration. */
  readonly prefix?: readonly string[];
  readonly undeclared: Undeclared;
  /** A definition of an undeclared option is an error, as `lib.evalModules` has it. */
  readonly strict?: boolean;
  /** Completes relative names in `disabledModules`. */
  readonly modulesPath?: string;
  /** There may be further definitions. */
  readonly open?: Unknown | null;
  /** Reads a module file; default: the evaluator's import. */
  readonly importFile?: (path: string) => Value;
  /** See {@link ModuleArguments.locate}. */
  readonly locate?: (value: Value) => string | null;
  /** Does an unseen module come from a flake that knows nothing of microvm.nix? See {@link Open}. */
  readonly foreign?: (unseen: Unseen) => ForeignKind | null;
}

/** Where a module that we do not see comes from: see the fields of {@link Open}. */
export type ForeignKind = "foreign" | "stranger" | "private";

/** The outcome of evaluating modules. All parts are computed when they are asked for. */
export interface Evaluation {
  readonly request: EvaluationRequest;
  /** The configuration without `_module`. */
  readonly config: Thunk;
  readonly options: Thunk;
  /** `config._module` */
  readonly internal: Thunk;
  /** In the order in which their definitions are merged. */
  readonly modules: () => readonly Module[];
  readonly unseen: () => readonly Unseen[];
  /** The option at a path, if it is declared. */
  option(path: readonly string[]): EvaluatedOption | null;
  /** True when a module defines the option at that path: asks for no value. */
  defines(path: readonly string[]): boolean;
  /** Stands for this evaluation and holds nothing of it. */
  readonly identity: object;
  /** The free-form type; null where there is none. */
  freeform(): Value | null;
  /** Definitions of options that nobody declares, nor takes: a free-form type takes all. */
  undeclared(): readonly UndeclaredDefinition[];
  /** The top of the option tree, or why there is none. */
  top(): Level | Unknown;
  /** The tree of modules. */
  graph(): Value;
  /** Lets go of all that was computed. What is asked for again is computed anew, with the same outcome; `revived` tells. */
  release(revived: () => void): void;
}

const evaluations = attached<AttributesValue, Evaluation>();

/** The evaluation that gave this `config`, as its modules or as others see it, of a configuration or of a submodule. */
export function evaluationOf(config: Value): Evaluation | undefined {
  return config.type === "attrs" ? evaluations.get(config) : undefined;
}

/** Evaluates modules like `lib.evalModules` (nixpkgs, lib/modules.nix). Never throws; nothing is computed yet. */
export function evaluateModules(request: EvaluationRequest): Evaluation {
  const { evaluator } = request;
  const prefix = request.prefix ?? [];
  const context = contextFor(request);
  let collected: Collected | null = null;
  let collecting = false;
  let root: Level | null = null;
  let revived: (() => void) | null = null;
  const collect = (): Collected => {
    if (collected) return collected;
    if (collecting) return nothingYet;
    revived?.();
    revived = null;
    collecting = true;
    const own = internalModule(new Map(request.specialArgs ?? []), [
      ["extendModules", extender(request)],
      ["moduleType", delayed(null, () => typeValue(moduleType(request), context))],
    ]);
    const inputs = [...request.modules, own];
    collected = collectModules(inputs, args, request.modulesPath ?? "", request.kind ?? null);
    collecting = false;
    return collected;
  };
  const top = (): Level | Unknown => {
    if (root) return root;
    // Only `imports` can ask for values before the modules are found: real Nix recurses without end.
    if (collecting) return unknown({ reason: "cycle" });
    const { modules, unseen, failure } = collect();
    if (failure && request.strict) return failure;
    root ??= new Level({
      context,
      undeclared: () => (freeformType() ? "free" : request.undeclared),
      moreOptions: request.undeclared === "shape",
      loc: prefix,
      declarations: modules.flatMap((m) => (m.options ? [{ file: m.file, value: m.options, at: m.place }] : [])),
      definitions: modules.flatMap(definitionsIn),
      opens: [
        ...unseen.map((u) => openOf(u, request)),
        ...(request.open ? [{ because: request.open, wrappers: [], foreign: false }] : []),
      ],
    });
    return root;
  };
  const freeformType = () => {
    const type = root?.option(["_module", "freeformType"])?.value.force();
    return type && type.type !== "null" ? type : null;
  };
  const whole = new Releasable(null, () => {
    const level = top();
    const made = level instanceof Level ? withFreeform(context, level, prefix, freeformType()) : level;
    if (made.type === "attrs") evaluations.set(made, evaluation);
    return made;
  });
  const options = new Releasable(null, () => {
    const level = top();
    return level instanceof Level ? level.options : level;
  });
  // Not by way of `config`: arguments are asked for while it is being made.
  const internal = new Releasable(null, () => {
    const level = top();
    return level instanceof Level
      ? (level.below("_module") ?? unknown({ reason: "unresolved-name", name: "_module" }))
      : level;
  });
  const special = new Map(request.specialArgs ?? []);
  const args = {
    given: new Map<string, Thunk>([
      ["config", whole],
      ["options", options],
      ["lib", evaluator.lib],
      ...special,
      ["specialArgs", ready(attributes(special))],
      ["_prefix", ready(list(prefix.map((part) => ready(string(part)))))],
      ["_class", ready(request.kind ? string(request.kind) : nullValue())],
    ]),
    other: (name: string) =>
      delayed(null, () => selectAttribute(selectAttribute(internal.force(), "args", null), name, null)),
    importFile: request.importFile ?? ((path: string) => evaluator.importFile(path, null)),
    ...(request.locate ? { locate: request.locate } : {}),
  };
  const config = new Releasable(null, () => {
    const value = whole.force();
    if (value.type !== "attrs") return value;
    const wrong = unmatched();
    if (wrong) return wrong;
    const entries = new Map(value.entries);
    entries.delete("_module");
    const made: AttributesValue = { ...value, entries };
    evaluations.set(made, evaluation);
    return made;
  });
  /** Why real Nix refuses everything, where it does: `checked` of lib/modules.nix. */
  const unmatched = (): Unknown | null => {
    const level = top();
    return request.strict && level instanceof Level ? unmatchedError(level, prefix) : null;
  };
  const checked = (thunk: Thunk) => new Releasable(null, () => unmatched() ?? thunk.force());
  const evaluation: Evaluation = {
    request,
    identity: {},
    options: request.strict ? checked(options) : options,
    internal: request.strict ? checked(internal) : internal,
    config,
    modules: () => collect().modules,
    unseen: () => collect().unseen,
    option: (path) => {
      const level = top();
      return level instanceof Level ? level.option(path) : null;
    },
    defines: (path) => {
      const level = top();
      return level instanceof Level && level.defines(path);
    },
    freeform: () => {
      const level = top();
      return level instanceof Level ? freeformType() : level;
    },
    undeclared: () => {
      const level = top();
      return level instanceof Level && takesNoOther(level) ? level.undeclared() : [];
    },
    top,
    graph: () => collect().graph(),
    release: (told) => {
      if (collecting || !collected) return;
      revived = told;
      collected = null;
      root = null;
      for (const thunk of [whole, options, internal, config, evaluation.options, evaluation.internal]) {
        if (thunk instanceof Releasable) thunk.release();
      }
    },
  };
  return evaluation;
}

const nothingYet: Collected = { modules: [], unseen: [], failure: null, graph: () => unknown({ reason: "cycle" }) };

/** What types ask of the module system. */
export function contextFor(
  request: Pick<EvaluationRequest, "evaluator" | "strict" | "foreign" | "importFile" | "locate">,
): MergeContext {
  const context: MergeContext = {
    evaluator: request.evaluator,
    merge: (loc, type, definitions, opens) => mergeDefinitions(context, loc, type, definitions, opens),
    assume: (loc, type, definitions) => assumeDefined(context, loc, type, definitions),
    meta: (loc, type, definitions) => metaOf(context, loc, type, definitions),
    typeOf,
    subOptions: (type, prefix) => typeOf(type).subOptions?.(context, prefix) ?? attributes([]),
    option: (loc, declaration, definitions) => {
      const set = declaration.force();
      if (set.type === "unknown") return set;
      return evaluateOption(
        context,
        loc,
        [{ file: "<attrTag>", value: declaration, at: null }],
        definitions,
        [],
      ).value.force();
    },
    submodule: ({ loc, modules, specialArgs, open, kind, name }) => {
      const evaluation = evaluateModules({
        evaluator: request.evaluator,
        modules: [nameModule(name), ...modules],
        specialArgs,
        prefix: loc,
        kind: kind ?? null,
        undeclared: request.strict ? "drop" : "shape",
        strict: request.strict ?? false,
        open,
        ...(request.foreign ? { foreign: request.foreign } : {}),
        ...(request.locate ? { locate: request.locate } : {}),
        ...(request.importFile ? { importFile: request.importFile } : {}),
      });
      return {
        config: evaluation.config,
        options: evaluation.options,
        freeform: evaluation.freeform,
        configuration: delayed(null, () => asSet(evaluation)),
      };
    },
  };
  return context;
}

function definitionsIn(module: Module): Definition[] {
  const found: Definition[] = [];
  if (module.freeform) {
    const value = ready(attributes([["_module", ready(attributes([["freeformType", module.freeform]]))]]));
    found.push({ value, wrappers: [], file: module.file, at: module.place });
  }
  if (module.config) found.push(module.config);
  return found;
}

function openOf(unseen: Unseen, request: EvaluationRequest): Open {
  const wrappers = uncertain([], unseen.conditional);
  const origin = request.foreign?.(unseen) ?? null;
  const foreign = origin === "foreign" || origin === "stranger";
  return { because: unseen.because, wrappers, foreign, stranger: origin === "stranger", private: origin === "private" };
}

/** `extendModules { modules; specialArgs; prefix; }`: the same with more modules; gives `{ config, options, … }`. */
export function extender(request: EvaluationRequest, result: (evaluation: Evaluation) => Value = asSet): FunctionValue {
  return {
    type: "function",
    name: "extendModules",
    formals: null,
    ellipsis: false,
    origin: { at: null, step: "builtin", from: [] },
    apply: (argument) => {
      const given = argument.force();
      if (given.type !== "attrs") return given.type === "unknown" ? given : fails("extendModules wants a set");
      const get = (name: string) => given.entries.get(name)?.thunk.force();
      const [more, special, place] = [get("modules"), get("specialArgs"), get("prefix")];
      const modules = more === undefined ? [] : inputsOf(more, "<unknown-file>");
      const specialArgs = new Map(request.specialArgs ?? []);
      if (special?.type === "attrs") for (const [name, { thunk }] of special.entries) specialArgs.set(name, thunk);
      const prefix = place?.type === "list" ? namesIn(place) : (request.prefix ?? []);
      return result(evaluateModules({ ...request, modules: [...request.modules, ...modules], specialArgs, prefix }));
    },
  };
}

/** The strings of a list that are known. */
export function namesIn(value: ListValue): string[] {
  return value.items.flatMap(({ thunk }) => {
    const part = thunk.force();
    return part.type === "string" ? [part.value] : [];
  });
}

/** The result of `lib.evalModules` as a set. */
export function asSet(evaluation: Evaluation): AttributesValue {
  const { request } = evaluation;
  return attributes([
    ["_type", string("configuration")],
    ["config", evaluation.config],
    ["options", evaluation.options],
    ["_module", evaluation.internal],
    ["extendModules", extender(request)],
    ["type", delayed(null, () => typeValue(moduleType(request), contextFor(request)))],
    ["graph", delayed(null, () => evaluation.graph())],
    ["class", request.kind ? string(request.kind) : nullValue()],
  ]);
}

/** A type whose values are further modules of the same evaluation. */
function moduleType({ modules, specialArgs, kind }: EvaluationRequest): OptionType {
  return submodule(modules, {
    onlyConfig: false,
    kind: kind ?? null,
    ...(specialArgs ? { specialArgs } : {}),
  });
}
