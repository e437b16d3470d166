import type { InputModel } from "../world.ts";
import source from "./ez-configs.nix";

/**
 * ez-configs (github:ehllie/ez-configs): configurations and modules by folder, for flake-parts. Written anew after
 * flake-module.nix; homes and macOS are left out.
 */
export const ezConfigs: InputModel = {
  name: "ez-configs",
  matches: ({ repo }) => repo === "ez-configs",
  outputs: (world, input) => world.openInput(input, [["flakeModule", world.ours("ez-configs", source)]]),
};
