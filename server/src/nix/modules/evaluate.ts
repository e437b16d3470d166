import { attached } from "../../base/attached.ts";
import type { Evaluator } from "../eval/builtins/definition.ts";
import { attributes, boolean, fails, nullValue, string, unknown } from "../eval/make.ts";
import { selectAttribute } from "../eval/ops.ts";
import type { AttributesValue, FunctionValue, Thunk, Unknown, Value } from "../eval/value.ts";
import { delayed, Releasable, ready } from "../eval/value.ts";
import { type Collected, collectModules, type Unseen } from "./collect.ts";
import type { Definition, Open } from "./definition.ts";
import { uncertain } from "./definition.ts";
import { assumeDefined, mergeDefinitions } from "./merge.ts";
import type { Module } from "./module.ts";
import type { EvaluatedOption } from "./option.ts";
import { Level, type Undeclared } from "./tree.ts";
import { attrsOf, nullOr } from "./types/containers.ts";
import { typeOf } from "./types/from-value.ts";
import { anyValue, bool, mergeOne } from "./types/scalars.ts";
import { bindType, type MergeContext, type ModuleInput, type OptionType } from "./types/type.ts";

export interface EvaluationRequest {
  readonly evaluator: Evaluator;
  readonly modules: readonly ModuleInput[];
  readonly specialArgs?: ReadonlyMap<string, Thunk>;
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
    if (collecting) return { modules: [], unseen: [] };
    revived?.();
    revived = null;
    collecting = true;
    collected = collectModules([...request.modules, internalModule(request)], args, request.modulesPath ?? "");
    collecting = false;
    return collected;
  };
  const top = (): Level | Unknown => {
    if (root) return root;
    // Only `imports` can ask for values before the modules are found: real Nix recurses without end.
    if (collecting) return unknown({ reason: "cycle" });
    const { modules, unseen } = collect();
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
      ["_prefix", ready(nullValue())],
      ["_class", ready(nullValue())],
    ]),
    other: (name: string) =>
      delayed(null, () => selectAttribute(selectAttribute(internal.force(), "args", null), name, null)),
    importFile: request.importFile ?? ((path: string) => evaluator.importFile(path, null)),
  };
  const config = new Releasable(null, () => {
    const value = whole.force();
    if (value.type !== "attrs") return value;
    const level = top();
    if (request.strict && level instanceof Level) {
      const wrong = unmatchedError(level, value);
      if (wrong) return wrong;
    }
    const entries = new Map(value.entries);
    entries.delete("_module");
    const made: AttributesValue = { ...value, entries };
    evaluations.set(made, evaluation);
    return made;
  });
  const evaluation: Evaluation = {
    request,
    identity: {},
    options,
    internal,
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
    release: (told) => {
      if (collecting || !collected) return;
      revived = told;
      collected = null;
      root = null;
      for (const thunk of [whole, options, internal, config]) thunk.release();
    },
  };
  return evaluation;
}

function contextFor(request: EvaluationRequest): MergeContext {
  const context: MergeContext = {
    evaluator: request.evaluator,
    merge: (loc, type, definitions, opens) => mergeDefinitions(context, loc, type, definitions, opens),
    assume: (loc, type, definitions) => assumeDefined(context, loc, type, definitions),
    freeform: (type, loc, definitions) => mergeDefinitions(context, loc, typeOf(type), definitions, []).read(),
    submodule: ({ loc, modules, specialArgs, open }) =>
      evaluateModules({
        evaluator: request.evaluator,
        modules: [nameModule(loc), ...modules],
        specialArgs,
        prefix: loc,
        undeclared: request.strict ? "drop" : "shape",
        strict: request.strict ?? false,
        open,
        ...(request.foreign ? { foreign: request.foreign } : {}),
        ...(request.importFile ? { importFile: request.importFile } : {}),
      }).config.force(),
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

/** Definitions of undeclared options by `freeformType`, where there is one, beneath the declared ones. */
function withFreeform(context: MergeContext, level: Level, prefix: readonly string[], type: Value | null): Value {
  const { config } = level;
  if (type === null) return config;
  const freeform = context.freeform(type, prefix, level.unmatched());
  if (freeform.type !== "attrs") return freeform.type === "unknown" ? { ...config, rest: freeform } : config;
  return mergeUnder(freeform, config);
}

/** `recursiveUpdate freeform declared`: names of both are sets on the way to declared options. */
function mergeUnder(freeform: AttributesValue, declared: AttributesValue): AttributesValue {
  const entries = new Map(declared.entries);
  for (const [name, entry] of freeform.entries) {
    const other = declared.entries.get(name);
    if (!other || entries.get(name) === undefined) {
      entries.set(name, entry);
      continue;
    }
    entries.set(name, {
      at: other.at,
      thunk: delayed(other.at, () => {
        const [below, above] = [entry.thunk.force(), other.thunk.force()];
        return below.type === "attrs" && above.type === "attrs" ? mergeUnder(below, above) : above;
      }),
    });
  }
  return { ...declared, entries, rest: freeform.rest ?? (freeform.entries.size > 0 ? null : declared.rest) };
}

function unmatchedError(level: Level, whole: AttributesValue): Unknown | null {
  const internal = whole.entries.get("_module")?.thunk.force();
  if (internal?.type !== "attrs") return null;
  const check = internal.entries.get("check")?.thunk.force();
  const freeform = internal.entries.get("freeformType")?.thunk.force();
  if (check?.type === "boolean" && !check.value) return null;
  if (freeform && freeform.type !== "null") return null;
  const [first] = level.unmatched();
  return first ? fails("A definition is of an option that does not exist.", first.at, "throw") : null;
}

/** `name` of a submodule: the attribute name that it is bound to. */
function nameModule(loc: readonly string[]): ModuleInput {
  const args = attributes([["name", string(loc[loc.length - 1] ?? "")]]);
  const config = attributes([["_module", ready(attributes([["args", ready(args)]]))]]);
  return { value: ready(config), file: "<lib/types.nix>", onlyConfig: true };
}

/** Made once: all evaluations share it. */
let internalOptions: Thunk | null = null;

function makeInternalOptions(): Thunk {
  const options = attributes([
    ["args", declared(attrsOf(anyValue("raw", mergeOne), true))],
    ["check", declared(bool, boolean(true))],
    ["freeformType", declared(nullOr(anyValue("optionType", mergeOne)), nullValue())],
    ["specialArgs", declared(anyValue("unspecified", mergeOne))],
  ]);
  return ready(attributes([["_module", ready(options)]]));
}

/** The options `_module.…` that every evaluation has. */
function internalModule(request: EvaluationRequest): ModuleInput {
  internalOptions ??= makeInternalOptions();
  const special = ready(attributes(request.specialArgs ?? []));
  const module = attributes([
    ["_file", string("lib/modules.nix")],
    ["key", string("lib/modules.nix")],
    ["options", internalOptions],
    [
      "config",
      attributes([
        [
          "_module",
          ready(
            attributes([
              ["specialArgs", special],
              ["args", ready(attributes([["extendModules", extender(request)]]))],
            ]),
          ),
        ],
      ]),
    ],
  ]);
  return { value: ready(module), file: "lib/modules.nix" };
}

/** `extendModules { modules; specialArgs; }`: the same evaluation with more modules; gives `{ config, options, … }`. */
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
      const more = given.entries.get("modules")?.thunk.force();
      const special = given.entries.get("specialArgs")?.thunk.force();
      const modules = more === undefined ? [] : inputsOf(more, "<extendModules>");
      const specialArgs = new Map(request.specialArgs ?? []);
      if (special?.type === "attrs") for (const [name, { thunk }] of special.entries) specialArgs.set(name, thunk);
      return result(evaluateModules({ ...request, modules: [...request.modules, ...modules], specialArgs }));
    },
  };
}

/** A list of modules as a program gives it; what is not known of it becomes an unknown module. */
export function inputsOf(value: Value, file: string): ModuleInput[] {
  if (value.type !== "list") {
    const reason =
      value.type === "unknown" ? value : unknown({ reason: "wrong-type", expected: "a list", found: value.type });
    return [{ value: ready(reason), file }];
  }
  const inputs: ModuleInput[] = value.items.map((item) => ({
    value: item.thunk,
    file,
    conditional: item.conditional ?? null,
  }));
  return value.rest ? [...inputs, { value: ready(value.rest), file }] : inputs;
}

/** The result of `lib.evalModules` as a set. */
export function asSet(evaluation: Evaluation): AttributesValue {
  return attributes([
    ["_type", string("configuration")],
    ["config", evaluation.config],
    ["options", evaluation.options],
    ["_module", evaluation.internal],
    ["extendModules", extender(evaluation.request)],
    ["class", nullValue()],
  ]);
}

/** An option for `options` that is written in TypeScript. */
export function declared(type: OptionType, fallback?: Value | Thunk): AttributesValue {
  const tag = attributes([
    ["_type", string("option-type")],
    ["name", string(type.name)],
  ]);
  bindType(tag, type);
  const entries: [string, Value | Thunk][] = [
    ["_type", string("option")],
    ["type", tag],
  ];
  if (fallback) entries.push(["default", fallback]);
  return attributes(entries);
}
