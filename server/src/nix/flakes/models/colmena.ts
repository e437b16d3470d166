import { attributes } from "../../eval/make.ts";
import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import type { Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import type { InputModel, World } from "../world.ts";
import source from "./colmena.nix";

/** Colmena (github:zhaofengli/colmena, src/nix/hive/eval.nix): a set of nodes, each a NixOS configuration. */
export const colmena: InputModel = {
  name: "colmena",
  matches: ({ repo }) => repo === "colmena",
  outputs: (world, input) =>
    world.openInput(input, [
      ["lib", attributes([["makeHive", selectAttribute(model(world), "makeHive", null)]])],
      ["nixosModules", attributes([])],
    ]),
};

/** The nodes of a hive that is not evaluated yet: what `outputs.colmena` or hive.nix holds. */
export function hiveNodes(world: World, hive: Value): Value {
  const made = applyFunction(selectAttribute(model(world), "makeHive", null), [ready(hive)], null);
  return selectAttribute(made, "nodes", null);
}

function model(world: World): Value {
  return world.ours("colmena", source);
}
