import type { InputModel } from "../world.ts";

/** flake-parts (github:hercules-ci/flake-parts). */
export const flakeParts: InputModel = {
  name: "flake-parts",
  matches: ({ repo }) => repo === "flake-parts",
  outputs: (world, input) => world.openInput(input),
};
