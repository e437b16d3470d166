import { attributes, becauseOf, external, list, string, wrongType } from "../../eval/make.ts";
import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import type { AttributesValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import { type Evaluation, evaluateModules } from "../../modules/evaluate.ts";
import { declared, inputsOf } from "../../modules/inputs.ts";
import { attrsOf, emptyList, emptySet, listOf } from "../../modules/types/containers.ts";
import { deferredModule, submodule } from "../../modules/types/modules.ts";
import { anyValue, mergeOne, str } from "../../modules/types/scalars.ts";
import { bindType, type ModuleInput, type OptionType } from "../../modules/types/type.ts";
import type { InputModel, World } from "../world.ts";
import { PerSystem } from "./flake-parts-system.ts";
import { f } from "./function.ts";

/**
 * flake-parts (github:hercules-ci/flake-parts): `mkFlake` evaluates its modules with the module system and gives
 * `config.flake`. Source: lib.nix, modules/{flake,nixosModules,nixosConfigurations,perSystem,transposition,withSystem,
 * moduleWithSystem}.nix, extras/modules.nix.
 */
export const flakeParts: InputModel = {
  name: "flake-parts",
  matches: ({ repo }) => repo === "flake-parts",
  outputs: (world, input) => {
    const empty = attributes([]);
    const modules = attributes([
      ["modules", empty],
      ["easyOverlay", empty],
      ["flakeModules", empty],
      ["partitions", empty],
      ["bundlers", empty],
    ]);
    return world.openInput(input, [
      ["lib", library(world)],
      ["flakeModules", { ...modules, rest: external("a module of flake-parts") }],
      ["flakeModule", empty],
    ]);
  },
};

/** What `lib` of flake-parts has, or had in an older version, beyond what is modelled: the set as such is known whole. */
const unmodelled = [
  "attrsWith",
  "defaultModule",
  "evalFlakeModule",
  "findInputByOutPath",
  "findInputsByOutPath",
  "importAndPublish",
  "isFlake",
  "memoizeStr",
  "mkAliasOptionModule",
  "mkDeferredModuleOption",
  "mkDeferredModuleType",
  "mkIfNonEmptySet",
  "mkPerSystemModule",
  "mkPerSystemType",
];

function library(world: World): AttributesValue {
  const perSystemOption = (module: Thunk) => declared(deferredModule([module]), emptySet());
  return attributes([
    ...unmodelled.map((name) => [name, external(`flake-parts.lib.${name}`)] as const),
    ...modelled(world, perSystemOption),
  ]);
}

function modelled(world: World, perSystemOption: (module: Thunk) => Value): [string, Value][] {
  return [
    ["mkFlake", f("mkFlake", (args) => f("mkFlake", (module) => mkFlake(world, args, module)))],
    ["importApply", f("importApply", (path) => f("importApply", (given) => importApply(world, path, given)))],
    ["mkPerSystemOption", f("mkPerSystemOption", perSystemOption)],
    ["mkSubmoduleOptions", f("mkSubmoduleOptions", submoduleOptions)],
    ["mkTransposedPerSystemModule", f("mkTransposedPerSystemModule", transposedModule)],
  ];
}

/** An option that adds options to a submodule which others declare. */
function submoduleOptions(options: Thunk): Value {
  return declared(submodule([{ value: ready(attributes([["options", options]])), file: "<flake-parts>" }]));
}

function importApply(world: World, path: Thunk, given: Thunk): Value {
  const file = path.force();
  if (file.type !== "path" && file.type !== "string")
    return file.type === "unknown" ? file : wrongType("a path", file.type, path.at);
  return applyFunction(world.importModule(file.value), [given], path.at);
}

/** A module that gives the flake an output per system: what `perSystem` sets under the same name. */
function transposedModule(given: Thunk): Value {
  const args = given.force();
  const name = args.type === "attrs" ? args.entries.get("name")?.thunk.force() : undefined;
  const option = args.type === "attrs" ? args.entries.get("option")?.thunk : undefined;
  if (name?.type !== "string" || !option) return external("mkTransposedPerSystemModule");
  const inner = attributes([["options", attributes([[name.value, option]])]]);
  const module: Value = {
    ...f("transposition", (argument) => {
      const outer = argument.force();
      const bySystem = outer.type === "attrs" ? outer.entries.get("_bySystem")?.thunk : undefined;
      const values = delayed(null, () =>
        bySystem ? applyFunction(bySystem.force(), [ready(name)], null) : external("perSystem of flake-parts"),
      );
      return attributes([
        ["options", attributes([["perSystem", declared(deferredModule([ready(inner)]), emptySet())]])],
        ["config", attributes([["flake", ready(attributes([[name.value, values]]))]])],
      ]);
    }),
    formals: new Map([["_bySystem", false]]),
    ellipsis: true,
  };
  return attributes([["imports", list([ready(module)])]]);
}

function mkFlake(world: World, given: Thunk, module: Thunk): Value {
  const args = given.force();
  if (args.type !== "attrs")
    return args.type === "unknown" ? becauseOf(args, "mkFlake") : wrongType("a set", args.type, given.at);
  const inputs = args.entries.get("inputs")?.thunk ?? ready(external("inputs"));
  const self = args.entries.get("self")?.thunk ?? delayed(null, () => selectAttribute(inputs.force(), "self", null));
  const special = args.entries.get("specialArgs")?.thunk.force();
  const specialArgs = new Map<string, Thunk>([
    ["self", self],
    ["inputs", inputs],
    ["flake-parts-lib", ready(library(world))],
    ["moduleLocation", ready(string("<flake-parts>"))],
  ]);
  if (special?.type === "attrs") for (const [name, { thunk }] of special.entries) specialArgs.set(name, thunk);
  let made: Evaluation | null = null;
  const systems = new PerSystem(world, inputs, () => made?.config.force() ?? external("perSystem"));
  const evaluation = evaluateModules({
    evaluator: world.evaluator,
    modules: [
      baseModule(systems),
      ...inputsOf(
        { type: "list", items: [{ thunk: module }], rest: null, origin: { at: null, step: "builtin", from: [] } },
        "<flake.nix>",
      ),
    ],
    specialArgs,
    undeclared: "shape",
    foreign: (unseen) => world.foreignPart(unseen),
    importFile: (path) => world.importModule(path),
  });
  made = evaluation;
  const flake = selectAttribute(evaluation.config.force(), "flake", null);
  if (flake.type !== "attrs") return flake;
  const entries = new Map(flake.entries);
  for (const name of ["packages", "legacyPackages", "apps", "checks", "devShells", "formatter"]) {
    if (!entries.has(name)) entries.set(name, { at: null, thunk: delayed(null, () => systems.transposed(name)) });
  }
  return { ...flake, entries, rest: flake.rest };
}

/**
 * `flake.modules.<class>.<name>` is an option only where flakeModules.modules or some other part declares it, and else a
 * value like any other output. Several definitions only go together in the first case; one is the same in both.
 */
const moduleOrValue: OptionType = {
  ...deferredModule(),
  check: () => true,
  merge: (context, loc, definitions, open) => {
    const [only] = definitions;
    return only && definitions.length === 1 && !open && !only.conditional
      ? only.value
      : deferredModule().merge(context, loc, definitions, open);
  },
};

/** The options of flake-parts that reach NixOS configurations, and the arguments of its modules. */
function baseModule(systems: PerSystem): ModuleInput {
  const modules = attrsOf(deferredModule(), true);
  const freeform = attributes([["_type", string("option-type")]]);
  const raw = anyValue("raw", mergeOne);
  bindType(freeform, attrsOf(raw, true));
  const flakeOptions = attributes([
    ["nixosConfigurations", declared(attrsOf(raw, true), emptySet())],
    ["nixosModules", declared(modules, emptySet())],
    ["flakeModules", declared(modules, emptySet())],
    ["homeModules", declared(modules, emptySet())],
    ["modules", declared(attrsOf(attrsOf(moduleOrValue, true), true), emptySet())],
  ]);
  const flake = submodule([
    {
      file: "<flake-parts>",
      value: ready(
        attributes([
          ["freeformType", freeform],
          ["options", flakeOptions],
        ]),
      ),
    },
  ]);
  const options = attributes([
    ["flake", declared(flake, emptySet())],
    ["systems", declared(listOf(str), emptyList())],
    ["perSystem", declared(deferredModule(), emptySet())],
    ["debug", declared(anyValue("bool", mergeOne), external("debug of flake-parts"))],
  ]);
  const args = attributes([
    [
      "withSystem",
      f("withSystem", (system) =>
        f("withSystem", (body) => applyFunction(body.force(), [ready(systems.arguments(system))], body.at)),
      ),
    ],
    [
      "moduleWithSystem",
      f("moduleWithSystem", (body) => applyFunction(body.force(), [ready(systems.arguments(null))], body.at)),
    ],
    ["getSystem", f("getSystem", (system) => systems.configuration(system))],
    [
      "_bySystem",
      f("transposed", (name) => {
        const text = name.force();
        return text.type === "string" ? systems.transposed(text.value) : external("perSystem");
      }),
    ],
    ["extendModules", external("extendModules of flake-parts")],
  ]);
  const module = attributes([
    ["_file", string("<flake-parts>")],
    ["key", string("<flake-parts>")],
    ["options", options],
    ["config", attributes([["_module", ready(attributes([["args", ready(args)]]))]])],
  ]);
  return { value: ready(module), file: "<flake-parts>" };
}
