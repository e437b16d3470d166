import { attributes, external, wrongType } from "../../eval/make.ts";
import { coerceToString } from "../../eval/ops.ts";
import type { Thunk, Value } from "../../eval/value.ts";
import { ready } from "../../eval/value.ts";
import type { InputModel, World } from "../world.ts";
import { f } from "./function.ts";

/** flake-compat (default.nix): `import flake-compat { src = …; }` gives the outputs of the flake at `src`. */
export const flakeCompat: InputModel = {
  name: "flake-compat",
  matches: ({ repo }) => repo === "flake-compat",
  outputs: (world, input) => world.openInput(input),
  file: (world, _input, path) =>
    path === "" || path === "/" || path === "/default.nix" ? f("flake-compat", (given) => compat(world, given)) : null,
};

function compat(world: World, given: Thunk): Value {
  const args = given.force();
  if (args.type !== "attrs") return args.type === "unknown" ? args : wrongType("a set", args.type, given.at);
  const src = args.entries.get("src")?.thunk;
  const path = src && coerceToString(src.force(), "plain", src.at);
  const outputs = path?.type === "string" ? world.flakeOf(path.value) : null;
  const value = outputs ?? external("flake by way of flake-compat", given.at);
  const set = attributes([
    ["defaultNix", ready(value)],
    ["outputs", ready(value)],
  ]);
  return { ...set, rest: external("flake-compat", given.at) };
}
