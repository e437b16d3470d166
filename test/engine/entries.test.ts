import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Workspace } from "../../server/src/engine/workspace.ts";
import { loadParser } from "../../server/src/grammar/files.ts";

/** The guests of a folder without a flake: host/name and images. */
async function guestsOf(files: Record<string, string>): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), "microvm-lens-entry-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ...sources, ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const workspace = new Workspace({ parser: await loadParser(import.meta.dirname), roots: [root] });
  const { guests } = workspace.declarations();
  return guests.map(({ host, name, volumes }) => {
    const images = volumes.map((v) => (v.image.state === "set" ? v.image.value : v.image.state));
    return `${host ?? "-"}/${name} ${images.join(",")}`;
  });
}

const sources = {
  "npins/default.nix": `builtins.mapAttrs (_: url: { outPath = builtins.fetchTarball { inherit url; }; }) {
    nixpkgs = "https://releases.nixos.org/nixos/unstable/nixexprs.tar.xz";
    microvm = "https://github.com/microvm-nix/microvm.nix/archive/main.tar.gz";
    flake-compat = "https://github.com/edolstra/flake-compat/archive/master.tar.gz"; }`,
};
const host = `{ sources, ... }: { imports = [ (sources.microvm + "/nixos-modules/host") ];
  microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = null; } ]; }`;
const system = (modules: string) =>
  `(import (sources.nixpkgs + "/nixos/lib/eval-config.nix") { specialArgs = { inherit sources; }; modules = [ ${modules} ]; })`;
const guest = `(sources.microvm + "/nixos-modules/microvm") { microvm.volumes = [ { image = "b.img"; size = 8; mountPoint = null; } ]; }`;

test("default.nix gives a set of machines, whose modules are no machines of their own", async () => {
  const found = await guestsOf({
    "default.nix": `let sources = import ./npins; in { tool = 5; server = ${system("./configuration.nix")}; solo = ${system(guest)}; }`,
    "configuration.nix": host,
  });
  expect(found.toSorted()).toEqual(["-/solo b.img", "server/web a.img"]);
});

test("default.nix is a function all of whose arguments have defaults", async () => {
  const found = await guestsOf({
    "default.nix": `{ sources ? import ./npins, extra ? [ ] }: { solo = ${system(guest)}; }`,
  });
  expect(found).toEqual(["-/solo b.img"]);
});

test("default.nix gives one machine, which is called like the folder", async () => {
  const [only, ...others] = await guestsOf({
    "default.nix": `let sources = import ./npins; in ${system(guest)}`,
  });
  expect(others).toEqual([]);
  expect(only).toMatch(/^-\/microvm-lens-entry-\w+ b\.img$/);
});

test("a default.nix that is a module stays one", async () => {
  const found = await guestsOf({
    "default.nix": `{ ... }: { networking.hostName = "h"; imports = [ ((import ./npins).microvm + "/nixos-modules/host") ];
      microvm.vms.web.config.microvm.volumes = [ { image = "a.img"; size = 8; mountPoint = null; } ]; }`,
  });
  expect(found).toEqual(["h/web a.img"]);
});

test("a flake by way of flake-compat", async () => {
  const found = await guestsOf({
    "default.nix": `let sources = import ./npins; microvm = (import sources.flake-compat { src = sources.microvm; }).outputs; in {
      solo = ${system('microvm.nixosModules.microvm { microvm.volumes = [ { image = "c.img"; size = 8; mountPoint = null; } ]; }')}; }`,
  });
  expect(found).toEqual(["-/solo c.img"]);
});
