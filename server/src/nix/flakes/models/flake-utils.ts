import { attributes, external } from "../../eval/make.ts";
import type { Value } from "../../eval/value.ts";
import type { InputModel, World } from "../world.ts";
import source from "./flake-utils.nix";

/** flake-utils (github:numtide/flake-utils, lib.nix), written anew: what distributes outputs over systems. */
export const flakeUtils: InputModel = {
  name: "flake-utils",
  matches: ({ repo }) => repo === "flake-utils",
  outputs: (world, input) => world.openInput(input, [["lib", library(world)]]),
};

/** Functions over packages, which say nothing of configurations. */
const unmodelled = ["flattenTree", "filterPackages", "simpleFlake", "check-utils"];

function library(world: World): Value {
  const written = world.ours("flake-utils", source);
  if (written.type !== "attrs") return written;
  const others = attributes(unmodelled.map((name) => [name, external(`flake-utils.lib.${name}`)] as const));
  return { ...written, entries: new Map([...others.entries, ...written.entries]) };
}
