import type { InputModel } from "../world.ts";

/** flake-utils (github:numtide/flake-utils, lib.nix), written anew: what distributes outputs over systems. */
export const flakeUtils: InputModel = {
  name: "flake-utils",
  matches: ({ repo }) => repo === "flake-utils",
  outputs: (world, input) => world.openInput(input, [["lib", world.ours("flake-utils", source)]]),
};

const source = `
lib:
let
  defaultSystems = [ "aarch64-linux" "aarch64-darwin" "x86_64-darwin" "x86_64-linux" ];
  eachSystem = systems: make:
    builtins.foldl'
      (all: system:
        let outputs = make system; in
        builtins.foldl'
          (all: name: all // { \${name} = (all.\${name} or { }) // { \${system} = outputs.\${name}; }; })
          all
          (builtins.attrNames outputs))
      { }
      systems;
  eachSystemMap = systems: make: builtins.listToAttrs (map (name: { inherit name; value = make name; }) systems);
in
{
  inherit defaultSystems eachSystem eachSystemMap;
  eachDefaultSystem = eachSystem defaultSystems;
  eachDefaultSystemMap = eachSystemMap defaultSystems;
  eachSystemPassThrough = systems: make: builtins.foldl' (all: system: all // make system) { } systems;
  eachDefaultSystemPassThrough = make: builtins.foldl' (all: system: all // make system) { } defaultSystems;
  system = builtins.listToAttrs (map (name: { inherit name; value = name; }) (defaultSystems ++ [ "i686-linux" "armv7l-linux" "riscv64-linux" ]));
}
`;
