import type { Definition } from "../../eval/builtins/definition.ts";
import { attributes, becauseOf, external, nullValue, string, wrongType } from "../../eval/make.ts";
import { selectAttribute } from "../../eval/ops.ts";
import type { AttributesValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import { type Evaluation, extender } from "../../modules/evaluate.ts";
import { inputsOf } from "../../modules/inputs.ts";
import type { ModuleInput } from "../../modules/types/type.ts";
import type { World } from "../world.ts";
import { nixosOptions } from "./nixos-options.ts";
import { packages } from "./packages.ts";

/** `lib.nixosSystem` of the nixpkgs flake: flake.nix and nixos/lib/eval-config.nix of nixpkgs. */
export function nixosSystemDefinition(world: World): Definition {
  return {
    name: "lib.nixosSystem",
    parameters: ["arguments"],
    signature: "{ modules, specialArgs ? { }, system ? null, … } -> { config, options, … }",
    source: "nixos/lib/eval-config.nix",
    run: (call, given) => {
      const args = given.force();
      if (args.type === "unknown") return becauseOf(args, "nixosSystem", call.at);
      if (args.type !== "attrs") return wrongType("a set", args.type, call.at);
      return nixosSystem(world, args);
    },
  };
}

/** The configuration that these arguments of `nixosSystem` (or eval-config.nix) make. */
export function nixosSystem(world: World, args: AttributesValue): Value {
  const get = (name: string) => args.entries.get(name)?.thunk;
  const special = get("specialArgs")?.force();
  const specialArgs = new Map<string, Thunk>([["modulesPath", ready(string("/<nixpkgs>/nixos/modules"))]]);
  if (special?.type === "attrs") for (const [name, { thunk }] of special.entries) specialArgs.set(name, thunk);
  const modules = get("modules")?.force();
  const extra = get("extraModules")?.force();
  const inputs: ModuleInput[] = [
    baseModule(world, get("pkgs") ?? null, get("system") ?? null, get("extraArgs") ?? null),
    ...(extra ? inputsOf(extra, "<extraModules>") : []),
    ...(modules ? inputsOf(modules, "<modules of nixosSystem>") : []),
  ];
  const prefix = get("prefix")?.force();
  const places = prefix?.type === "list" ? prefix.items.map((item) => item.thunk.force()) : [];
  return systemValue(
    world.evaluateSystem({
      modules: inputs,
      specialArgs,
      prefix: places.flatMap((p) => (p.type === "string" ? [p.value] : [])),
    }),
  );
}

/** The set that `nixosSystem` returns. */
export function systemValue(evaluation: Evaluation): AttributesValue {
  const argument = (name: string) =>
    delayed(null, () => selectAttribute(selectAttribute(evaluation.internal.force(), "args", null), name, null));
  return attributes([
    ["_type", string("configuration")],
    ["config", evaluation.config],
    ["options", evaluation.options],
    ["pkgs", argument("pkgs")],
    ["lib", evaluation.request.evaluator.lib],
    ["_module", evaluation.internal],
    ["extendModules", extender(evaluation.request, systemValue)],
    ["extraArgs", attributes([])],
    ["type", external("the type of a NixOS configuration")],
    ["class", string("nixos")],
  ]);
}

/** What NixOS itself declares, as far as it reaches volumes, and the arguments that every module gets. */
export function baseModule(
  world: World,
  pkgs: Thunk | null,
  system: Thunk | null,
  extraArgs: Thunk | null,
): ModuleInput {
  const base = (config: Value): Value => {
    const option = (path: readonly string[]) =>
      path.reduce<Value>((set, name) => selectAttribute(set, name, null), config);
    const chosenSystem = delayed(null, () => systemName(system, option));
    const given = pkgs?.force();
    const made = delayed(null, () => {
      if (given && given.type !== "null") return given;
      return packages(
        world,
        chosenSystem,
        delayed(null, () => option(["nixpkgs", "overlays"])),
      );
    });
    const args: [string, Thunk | Value][] = [["pkgs", made]];
    const extra = extraArgs?.force();
    if (extra?.type === "attrs") for (const [name, { thunk }] of extra.entries) args.push([name, thunk]);
    return attributes([
      ["_file", string("<nixpkgs>/nixos")],
      ["key", string("<nixpkgs>/nixos")],
      ["options", nixosOptions(option)],
      [
        "config",
        attributes([
          [
            "_module",
            ready(
              attributes([["args", ready({ ...attributes(args), rest: extra?.type === "attrs" ? extra.rest : null })]]),
            ),
          ],
        ]),
      ],
    ]);
  };
  const f: Value = {
    type: "function",
    name: "NixOS",
    formals: null,
    ellipsis: false,
    origin: { at: null, step: "builtin", from: [] },
    apply: (argument) => {
      const given = argument.force();
      const config = given.type === "attrs" ? given.entries.get("config")?.thunk : undefined;
      return lazily(config, base);
    },
  };
  return { value: ready(f), file: "<nixpkgs>/nixos" };
}

/** `base` must not look at the configuration while the modules are being collected: it gets it piece by piece. */
function lazily(config: Thunk | undefined, base: (config: Value) => Value): Value {
  const whole: AttributesValue = {
    type: "attrs",
    entries: new LazyNames(config),
    rest: null,
    origin: { at: null, step: "builtin", from: [] },
  };
  return base(whole);
}

class LazyNames extends Map<string, { readonly thunk: Thunk; readonly at: null }> {
  readonly #config: Thunk | undefined;
  constructor(config: Thunk | undefined) {
    super();
    this.#config = config;
  }
  override get(name: string) {
    const config = this.#config;
    return { at: null, thunk: delayed(null, () => selectAttribute(config ? config.force() : nullValue(), name, null)) };
  }
  override has() {
    return true;
  }
}

function systemName(system: Thunk | null, option: (path: readonly string[]) => Value): Value {
  const given = system?.force();
  if (given && given.type !== "null") return given;
  const platform = option(["nixpkgs", "hostPlatform"]);
  if (platform.type === "attrs") return selectAttribute(platform, "system", null);
  if (platform.type !== "unknown" && platform.type !== "null") return platform;
  return option(["nixpkgs", "system"]);
}
