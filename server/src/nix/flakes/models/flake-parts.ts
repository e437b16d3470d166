import { attributes, becauseOf, external, string, wrongType } from "../../eval/make.ts";
import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import type { AttributesValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import { declared, evaluateModules, inputsOf } from "../../modules/evaluate.ts";
import { deferredModule, submodule } from "../../modules/types/compound.ts";
import { attrsOf, emptyList, emptySet, listOf } from "../../modules/types/containers.ts";
import { anyValue, mergeOne, str } from "../../modules/types/scalars.ts";
import { bindType, type ModuleInput } from "../../modules/types/type.ts";
import type { InputModel, World } from "../world.ts";
import { f, packages } from "./packages.ts";

/**
 * flake-parts (github:hercules-ci/flake-parts): `mkFlake` evaluates its modules with the module system and gives
 * `config.flake`. Source: lib.nix, modules/{flake,nixosModules,nixosConfigurations,perSystem,withSystem,moduleWithSystem}.nix,
 * extras/modules.nix. What `perSystem` makes is unknown.
 */
export const flakeParts: InputModel = {
  name: "flake-parts",
  matches: ({ repo }) => repo === "flake-parts",
  outputs: (world, input) => {
    const empty = attributes([]);
    const modules = { ...attributes([["modules", empty], ["easyOverlay", empty], ["flakeModules", empty], ["partitions", empty], ["bundlers", empty]]), rest: external("a module of flake-parts") };
    return world.openInput(input, [["lib", library(world)], ["flakeModules", modules], ["flakeModule", empty]]);
  },
};

function library(world: World): AttributesValue {
  const set: AttributesValue = {
    ...attributes([
      ["mkFlake", f("mkFlake", (args) => f("mkFlake", (module) => mkFlake(world, args, module)))],
      ["importApply", f("importApply", (path) => f("importApply", (given) => importApply(world, path, given)))],
      ["mkPerSystemOption", f("mkPerSystemOption", () => declared(deferredModule(), emptySet()))],
    ]),
    rest: external("lib of flake-parts"),
  };
  return set;
}

function importApply(world: World, path: Thunk, given: Thunk): Value {
  const file = path.force();
  if (file.type !== "path" && file.type !== "string") return file.type === "unknown" ? file : wrongType("a path", file.type, path.at);
  return applyFunction(world.importModule(file.value), [given], path.at);
}

function mkFlake(world: World, given: Thunk, module: Thunk): Value {
  const args = given.force();
  if (args.type !== "attrs") return args.type === "unknown" ? becauseOf(args, "mkFlake") : wrongType("a set", args.type, given.at);
  const inputs = args.entries.get("inputs")?.thunk ?? ready(external("inputs"));
  const self = args.entries.get("self")?.thunk ?? delayed(null, () => selectAttribute(inputs.force(), "self", null));
  const special = args.entries.get("specialArgs")?.thunk.force();
  const specialArgs = new Map<string, Thunk>([
    ["self", self], ["inputs", inputs], ["flake-parts-lib", ready(library(world))],
    ["moduleLocation", ready(string("<flake-parts>"))],
  ]);
  if (special?.type === "attrs") for (const [name, { thunk }] of special.entries) specialArgs.set(name, thunk);
  const evaluation = evaluateModules({
    evaluator: world.evaluator,
    modules: [baseModule(world), ...inputsOf({ type: "list", items: [{ thunk: module }], rest: null, origin: { at: null, step: "builtin", from: [] } }, "<flake.nix>")],
    specialArgs,
    undeclared: "shape",
    foreign: (unseen) => world.foreignPart(unseen),
    importFile: (path) => world.importModule(path),
  });
  const flake = selectAttribute(evaluation.config.force(), "flake", null);
  return flake.type === "attrs" ? { ...flake, rest: flake.rest ?? external("outputs that perSystem makes") } : flake;
}

/** The options of flake-parts that reach NixOS configurations, and the arguments of its modules. */
function baseModule(world: World): ModuleInput {
  const modules = attrsOf(deferredModule(), true);
  const freeform = attributes([["_type", string("option-type")]]);
  const raw = anyValue("raw", mergeOne);
  const flake = submodule([
    {
      file: "<flake-parts>/modules/flake.nix",
      value: ready(attributes([
        ["freeformType", typeValue(freeform, attrsOf(raw, true))],
        ["options", attributes([
          ["nixosConfigurations", declared(attrsOf(raw, true), emptySet())],
          ["nixosModules", declared(modules, emptySet())],
          ["flakeModules", declared(modules, emptySet())],
          ["homeModules", declared(modules, emptySet())],
          ["modules", declared(attrsOf(modules, true), emptySet())],
        ])],
      ])),
    },
  ]);
  const options = attributes([
    ["flake", declared(flake, emptySet())],
    ["systems", declared(listOf(str), emptyList())],
    ["perSystem", declared(deferredModule(), emptySet())],
    ["debug", declared(anyValue("bool", mergeOne), external("debug of flake-parts"))],
  ]);
  const args = attributes([
    ["withSystem", f("withSystem", (system) => f("withSystem", (body) => applyFunction(body.force(), [ready(systemArguments(world, system))], body.at)))],
    ["moduleWithSystem", f("moduleWithSystem", (body) => applyFunction(body.force(), [ready(systemArguments(world, null))], body.at))],
    ["getSystem", f("getSystem", () => external("perSystem of flake-parts"))],
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

function typeValue(tag: AttributesValue, type: Parameters<typeof bindType>[1]): AttributesValue {
  bindType(tag, type);
  return tag;
}

/** The module arguments of `perSystem`. */
function systemArguments(world: World, system: Thunk | null): AttributesValue {
  const known: [string, Thunk | Value][] = [["lib", world.evaluator.lib]];
  if (system) known.push(["system", system], ["pkgs", delayed(null, () => packages(world, system, null))]);
  const names = ["pkgs", "system", "config", "options", "self'", "inputs'", "final"];
  for (const name of names) if (!known.some(([k]) => k === name)) known.push([name, external(`${name} of perSystem`)]);
  return { ...attributes(known), rest: external("an argument of perSystem") };
}
