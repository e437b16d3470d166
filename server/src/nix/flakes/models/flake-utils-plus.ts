import { selectAttribute, updateAttributes } from "../../eval/ops.ts";
import type { InputModel } from "../world.ts";
import { flakeUtils } from "./flake-utils.ts";
import source from "./flake-utils-plus.nix";

/** flake-utils-plus (github:gytis-ivaskevicius/flake-utils-plus, lib/mkFlake.nix): hosts with defaults. */
export const flakeUtilsPlus: InputModel = {
  name: "flake-utils-plus",
  matches: ({ repo }) => repo === "flake-utils-plus",
  outputs: (world, input) => {
    const utils = selectAttribute(flakeUtils.outputs(world, input), "lib", null);
    return world.openInput(input, [["lib", updateAttributes(utils, world.ours("flake-utils-plus", source), null)]]);
  },
};
