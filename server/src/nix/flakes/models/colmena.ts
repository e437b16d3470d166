import { attributes } from "../../eval/make.ts";
import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import type { Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import type { InputModel, World } from "../world.ts";

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

const source = `
lib: {
  makeHive = given:
    let
      outer = if given ? outputs.colmena then given.outputs.colmena else given;
      hive = if builtins.isFunction outer then outer { } else outer;
      meta = hive.meta or (hive.network or { });
      names = builtins.filter (name: !(builtins.elem name [ "defaults" "network" "meta" ])) (builtins.attrNames hive);
      modulesOf = name: if builtins.isList hive.\${name} then hive.\${name} else [ hive.\${name} ];
      pkgsOf = name: meta.nodeNixpkgs.\${name} or (meta.nixpkgs or null);
      nodes = lib.genAttrs names (name: lib.nixosSystem {
        pkgs = let pkgs = pkgsOf name; in if builtins.isAttrs pkgs then pkgs else null;
        modules = [ (hive.defaults or { }) ] ++ modulesOf name;
        specialArgs = { inherit name nodes; } // meta.specialArgs or { } // meta.nodeSpecialArgs.\${name} or { };
      });
    in
    { inherit nodes; __schema = "v0.5"; };
}
`;
