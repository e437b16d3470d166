import { attributes, becauseOf, boolean, external, string, wrongType } from "../../eval/make.ts";
import { applyFunction, fromRest, selectAttribute } from "../../eval/ops.ts";
import { packageOfNixpkgs } from "../../eval/pieces.ts";
import type { Attribute, AttributesValue, FunctionValue, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import type { World } from "../world.ts";
import { f, origin } from "./function.ts";
import { scriptWriters } from "./scripts.ts";

/** The package set of one system: its packages are unknown; `lib`, platforms, `callPackage` and what overlays add are not. */
export function packages(world: World, system: Thunk, overlays: Thunk | null): Value {
  const self: Thunk = delayed(null, () => {
    const base = basePackages(world, system, self);
    const list = overlays?.force();
    if (!list || (list.type === "list" && list.items.length === 0 && !list.rest)) return base;
    if (list.type !== "list") return list.type === "unknown" ? { ...base, rest: list } : base;
    let set: AttributesValue = base;
    for (const item of list.items) {
      const added = applyFunction(item.thunk.force(), [self, ready(set)], item.thunk.at);
      if (added.type === "attrs" && !item.conditional) {
        set = { ...set, entries: new Map([...set.entries, ...added.entries]), rest: added.rest ?? set.rest };
      } else {
        const reason =
          item.conditional ?? (added.type === "unknown" ? added : wrongType("a set", added.type, item.thunk.at));
        set = { ...base, rest: becauseOf(reason, "overlays") };
      }
    }
    return list.rest ? { ...set, rest: list.rest } : set;
  });
  return self.force();
}

function basePackages(world: World, system: Thunk, self: Thunk): AttributesValue {
  const platform = ready(platformOf(system));
  const set = attributes([
    ["_type", string("pkgs")],
    ["lib", world.evaluator.lib],
    ["path", string("/<nixpkgs>")],
    ["system", system],
    [
      "stdenv",
      open(
        [
          ["hostPlatform", platform],
          ["buildPlatform", platform],
          ["targetPlatform", platform],
          // Old names for what hostPlatform tells.
          ...["isLinux", "isDarwin", "isx86_64", "isAarch64", "isx86_32", "isAarch32"].map(
            (name) => [name, delayed(null, () => selectAttribute(platform.force(), name, null))] as const,
          ),
        ],
        "pkgs.stdenv",
      ),
    ],
    ["hostPlatform", platform],
    ["buildPlatform", platform],
    ["callPackage", f("callPackage", (target) => f("callPackage", (given) => callPackage(world, self, target, given)))],
    ["extend", f("extend", (overlay) => packagesWith(world, system, overlay))],
    ["appendOverlays", f("appendOverlays", (list) => packages(world, system, list))],
    ["nixos", f("nixos", (module) => nixosOf(world, self, module))],
    ["pkgs", self],
    ...scriptWriters(world, self),
  ]);
  return { ...set, rest: external(packageOfNixpkgs) };
}

function packagesWith(world: World, system: Thunk, overlay: Thunk): Value {
  return packages(world, system, ready({ type: "list", items: [{ thunk: overlay }], rest: null, origin }));
}

/** `callPackage f args`: the names that the function wants, from the packages, then the arguments given. */
function callPackage(world: World, self: Thunk, target: Thunk, given: Thunk): Value {
  const source = target.force();
  const f = source.type === "path" || source.type === "string" ? world.importModule(source.value) : source;
  if (f.type !== "function") return f.type === "unknown" ? f : wrongType("a function", f.type, target.at);
  const args = given.force();
  if (args.type !== "attrs") return args.type === "unknown" ? args : wrongType("a set", args.type, given.at);
  const pkgs = self.force();
  const entries = new Map<string, Attribute>();
  if (pkgs.type === "attrs") {
    for (const [name, optional] of f.formals ?? []) {
      const known = pkgs.entries.get(name);
      if (known) entries.set(name, known);
      else if (!args.entries.has(name)) {
        const unknown = fromRest(external(packageOfNixpkgs), name, name, null);
        // Whether nixpkgs has a package of this name decides between it and the default.
        entries.set(
          name,
          optional ? { thunk: ready(unknown), at: null, conditional: unknown } : { thunk: ready(unknown), at: null },
        );
      }
    }
  }
  for (const [name, entry] of args.entries) entries.set(name, entry);
  return applyFunction(f, [ready({ type: "attrs", entries, rest: null, origin })], target.at);
}

function nixosOf(world: World, self: Thunk, module: Thunk): Value {
  const given = module.force();
  const modules: Value =
    given.type === "list" ? given : { type: "list", items: [{ thunk: module }], rest: null, origin };
  const args = attributes([
    ["modules", ready(modules)],
    ["pkgs", self],
  ]);
  return applyFunction(selectAttribute(world.evaluator.lib.force(), "nixosSystem", null), [ready(args)], module.at);
}

/** `stdenv.hostPlatform`, as far as a system's name tells. */
function platformOf(system: Thunk): AttributesValue {
  const name = () => {
    const value = system.force();
    return value.type === "string"
      ? value.value
      : value.type === "unknown"
        ? value
        : wrongType("a string", value.type, system.at);
  };
  const test = (check: (name: string) => boolean): Thunk =>
    delayed(null, () => {
      const text = name();
      return typeof text === "string" ? boolean(check(text)) : becauseOf(text, "system");
    });
  return open(
    [
      ["system", system],
      ["isLinux", test((s) => s.endsWith("-linux"))],
      ["isDarwin", test((s) => s.endsWith("-darwin"))],
      ["isx86_64", test((s) => s.startsWith("x86_64-"))],
      ["isAarch64", test((s) => s.startsWith("aarch64-"))],
      ["isAarch", test((s) => s.startsWith("aarch64-") || s.startsWith("arm"))],
      ["isx86_32", test((s) => s.startsWith("i686-"))],
      ["isAarch32", test((s) => s.startsWith("arm"))],
      ["isx86", test((s) => /^(x86_64|i686)-/.test(s))],
      ["isRiscV", test((s) => s.startsWith("riscv"))],
    ],
    "stdenv.hostPlatform",
  );
}

/** `import nixpkgs { system; overlays; … }` */
export function importedPackages(world: World): FunctionValue {
  return f("nixpkgs", (given) => {
    const args = given.force();
    if (args.type !== "attrs")
      return args.type === "unknown" ? { ...open([], "nixpkgs"), rest: args } : wrongType("a set", args.type, given.at);
    const system =
      args.entries.get("system")?.thunk ??
      args.entries.get("localSystem")?.thunk ??
      ready(external("the system of this machine"));
    return packages(world, system, args.entries.get("overlays")?.thunk ?? null);
  });
}

function open(entries: Iterable<readonly [string, Thunk | Value]>, what: string): AttributesValue {
  return { ...attributes(entries), rest: external(what) };
}
