import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDeclarations } from "../../server/src/microvm/index.ts";
import type { Declarations } from "../../server/src/microvm/model.ts";
import { rootCause } from "../../server/src/nix/eval/make.ts";
import { DiskFiles } from "../../server/src/nix/files-disk.ts";
import { declared, folderOf, testParser } from "./workspace.ts";

const vm = 'microvm.vms.one.config.microvm.volumes = [ { image = "d.img"; mountPoint = "/d"; size = 512; } ];';

/** Guests with what is known of their volumes; `…` where there may be more. */
function shown({ guests }: Declarations): string[] {
  return guests.map(({ host, name, volumes, volumesOpen }) => {
    const sizes = volumes.map(({ image, sizeMiB }) =>
      [image, sizeMiB].map((field) => (field.state === "set" ? String(field.value) : field.state)).join(" "),
    );
    return `${host ?? "-"}/${name}: ${sizes.join(", ")}${volumesOpen ? " …" : ""}`;
  });
}

describe("microvm.nix is known by where it comes from", () => {
  const fetched = (name: string) => `builtins.fetchTarball "https://example.org/${name}.tar.gz"`;
  const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "a pin in a string": {
      "configuration.nix": `let s = import ./pins.nix; in { imports = [ "\${s."microvm.nix"}/nixos-modules/host" ]; ${vm} }`,
      "pins.nix": `{ "microvm.nix".outPath = ${fetched("m")}; }`,
    },
    "a pin and a path": {
      "configuration.nix": `let m = (import ./sources.nix).microvm; in { imports = [ (m + "/nixos-modules/host/default.nix") ]; ${vm} }`,
      "sources.nix": `{ microvm = ${fetched("m")}; }`,
    },
    "a channel": { "configuration.nix": `{ imports = [ <microvm/nixos-modules/host> ]; ${vm} }` },
    "flake-compat": {
      "configuration.nix": `let microvm = (import (${fetched("fc")}) { src = ${fetched("m")}; }).defaultNix; in { imports = [ microvm.nixosModules.host ]; ${vm} }`,
    },
    "a checkout elsewhere": { "configuration.nix": `{ imports = [ /srv/microvm.nix/nixos-modules/host ]; ${vm} }` },
    "a vendored copy": {
      "configuration.nix": `{ imports = [ ./third/microvm.nix/nixos-modules/host ]; ${vm} }`,
      "third/microvm.nix/nixos-modules/host/default.nix": "{ imports = [ ./options.nix ]; }",
    },
  };
  for (const [name, files] of Object.entries(cases)) {
    test(name, async () =>
      expect(shown(await declared(files)).map((line) => line.replace(/^.*\//, ""))).toEqual(["one: d.img 512"]),
    );
  }
  test("another flake's module called host is not", async () => {
    const files = {
      "configuration.nix": `let own = (import (${fetched("fc")}) { }).defaultNix; in { imports = [ own.nixosModules.host ]; x = 1; }`,
    };
    expect(shown(await declared(files))).toEqual([]);
  });
});

const inputs = `inputs.nixpkgs.url = "github:NixOS/nixpkgs"; inputs.microvm.url = "github:microvm-nix/microvm.nix";
  inputs.parts.url = "github:someone/parts";`;
const flake = (body: string) => `{ ${inputs} outputs = { self, nixpkgs, microvm, parts, ... }: ${body}; }`;
const host = (...modules: readonly string[]) =>
  flake(`{ nixosConfigurations.h = nixpkgs.lib.nixosSystem { modules = [ ${modules.join(" ")} ]; }; }`);

describe("a config that is written out is the guest, whatever unseen modules say", () => {
  const modules = ["parts.nixosModules.base", "(parts.lib.mk { })", '(import (parts + "/x.nix") { })'];
  for (const unseen of modules) {
    test(unseen, async () => {
      const files = { "flake.nix": host("microvm.nixosModules.host", unseen, `{ ${vm} }`) };
      expect(shown(await declared(files))).toEqual(["h/one: d.img 512 …"]);
    });
  }
});

test("an option's path may hang on the configuration below its first name", async () => {
  const module = (path: string) => `({ config, lib, ... }: {
    imports = [ (lib.mkAliasOptionModule [ "me" ] ${path}) ];
    options.den.user = lib.mkOption { default = "kit"; };
    options.den.disk = lib.mkOption { default = 900; };
    config.microvm.volumes = [ { image = "d.img"; mountPoint = "/d"; size = config.den.disk; } ];
  })`;
  for (const path of ['[ "users" "users" config.den.user ]', '[ "a" config.den.user "b" ]']) {
    const files = { "flake.nix": host("microvm.nixosModules.microvm", module(path)) };
    expect(shown(await declared(files))).toEqual(["-/h: d.img 900"]);
  }
});

describe("what is too expensive costs itself alone", () => {
  const bomb = "let f = n: if n == 0 then 1 else f (n - 1) + f (n - 1); in f 60";
  const guest = (size: string) =>
    `nixpkgs.lib.nixosSystem { modules = [ microvm.nixosModules.microvm { microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = ${size}; } ]; } ]; }`;
  const budget = { steps: 30_000 };
  test("a guest of a flake", async () => {
    const files = { "flake.nix": flake(`{ nixosConfigurations = { a = ${guest(bomb)}; b = ${guest("64")}; }; }`) };
    expect(shown(await declared(files, { budget }))).toEqual(["-/a: a.img unknown", "-/b: a.img 64"]);
  });
  test("a guest of a host", async () => {
    const one = (name: string, size: string) =>
      `microvm.vms.${name}.config.microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = ${size}; } ];`;
    const files = { "flake.nix": host("microvm.nixosModules.host", `{ ${one("a", bomb)} ${one("b", "64")} }`) };
    expect(shown(await declared(files, { budget }))).toEqual(["h/a: a.img unknown", "h/b: a.img 64"]);
  });
  test("a flake of a workspace", async () => {
    const files = {
      "a/flake.nix": flake(`{ nixosConfigurations = builtins.seq (${bomb}) { }; }`),
      "b/flake.nix": flake(`{ nixosConfigurations.b = ${guest("64")}; }`),
    };
    expect(shown(await declared(files, { budget }))).toEqual(["-/b: a.img 64"]);
  });
});

test("a flake may read up to the root of its repository", async () => {
  const folder = folderOf({
    "shared/vm.nix": `{ ${vm} }`,
    "infra/flake.nix": host("microvm.nixosModules.host", "../shared/vm.nix"),
  });
  const parser = await testParser();
  const root = join(folder, "infra");
  const read = () =>
    shown(readDeclarations({ files: new DiskFiles(parser, [root]), parser, roots: [root], openFiles: [] }));
  expect(read()).toEqual([]);
  mkdirSync(join(folder, ".git"));
  expect(read()).toEqual(["h/one: d.img 512"]);
});

describe("modules that an unknown function is given are a machine's, perhaps", () => {
  const modules = `[ microvm.nixosModules.host { ${vm} } ]`;
  const builders: Readonly<Record<string, string>> = {
    "a builder": `parts.lib.mkHost { modules = ${modules}; }`,
    "a builder with a name": `parts.lib.mkHost "h" { modules = ${modules}; }`,
    "more arguments behind": `parts.lib.mkHost { modules = ${modules}; } { }`,
    "a part of what it gives": `(parts.lib.mkHost { modules = ${modules}; }).nixos`,
    "a helper of one's own": `(m: parts.lib.mkHost { system = "x"; modules = m; }) ${modules}`,
    inherited: `let modules = ${modules}; in parts.lib.mkHost { inherit modules; }`,
    "special arguments": `parts.lib.mkHost { specialArgs = { d = "d.img"; }; modules = [ microvm.nixosModules.host ({ d, ... }: { ${vm.replace('"d.img"', "d")} }) ]; }`,
  };
  for (const [name, builder] of Object.entries(builders)) {
    test(name, async () => {
      const read = await declared({ "flake.nix": flake(`{ nixosConfigurations.h = ${builder}; }`) });
      expect(shown(read)).toEqual(["h/one: d.img 512 …"]);
      expect(read.guests.flatMap(({ volumes }) => volumes.map(({ conditional }) => conditional !== null))).toEqual([
        true,
      ]);
      expect(read.complete).toBe(false);
    });
  }
  test("a guest of its own", async () => {
    const guest = `[ microvm.nixosModules.microvm { microvm.volumes = [ { image = "d.img"; mountPoint = "/d"; size = 5; } ]; } ]`;
    const files = { "flake.nix": flake(`{ nixosConfigurations.g = parts.lib.mk { modules = ${guest}; }; }`) };
    expect(shown(await declared(files))).toEqual(["-/g: d.img 5 …"]);
  });
  test("a function that is given none is not guessed at", async () => {
    const files = { "flake.nix": flake(`{ nixosConfigurations.h = parts.lib.mkHost { config = { ${vm} }; }; }`) };
    expect(shown(await declared(files))).toEqual([]);
  });
});

test("arguments of a module on its own are for whoever imports it to give", async () => {
  const guest =
    '{ networking = { useDHCP = false; firewall.enable = false; }; microvm.volumes = [ { image = "d.img"; mountPoint = "/d"; size = 5; } ]; }';
  const files = {
    "vms.nix": `{ inputs, ... }: { microvm.vms.one.config.imports = [ inputs.microvm.nixosModules.microvm inputs.home.nixosModules.home ${guest} ]; }`,
  };
  const read = await declared(files);
  expect(shown(read)).toEqual(["vms/one: d.img 5 …"]);
  const [one] = read.guests;
  expect(one?.volumesOpen && rootCause(one.volumesOpen).why.reason).toBe("external");
});
