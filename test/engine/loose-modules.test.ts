import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Workspace } from "../../server/src/engine/workspace.ts";
import { loadParser } from "../../server/src/grammar/files.ts";

async function guestsOf(files: Record<string, string>): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), "microvm-lens-loose-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const workspace = new Workspace({ parser: await loadParser(import.meta.dirname), roots: [root] });
  const { guests } = workspace.declarations();
  return guests.map(({ name, volumes }) => `${name} ${volumes.length}`);
}

const volume = (image: string) => `{ image = "${image}"; size = 1; mountPoint = null; }`;

test("without a flake, every module of the folder is a guest", async () => {
  const guests = await guestsOf({
    "web.nix": `{ networking.hostName = "www"; microvm.volumes = [ ${volume("a.img")} ]; }`,
    "db.nix": `{ config, ... }: { microvm.volumes = [ ${volume("b.img")} ]; }`,
    "shell.nix": "{ pkgs ? import <nixpkgs> { } }: pkgs.mkShell { }",
    "broken.nix": "{ microvm.volumes = [ { image = ",
  });
  expect(guests.filter((guest) => !guest.startsWith("broken"))).toEqual(["db 1", "www 1"]);
});

test("a module that another one imports is part of that one", async () => {
  const guests = await guestsOf({
    "common.nix": `{ microvm.hypervisor = "qemu"; microvm.volumes = [ ${volume("c.img")} ]; }`,
    "web.nix": `{ imports = [ ./common.nix ]; microvm.volumes = [ ${volume("a.img")} ]; }`,
  });
  expect(guests).toEqual(["web 2"]);
});

test("beside a flake, only what the flake reaches counts", async () => {
  const guests = await guestsOf({
    "flake.nix": "{ outputs = { self }: { }; }",
    "web.nix": `{ microvm.volumes = [ ${volume("a.img")} ]; }`,
  });
  expect(guests).toEqual([]);
});
