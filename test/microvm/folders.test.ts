import { expect, test } from "vitest";
import { declared, guestOf, volumesOf } from "./workspace.ts";

const inputs = `
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:astro/microvm.nix";
`;
const read = (image: string) => [{ image, size: 8, mountPoint: "/", fsType: "ext4" }];

test("haumea: files by name, seen by who may, with each other as arguments", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.haumea.url = "github:nix-community/haumea"; outputs = { nixpkgs, microvm, haumea, ... }:
      let tree = haumea.lib.load { src = ./tree; inputs = { inherit (nixpkgs) lib; }; transformer = haumea.lib.transformers.liftDefault; }; in {
        nixosConfigurations = builtins.mapAttrs (name: settings: nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm {
          microvm.volumes = [ { image = "\${name}-\${toString (builtins.attrNames settings)}-\${settings.word}.img"; inherit (settings) size; mountPoint = "/"; } ]; } ]; }) tree.guests; }; }`,
    "tree/guests/a/default.nix": "{ super, root, lib, ... }: { size = lib.max 2 super.half * root.two; }",
    "tree/guests/a/__half.nix": "{ }: 4",
    "tree/guests/a/word.nix": '{ self, super }: "w-${toString (super.guests.a.size or super.size)}"',
    "tree/_two.nix": "2",
    "tree/readme.md": "",
  });
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("a-size word-w-8.img"));
  expect(found.problems).toEqual([]);
});

test("haumea: other loaders and matchers, and lists that are hoisted", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.haumea.url = "github:nix-community/haumea"; outputs = { self, nixpkgs, microvm, haumea, ... }:
      let
        inherit (haumea.lib) load loaders matchers transformers;
        modules = load { src = ./modules; loader = loaders.path; };
        data = load { src = ./data; loader = [ matchers.json (matchers.regex "(.*)[.]img[.]txt" (found: _: path: builtins.head found)) ]; };
        hoisted = load { src = ./hoisted; loader = loaders.verbatim; transformer = transformers.hoistLists "_imports" "imports"; };
      in {
        nixosConfigurations.a = nixpkgs.lib.nixosSystem { specialArgs = { inherit data; }; modules = [ microvm.nixosModules.microvm modules.deep.disk ] ++ hoisted.imports; }; }; }`,
    "modules/deep/disk.nix":
      '{ data, config, ... }: { microvm.volumes = [ { image = "${data."disk.img"}-${config.networking.hostName}.img"; inherit (data.sizes) size; mountPoint = "/"; } ]; }',
    "data/sizes.json": '{ "size": 8 }',
    "data/disk.img.txt": "",
    "hoisted/one.nix": '{ _imports = [ { networking.hostName = "h"; } ]; }',
  });
  // The name of a file ends before its last dot.
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("disk-h.img"));
});

test("blueprint: hosts, modules and packages by folder", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.blueprint.url = "github:numtide/blueprint"; outputs = inputs: inputs.blueprint { inherit inputs; prefix = "nix"; }; }`,
    "nix/hosts/a/configuration.nix": `{ flake, inputs, hostName, ... }: { imports = [ inputs.microvm.nixosModules.microvm flake.nixosModules.disk ];
      networking = { inherit hostName; }; mine.size = flake.lib.eight; }`,
    "nix/hosts/b/default.nix": `{ flake, inputs, hostName }: { class = "nixos"; value = inputs.nixpkgs.lib.nixosSystem { modules = [
      inputs.microvm.nixosModules.microvm flake.modules.nixos.disk { networking = { inherit hostName; }; } ]; }; }`,
    "nix/hosts/mac/darwin-configuration.nix": "{ }",
    "nix/modules/nixos/disk.nix": `{ config, lib, ... }: { options.mine.size = lib.mkOption { type = lib.types.int; default = 8; };
      config.microvm.volumes = [ { image = "\${config.networking.hostName}.img"; size = config.mine.size; mountPoint = "/"; } ]; }`,
    "nix/modules/nixos/given.nix": "{ flake, inputs }: { imports = [ ]; }",
    "nix/lib/default.nix": "{ inputs, flake, ... }: { eight = 8; }",
    "nix/packages/vm.nix": `{ pkgs, inputs, flake, system, pname, ... }: (inputs.nixpkgs.lib.nixosSystem { inherit system; modules = [
      inputs.microvm.nixosModules.microvm { microvm.volumes = [ { image = "\${pname}.img"; size = 8; mountPoint = "/"; } ]; } ]; }).config.microvm.declaredRunner`,
  });
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("a.img"));
  expect(volumesOf(guestOf(found, "b"))).toEqual(read("b.img"));
  expect(volumesOf(guestOf(found, "vm"))).toEqual(read("vm.img"));
  expect(found.problems).toEqual([]);
});

test("flake-parts: modules by name may be sets of modules, where nobody declared them", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.flake-parts.url = "github:hercules-ci/flake-parts";
      outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } ({ config, ... }: { systems = [ ];
        flake.modules.nixos.disks = { root = { microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = "/"; } ]; }; };
        flake.nixosConfigurations.a = inputs.nixpkgs.lib.nixosSystem { modules = [ inputs.microvm.nixosModules.microvm config.flake.modules.nixos.disks.root ]; };
      }); }`,
  });
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("a.img"));
});

const disk = `{ config, flake ? { }, ezModules ? { }, ... }: { microvm.volumes = [ { image = "\${config.networking.hostName}.img"; size = 8; mountPoint = "/"; } ]; }`;

test("nixos-unified: configurations by folder, with the flake as argument", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.flake-parts.url = "github:hercules-ci/flake-parts"; inputs.nixos-unified.url = "github:srid/nixos-unified";
      outputs = inputs: inputs.nixos-unified.lib.mkFlake { inherit inputs; root = ./.; }; }`,
    "modules/flake/wire.nix":
      "{ inputs, ... }: { imports = [ inputs.nixos-unified.flakeModules.default inputs.nixos-unified.flakeModules.autoWire ]; }",
    "modules/nixos/disk.nix": disk,
    "configurations/nixos/a/default.nix": `{ flake, ... }: { imports = [ flake.inputs.microvm.nixosModules.microvm flake.self.nixosModules.disk ]; networking.hostName = "h"; }`,
    "configurations/nixos/b.nix": `{ flake, ... }: { imports = [ flake.inputs.microvm.nixosModules.microvm flake.inputs.self.nixosModules.disk ]; networking.hostName = "b"; }`,
  });
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("h.img"));
  expect(volumesOf(guestOf(found, "b"))).toEqual(read("b.img"));
});

test("ez-configs: configurations by folder, with modules by name and a default one", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.flake-parts.url = "github:hercules-ci/flake-parts"; inputs.ez-configs.url = "github:ehllie/ez-configs";
      outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } { systems = [ ]; imports = [ inputs.ez-configs.flakeModule ];
        ezConfigs = { root = ./.; globalArgs = { inherit inputs; }; nixos.hosts.b.importDefault = false; }; }; }`,
    "nixos-modules/default.nix": "{ inputs, ... }: { imports = [ inputs.microvm.nixosModules.microvm ]; }",
    "nixos-modules/disk.nix": disk,
    "nixos-configurations/a.nix": "{ ezModules, ... }: { imports = [ ezModules.disk ]; }",
    "nixos-configurations/b/default.nix": "{ ezModules, ... }: { }",
  });
  expect(volumesOf(guestOf(found, "a"))).toEqual(read("a.img"));
  expect(found.guests.map((g) => g.name)).toEqual(["a"]);
});
