import { selectAttribute } from "../../eval/ops.ts";
import type { InputModel } from "../world.ts";
import source from "./nixos-unified.nix";

/**
 * nixos-unified (github:srid/nixos-unified): configurations and modules by folder, for flake-parts. Written anew after
 * flake.nix and nix/modules/flake-parts/{lib,autowire}.nix; homes, macOS and overlays are left out.
 */
export const nixosUnified: InputModel = {
  name: "nixos-unified",
  matches: ({ repo }) => repo === "nixos-unified" || repo === "nixos-flake",
  outputs: (world, input) => {
    const model = world.ours("nixos-unified", source);
    if (model.type !== "attrs") return world.openInput(input);
    const part = (name: string) => [name, selectAttribute(model, name, null)] as const;
    return world.openInput(input, [part("flakeModules"), part("flakeModule"), part("lib")]);
  },
};
