import { expect, test } from "vitest";
import { declared, guestOf, volumesOf } from "./workspace.ts";

const inputs = `
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
`;
const system = (image: string, more = "") =>
  `nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ microvm.nixosModules.microvm { ${more}
    microvm.volumes = [ { image = "${image}"; size = 8; mountPoint = "/"; } ]; } ]; }`;
const flake = (outputs: string) =>
  declared({ "flake.nix": `{ ${inputs} outputs = { self, nixpkgs, microvm }: ${outputs}; }` });
const image = (text: string) => [{ image: text, size: 8, mountPoint: "/", fsType: "ext4" }];

test("a guest that is a package only", async () => {
  const found = await flake(`let vm = ${system("a.img", 'networking.hostName = "box";')}; in {
    packages.x86_64-linux = rec { tool = nixpkgs.legacyPackages.x86_64-linux.hello; default = sandbox; sandbox = vm.config.microvm.declaredRunner; };
  }`);
  expect(found.guests.map((g) => [g.name, g.nameFrom, g.host])).toEqual([["sandbox", "packages", null]]);
  expect(volumesOf(guestOf(found, "sandbox"))).toEqual(image("a.img"));
  expect(guestOf(found, "sandbox").directoryNames).toEqual(["sandbox", "box"]);
});

test("one that has no name but default is called like its host", async () => {
  const found = await flake(`{ packages.aarch64-linux.default =
    (${system("a.img", 'networking.hostName = "box";')}).config.microvm.runner.qemu; }`);
  expect(found.guests.map((g) => g.name)).toEqual(["box"]);
});

test("a guest whose runner is a program of an app, or changed a little", async () => {
  const found = await flake(`let runner = image: (${system("${image}")}).config.microvm.declaredRunner; in {
    apps.x86_64-linux.start = { type = "app"; program = "\${runner "a.img"}/bin/microvm-run"; };
    packages.x86_64-linux.named = runner "b.img" // { meta.mainProgram = "microvm-run"; };
  }`);
  expect(volumesOf(guestOf(found, "start"))).toEqual(image("a.img"));
  expect(volumesOf(guestOf(found, "named"))).toEqual(image("b.img"));
});

test("a configuration that is offered as well is one guest, and so is one of several systems", async () => {
  const found = await flake(`{
    nixosConfigurations.a = ${system("a.img")};
    packages = nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (_: {
      default = self.nixosConfigurations.a.config.microvm.declaredRunner;
      other = (${system("b.img")}).config.microvm.declaredRunner;
    });
  }`);
  expect(found.guests.map((g) => [g.name, g.nameFrom])).toEqual([
    ["a", "nixosConfigurations"],
    ["other", "packages"],
  ]);
});

test("packages that are none, fail, or cannot be known are no guests and no problems", async () => {
  const found = await flake(`{
    packages.x86_64-linux = { a = throw "no"; b = 5; c = nixpkgs.legacyPackages.x86_64-linux.hello; d = null; };
    packages.aarch64-linux = 7; apps.x86_64-linux = { a = { program = 3; }; b = [ ]; };
  }`);
  expect(found.guests).toEqual([]);
  expect(found.problems).toEqual([]);
});

test("perSystem of flake-parts offers guests, too", async () => {
  const found = await declared({
    "flake.nix": `{ ${inputs} inputs.flake-parts.url = "github:hercules-ci/flake-parts";
      outputs = inputs@{ nixpkgs, microvm, ... }: inputs.flake-parts.lib.mkFlake { inherit inputs; } {
        systems = [ "x86_64-linux" "aarch64-darwin" ];
        perSystem = { system, ... }: { packages.vm = (${system("${system}.img")}).config.microvm.declaredRunner; };
      }; }`,
  });
  expect(volumesOf(guestOf(found, "vm"))).toEqual(image("x86_64-linux.img"));
});
