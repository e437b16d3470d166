import { list, string } from "../../eval/make.ts";
import { ready } from "../../eval/value.ts";
import type { InputModel } from "../world.ts";

const x86 = "x86_64-linux";
const arm = "aarch64-linux";
const mac = ["aarch64-darwin", "x86_64-darwin"];

/** The lists of systems that flakes import (github:nix-systems/…, default.nix of each). */
const lists: Readonly<Record<string, readonly string[]>> = {
  default: [arm, ...mac, x86],
  "default-linux": [arm, x86],
  "default-darwin": mac,
  "x86_64-linux": [x86],
  "aarch64-linux": [arm],
};

export const systems: InputModel = {
  name: "systems",
  matches: ({ owner, repo }) => owner === "nix-systems" && repo !== null && repo in lists,
  outputs: (world, input) => world.openInput(input),
  file: (_world, { reference }, path) => {
    const names = path === "" || path === "/default.nix" ? lists[reference?.repo ?? ""] : undefined;
    return names ? list(names.map((name) => ready(string(name)))) : null;
  },
};
