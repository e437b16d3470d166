import type { InputModel } from "../world.ts";
import source from "./haumea.nix";

/**
 * haumea (github:nix-community/haumea): a tree of files as a set. Written anew after src/load.nix, src/__parsePath.nix,
 * src/loaders, src/matchers and src/transformers; loadEvalTests is left out.
 */
export const haumea: InputModel = {
  name: "haumea",
  matches: ({ repo }) => repo === "haumea",
  outputs: (world, input) => world.openInput(input, [["lib", world.ours("haumea", source)]]),
};
