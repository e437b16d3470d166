import { attributes, external } from "../../eval/make.ts";
import { applyFunction } from "../../eval/ops.ts";
import { ready } from "../../eval/value.ts";
import type { InputModel } from "../world.ts";
import source from "./blueprint.nix";

/**
 * blueprint (github:numtide/blueprint): hosts, modules and packages by their folders. Written anew after lib/default.nix;
 * what makes homes, shells, checks and the hosts of other systems is left out.
 */
export const blueprint: InputModel = {
  name: "blueprint",
  matches: ({ repo }) => repo === "blueprint",
  outputs: (world, input) => {
    const others = attributes(unmodelled.map((name) => [name, external(`${name} of blueprint`)] as const));
    const set = world.openInput(input);
    const model = applyFunction(world.ours("blueprint", source), [ready(others)], null);
    return model.type === "attrs" ? { ...set, entries: new Map([...set.entries, ...model.entries]) } : set;
  },
};

const unmodelled = [
  "checks",
  "darwinConfigurations",
  "devShells",
  "formatter",
  "legacyPackages",
  "mkPackagesFor",
  "nixOnDroidConfigurations",
  "robotnixConfigurations",
  "systemConfigs",
  "templates",
];
