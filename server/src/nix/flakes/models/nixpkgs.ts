import { namesKnown } from "../../eval/builtins/lib/names.ts";
import { attributes, external, string, wrongType } from "../../eval/make.ts";
import type { Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import type { InputReference } from "../reference.ts";
import type { InputInfo, InputModel, World } from "../world.ts";
import { f } from "./function.ts";
import { nixosSystem } from "./nixos-system.ts";
import { importedPackages, packages } from "./packages.ts";

const systems = [
  "x86_64-linux",
  "aarch64-linux",
  "x86_64-darwin",
  "aarch64-darwin",
  "i686-linux",
  "armv6l-linux",
  "armv7l-linux",
  "riscv64-linux",
  "powerpc64le-linux",
  "x86_64-freebsd",
];

/** The nixpkgs flake (flake.nix of nixpkgs), and nixpkgs.lib, which is its `lib` alone. */
export const nixpkgs: InputModel = {
  name: "nixpkgs",
  matches: ({ repo }: InputReference) =>
    repo !== null &&
    /^(nixpkgs|nixpkgs\.lib|nixpkgs-lib|nixpkgs-(un)?stable|nixpkgs-\d\d\.?\d\d|nixos-unstable|nixpkgs-weekly)$/.test(
      repo,
    ),
  outputs: (world, input) => {
    world.nixpkgsDates.add(input.lastModified);
    const legacy = attributes(
      systems.map((system) => [system, delayed(null, () => packages(world, ready(string(system)), null))]),
    );
    const set = world.openInput({ ...input, virtualPath: "/<nixpkgs>" }, [
      ["lib", libraryOf(world, input)],
      ["legacyPackages", { ...legacy, rest: external("packages of another system") }],
      [
        "nixosModules",
        {
          ...attributes([
            ["readOnlyPkgs", emptyModule()],
            ["notDetected", emptyModule()],
          ]),
          rest: external("a module of nixpkgs"),
        },
      ],
    ]);
    provideNixpkgs(world);
    return set;
  },
};

/** The lib of that nixpkgs: of a revision from the time whose names are all known it has no others. */
function libraryOf(world: World, { lastModified }: InputInfo): Thunk {
  const { lib } = world.evaluator;
  if (lastModified === null || lastModified < namesKnown.from || lastModified > namesKnown.until) return lib;
  return delayed(null, () => {
    const value = lib.force();
    return value.type === "attrs" ? { ...value, rest: null } : value;
  });
}

/** Paths below nixpkgs: what is imported for evaluating systems, and NixOS's modules, which set nothing of microvm.nix. */
export function provideNixpkgs(world: World): void {
  const evalConfig = f("eval-config.nix", (given: Thunk) => {
    const args = given.force();
    if (args.type === "attrs") return nixosSystem(world, args);
    return args.type === "unknown" ? args : wrongType("a set", args.type, given.at);
  });
  world.provide("/<nixpkgs>", (path): Value | null => {
    switch (path) {
      case "":
        return importedPackages(world);
      case "/lib":
      case "/lib/default.nix":
        return world.evaluator.lib.force();
      case "/nixos/lib/eval-config.nix":
        return evalConfig;
      case "/nixos/lib":
        return {
          ...attributes([["evalModules", f("evalModules", (given) => evalConfig.apply(given, null))]]),
          rest: external("nixos/lib"),
        };
      default:
        return path.startsWith("/nixos/modules/") ? emptyModule() : null;
    }
  });
  for (const path of ["/lib", "/nixos/lib/eval-config.nix", "/nixos/lib"]) {
    world.evaluator.imports.set(
      `/<nixpkgs>${path}`,
      delayed(null, () => world.virtualFile(`/<nixpkgs>${path}`) ?? external(path)),
    );
  }
}

/** A module of NixOS: it sets options that are not modelled, and none of microvm.nix. */
export function emptyModule(): Value {
  return attributes([]);
}
