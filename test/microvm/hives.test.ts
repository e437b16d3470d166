import { expect, test } from "vitest";
import { declared, guestOf, volumesOf } from "./workspace.ts";

const inputs = `
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:astro/microvm.nix";
`;
const volume = (image: string) => `microvm.volumes = [ { image = "${image}"; size = 8; mountPoint = "/"; } ];`;
const read = (image: string) => [{ image, size: 8, mountPoint: "/", fsType: "ext4" }];
const hive = `{
  meta = { nixpkgs = import nixpkgs { system = "x86_64-linux"; }; specialArgs = { word = "w"; }; nodeSpecialArgs.b = { word = "b"; }; };
  defaults = { };
  a = { word, ... }: { imports = [ microvm.nixosModules.host ]; microvm.vms.x.config = { ${volume("${word}.img")} }; };
  b = { word, name, nodes, ... }: { imports = [ microvm.nixosModules.microvm ]; ${volume("${name}-${word}.img")} };
}`;

test("the nodes of a hive in a flake", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} outputs = { nixpkgs, microvm, ... }: { colmena = ${hive}; }; }`,
  });
  expect(volumesOf(guestOf(found, "x"))).toEqual(read("w.img"));
  expect(guestOf(found, "x").host).toBe("a");
  expect(volumesOf(guestOf(found, "b"))).toEqual(read("b-b.img"));
});

test("makeHive, and configurations that are its nodes", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.colmena.url = "github:zhaofengli/colmena"; outputs = { self, nixpkgs, microvm, colmena, ... }: {
      colmena = ${hive}; colmenaHive = colmena.lib.makeHive self.outputs.colmena; nixosConfigurations = self.colmenaHive.nodes; }; }`,
  });
  expect(found.guests.map((g) => [g.host, g.name]).sort()).toEqual(
    [
      ["a", "x"],
      [null, "b"],
    ].sort(),
  );
});

test("flake-utils-plus: hosts with defaults", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.fup.url = "github:gytis-ivaskevicius/flake-utils-plus"; outputs = inputs@{ self, fup, ... }: fup.lib.mkFlake {
      inherit self inputs; hostDefaults.modules = [ inputs.microvm.nixosModules.microvm ]; hostDefaults.extraArgs.size = 8;
      sharedOverlays = [ (f: p: { word = "w"; }) ];
      hosts."net.example.a".modules = [ ({ config, pkgs, size, ... }: { microvm.volumes = [ { image = "\${config.networking.hostName}-\${pkgs.word}.img"; inherit size; mountPoint = "/"; } ]; }) ]; }; }`,
  });
  expect(volumesOf(guestOf(found, "net.example.a"))).toEqual(read("a-w.img"));
});

test("snowfall: hosts and modules by folder, helpers by namespace", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.snowfall-lib.url = "github:snowfallorg/lib"; outputs = inputs: inputs.snowfall-lib.mkFlake {
      inherit inputs; src = ./.; snowfall.namespace = "mine"; systems.modules.nixos = [ inputs.microvm.nixosModules.microvm ]; }; }`,
    "lib/default.nix": "{ lib, ... }: { twice = n: n * 2; }",
    "modules/nixos/disk/default.nix":
      '{ config, lib, namespace, ... }: { options.${namespace}.size = lib.mkOption { type = lib.types.int; default = 1; }; config.microvm.volumes = [ { image = "${config.networking.hostName}.img"; size = lib.mine.twice config.mine.size; mountPoint = "/"; } ]; }',
    "systems/x86_64-linux/a/default.nix": "{ inputs, ... }: { mine.size = 4; }",
  });
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("a.img"));
});
