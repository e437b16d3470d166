import { applyFunction, selectAttribute } from "../../eval/ops.ts";
import { ready } from "../../eval/value.ts";
import type { InputModel } from "../world.ts";
import { flakeUtilsPlus } from "./flake-utils-plus.ts";
import source from "./snowfall.nix";

/**
 * Snowfall Lib (github:snowfallorg/lib): hosts and modules found by their folders. Written anew after
 * snowfall-lib/{default,flake/default,system/default,module/default,fs/default}.nix; homes, packages and overlays are left out.
 */
export const snowfall: InputModel = {
  name: "snowfall-lib",
  matches: ({ owner, repo }) => repo === "snowfall-lib" || (owner === "snowfallorg" && repo === "lib"),
  outputs: (world, input) => {
    const mkFlake = selectAttribute(
      selectAttribute(flakeUtilsPlus.outputs(world, input), "lib", null),
      "mkFlake",
      null,
    );
    const model = applyFunction(world.ours("snowfall-lib", source), [ready(mkFlake)], null);
    const set = world.openInput(input);
    return model.type === "attrs" ? { ...set, entries: new Map([...set.entries, ...model.entries]) } : set;
  },
};
