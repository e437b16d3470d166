import { describe, expect, test } from "vitest";
import { declared, guestOf, shown, volumesOf } from "../../microvm/workspace.ts";

const inputs = `
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
`;
const guest = (image: string) => `{ microvm.volumes = [ { image = ${image}; size = 8; mountPoint = "/"; } ]; }`;
const image = (text: string) => [{ image: text, size: 8, mountPoint: "/", fsType: "ext4" }];

/** A flake whose outputs are this function's body; `more` are further files. */
function flake(outputs: string, more: Readonly<Record<string, string>> = {}, moreInputs = "") {
  return declared({
    "flake.nix": `{ ${inputs} ${moreInputs} outputs = inputs@{ self, nixpkgs, microvm, ... }: ${outputs}; }`,
    ...more,
  });
}
const system = (modules: string) =>
  `nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ microvm.nixosModules.microvm ${modules} ]; }`;

describe("ways to make a configuration", () => {
  test("self is a fixpoint", async () => {
    const found =
      await flake(`{ lib.size = 8; nixosModules.g = { microvm.volumes = [ { image = "a.img"; size = self.lib.size; mountPoint = "/"; } ]; };
      nixosConfigurations.a = ${system("self.nixosModules.g")}; }`);
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("files below self, as text and as path", async () => {
    const found = await flake(
      `{ nixosConfigurations.a = ${system('"${self}/a.nix" (self + "/b.nix") (self.outPath + "/c.nix")')}; }`,
      {
        "a.nix": '{ microvm.volumes = [ { image = "a"; size = 1; mountPoint = null; } ]; }',
        "b.nix": '{ microvm.volumes = [ { image = "b"; size = 1; mountPoint = null; } ]; }',
        "c.nix": '{ microvm.volumes = [ { image = "c"; size = 1; mountPoint = null; } ]; }',
      },
    );
    expect(volumesOf(guestOf(found, "a"))?.map((v) => v.image)).toEqual(["c", "b", "a"]);
  });

  test("eval-config.nix and legacyPackages.lib", async () => {
    const found =
      await flake(`{ nixosConfigurations.a = import "\${nixpkgs}/nixos/lib/eval-config.nix" { modules = [ microvm.nixosModules.microvm ${guest('"a.img"')} ]; };
      nixosConfigurations.b = nixpkgs.legacyPackages.x86_64-linux.nixos { imports = [ microvm.nixosModules.microvm ]; microvm.volumes = [ { image = "b.img"; size = 8; mountPoint = "/"; } ]; }; }`);
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
    expect(volumesOf(guestOf(found, "b"))).toEqual(image("b.img"));
  });

  test("extendModules", async () => {
    const found = await flake(
      `{ nixosConfigurations.a = (${system("")}).extendModules { modules = [ ${guest('"a.img"')} ]; }; }`,
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("the module by path below the input", async () => {
    const found = await flake(
      `{ nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ "\${microvm}/nixos-modules/microvm" ${guest('"a.img"')} ]; }; }`,
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("helpers that an overlay adds, and callPackage", async () => {
    const found = await flake(
      `let pkgs = import nixpkgs { system = "x86_64-linux"; overlays = [ (final: prev: { sizes = { a = 8; }; make = final.callPackage ./make.nix { }; }) ]; }; in
      { nixosConfigurations.a = nixpkgs.lib.nixosSystem { inherit pkgs; modules = [ microvm.nixosModules.microvm ({ pkgs, ... }: { microvm.volumes = [ (pkgs.make "a.img" pkgs.sizes.a) ]; }) ]; }; }`,
      { "make.nix": '{ lib, hello }: image: size: { inherit image size; mountPoint = lib.mkDefault "/"; }' },
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("mapAttrs over a folder of machines", async () => {
    const found = await flake(
      `{ nixosConfigurations = nixpkgs.lib.mapAttrs (name: _: ${system('(./vms + "/${name}")')}) (builtins.readDir ./vms); }`,
      {
        "vms/a/default.nix": guest('"a.img"'),
        "vms/b/default.nix": guest('"b.img"'),
      },
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
    expect(volumesOf(guestOf(found, "b"))).toEqual(image("b.img"));
  });

  test("flake-utils, whose systems are lists of names", async () => {
    const found = await flake(
      `inputs.flake-utils.lib.eachDefaultSystem (system: { packages.x = system; }) // { nixosConfigurations.a = ${system(guest('"a.img"'))}; }`,
      {},
      'inputs.flake-utils.url = "github:numtide/flake-utils";',
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("configurations that were made for each system", async () => {
    const found = await flake(
      `inputs.flake-utils.lib.eachSystem [ "x86_64-linux" "aarch64-linux" ] (system: { nixosConfigurations.a = ${system(guest('"a.img"'))}; })`,
      {},
      'inputs.flake-utils.url = "github:numtide/flake-utils";',
    );
    expect(found.guests.map((g) => g.name)).toEqual(["a"]);
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
    expect(found.problems).toEqual([]);
  });

  test("flake-utils' lib as a scope: its lists of systems, outputs passed through, parts in files", async () => {
    const found = await flake(
      `with inputs.flake-utils.lib; eachSystem allSystems (system: { packages.x = system; })
        // eachSystemPassThrough [ "x86_64-linux" ] (system: { nixosConfigurations.a = ${system(guest('"a-${system}.img"'))}; })
        // { inherit (meld inputs [ ./part.nix ]) lib; }`,
      { "part.nix": "{ self, ... }: { lib.eight = 8; }" },
      'inputs.flake-utils.url = "github:numtide/flake-utils";',
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a-x86_64-linux.img"));
    expect(found.problems).toEqual([]);
  });
});

describe("flake-parts", () => {
  const parts = 'inputs.flake-parts.url = "github:hercules-ci/flake-parts";';
  const flakeParts = (modules: string, more: Readonly<Record<string, string>> = {}, moreInputs = "") =>
    flake(
      `inputs.flake-parts.lib.mkFlake { inherit inputs; } { systems = [ "x86_64-linux" ]; imports = [ ${modules} ]; }`,
      more,
      parts + moreInputs,
    );

  test("flake.nixosConfigurations and modules of it", async () => {
    const found = await flakeParts(`./part.nix { flake.nixosModules.g = ${guest('"a.img"')}; }`, {
      "part.nix": `{ inputs, self, lib, ... }: { flake.nixosConfigurations.a = inputs.nixpkgs.lib.nixosSystem { modules = [ inputs.microvm.nixosModules.microvm self.nixosModules.g ]; }; }`,
    });
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("its lib laid over the user's own hides nothing", async () => {
    const found = await flakeParts(
      `({ inputs, ... }: let all = { eight = 8; } // inputs.flake-parts.lib; in { flake.nixosConfigurations.a = inputs.nixpkgs.lib.nixosSystem { modules = [
        inputs.microvm.nixosModules.microvm { microvm.volumes = [ { image = "a.img"; size = all.eight; mountPoint = "/"; } ]; } ]; }; })`,
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });

  test("withSystem, and what perSystem makes", async () => {
    const found = await flakeParts(
      `({ withSystem, inputs, ... }: { flake.nixosConfigurations.a = withSystem "x86_64-linux" ({ pkgs, system, config, ... }: inputs.nixpkgs.lib.nixosSystem {
        inherit pkgs; modules = [ inputs.microvm.nixosModules.microvm { microvm.volumes = [ { image = "\${system}-\${config.word}.img"; size = pkgs.eight; mountPoint = "/"; } ]; } ]; }); })
       ({ inputs, ... }: { perSystem = { system, ... }: { word = "w"; _module.args.pkgs = import inputs.nixpkgs { inherit system; overlays = [ (f: p: { eight = 8; }) ]; }; }; })`,
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("x86_64-linux-w.img"));
  });

  test("modules by class and name, over several files found by import-tree", async () => {
    const found = await flakeParts(
      "(inputs.import-tree ./modules)",
      {
        "modules/a.nix":
          '{ flake.modules.nixos.g.microvm.volumes = [ { image = "a"; size = 1; mountPoint = null; } ]; }',
        "modules/deep/b.nix":
          '{ inputs, config, ... }: { flake.modules.nixos.g = { lib, ... }: { microvm.volumes = lib.mkAfter [ { image = "b"; size = 1; mountPoint = null; } ]; }; flake.nixosConfigurations.x = inputs.nixpkgs.lib.nixosSystem { modules = [ inputs.microvm.nixosModules.microvm config.flake.modules.nixos.g ]; }; }',
        "modules/_off/c.nix": 'throw "not to be read"',
        "modules/readme.md": "",
      },
      'inputs.import-tree.url = "github:vic/import-tree";',
    );
    expect(volumesOf(guestOf(found, "x"))?.map((v) => v.image)).toEqual(["a", "b"]);
  });

  test("importApply and mkTransposedPerSystemModule", async () => {
    const found = await flakeParts(
      `(inputs.flake-parts.lib.importApply ./part.nix { n = 8; })
       ({ flake-parts-lib, lib, ... }: flake-parts-lib.mkTransposedPerSystemModule { name = "sizes"; file = ./x; option = lib.mkOption { type = lib.types.int; }; })
       { perSystem.sizes = 8; }`,
      {
        "part.nix":
          'args: { inputs, self, ... }: { flake.nixosConfigurations.a = inputs.nixpkgs.lib.nixosSystem { modules = [ inputs.microvm.nixosModules.microvm { microvm.volumes = [ { image = "a.img"; size = if args.n == self.sizes.x86_64-linux then 8 else 0; mountPoint = "/"; } ]; } ]; }; }',
      },
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  });
});

test("clan: machines by name, by folder, by tag of a service", async () => {
  const found = await flake(
    `let c = inputs.clan-core.lib.clan { inherit self; specialArgs = { inherit inputs; };
       machines.a = { imports = [ inputs.microvm.nixosModules.microvm ]; };
       inventory.instances.disks = { module.name = "importer"; roles.default.tags.all = { }; roles.default.extraModules = [ ./disk.nix ]; }; }; in
     { inherit (c.config) nixosConfigurations; }`,
    {
      "disk.nix":
        '{ config, ... }: { microvm.volumes = [ { image = "${config.networking.hostName}.img"; size = 8; mountPoint = "/"; } ]; }',
      "machines/b/configuration.nix": "{ inputs, ... }: { imports = [ inputs.microvm.nixosModules.microvm ]; }",
    },
    'inputs.clan-core.url = "git+https://git.clan.lol/clan/clan-core";',
  );
  expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
  expect(volumesOf(guestOf(found, "b"))).toEqual(image("b.img"));
});

describe("inputs", () => {
  test("a sub-flake by path, with inputs of the same lock file", async () => {
    const found = await flake(
      `{ nixosConfigurations.a = ${system("inputs.sub.nixosModules.g")}; }`,
      {
        "sub/flake.nix": `{ outputs = { self }: { nixosModules.g = ${guest('"sub.img"')}; }; }`,
      },
      'inputs.sub.url = "path:./sub";',
    );
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("sub.img"));
  });

  const locked = (node: object, flakeFile: string) => ({
    "flake.nix": flakeFile,
    "flake.lock": JSON.stringify({
      version: 7,
      root: "root",
      nodes: {
        root: { inputs: { nixpkgs: "nixpkgs", microvm: "microvm", other: "other" } },
        nixpkgs: { locked: { type: "github", owner: "NixOS", repo: "nixpkgs" } },
        microvm: { locked: { type: "github", owner: "astro", repo: "microvm.nix" } },
        other: node,
      },
    }),
  });
  const using = `{ outputs = { nixpkgs, microvm, other, ... }: { nixosConfigurations.a = ${system(`other.nixosModules.default ({ config, lib, ... }: { options.my.size = lib.mkOption { default = 8; }; config.microvm.volumes = [ { image = "a.img"; size = config.my.size; mountPoint = "/"; } ]; })`)}; }; }`;

  test("a module of a public flake without microvm.nix changes nothing that is known", async () => {
    const found = await declared(locked({ locked: { type: "github", owner: "x", repo: "y" } }, using));
    expect(volumesOf(guestOf(found, "a"))).toEqual(image("a.img"));
    expect(guestOf(found, "a").volumesOpen).toBeNull();
  });

  test("a module of a flake that takes in microvm.nix may add volumes and change defaults", async () => {
    const found = await declared(
      locked({ locked: { type: "github", owner: "x", repo: "y" }, inputs: { vm: "microvm" } }, using),
    );
    const a = guestOf(found, "a");
    expect(a.volumesOpen).not.toBeNull();
    expect(a.hypervisor.state).toBe("unknown");
    expect(volumesOf(a)?.map((v) => [v.image, v.size, v.fsType])).toEqual([["a.img", "<unknown>", "ext4"]]);
    expect(found.complete).toBe(false);
  });

  test("a private flake may add volumes and set the workspace's options, but leaves defaults of microvm.nix alone", async () => {
    const found = await declared(locked({ locked: { type: "git", url: "ssh://git@host/me/secrets" } }, using));
    const a = guestOf(found, "a");
    expect(a.volumesOpen).not.toBeNull();
    expect(shown(a.hypervisor)).toBe("qemu");
    expect(volumesOf(a)?.map((v) => [v.image, v.size])).toEqual([["a.img", "<unknown>"]]);
  });

  test("a foreign function that gets our module may do anything with it", async () => {
    const found = await declared(
      locked(
        { locked: { type: "github", owner: "x", repo: "y" } },
        `{ outputs = { nixpkgs, microvm, other, ... }: { nixosConfigurations.a = ${system("(other.lib.wrap ./disk.nix) { microvm.mem = 1; }")}; }; }`,
      ),
    );
    expect(guestOf(found, "a").volumesOpen).not.toBeNull();
  });

  test("a configuration that a foreign flake makes is a problem, not a guest", async () => {
    const found = await declared(
      locked(
        { locked: { type: "github", owner: "x", repo: "y" } },
        "{ outputs = { other, ... }: { nixosConfigurations.a = other.lib.system { }; }; }",
      ),
    );
    expect(found.guests).toEqual([]);
    expect(found.problems.map((p) => p.what)).toEqual(["nixosConfigurations.a"]);
    expect(found.complete).toBe(false);
  });
});

test("a module that is called flake.nix is no flake", async () => {
  const found = await flake(`{ nixosConfigurations.a = ${system(`./parts/flake.nix ${guest('"a.img"')}`)}; }`, {
    "parts/flake.nix": '{ lib, ... }: { networking.hostName = lib.mkDefault "h"; }',
  });
  expect(found.problems).toEqual([]);
  expect(shown(guestOf(found, "a").hostName)).toBe("h");
});

test("a nixpkgs from the time whose names are known hides nothing of the user's lib that it is laid over", async () => {
  const found = (lastModified: number) =>
    declared({
      "flake.nix": `{ ${inputs} outputs = { nixpkgs, microvm, ... }: let lib = { eight = 8; } // nixpkgs.lib; in { nixosConfigurations.a =
        ${system('{ microvm.volumes = [ { image = "a.img"; size = lib.eight; mountPoint = "/"; } ]; }')}; }; }`,
      "flake.lock": JSON.stringify({
        root: "root",
        nodes: {
          root: { inputs: { nixpkgs: "nixpkgs", microvm: "microvm" } },
          nixpkgs: { locked: { type: "github", owner: "NixOS", repo: "nixpkgs", lastModified } },
          microvm: { locked: { type: "github", owner: "astro", repo: "microvm.nix" } },
        },
      }),
    });
  expect(volumesOf(guestOf(await found(1_750_000_000), "a"))).toEqual(image("a.img"));
  // Later ones may have a function of that name.
  expect(volumesOf(guestOf(await found(2_000_000_000), "a"))?.map((v) => v.size)).toEqual(["<unknown>"]);
});

test("a flake that does not parse, or is none, is a problem and no exception", async () => {
  for (const text of [
    "",
    "{",
    "{ outputs = ",
    "5",
    "{ outputs = 5; }",
    '{ outputs = { self }: throw "no"; }',
    "{ outputs = { self }: self; }",
    "\u0000\u0001",
  ]) {
    const found = await declared({ "flake.nix": text, "other.nix": "{ }" });
    expect(found.guests).toEqual([]);
    expect(found.problems.length).toBeGreaterThan(0);
  }
});
