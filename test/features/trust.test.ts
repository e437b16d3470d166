import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { workspace } from "../cli/workspace.ts";
import { modern, TestClient } from "./client.ts";

const flake = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs"; outputs =
  { nixpkgs, microvm, ... }: { nixosConfigurations.vm = nixpkgs.lib.nixosSystem { modules =
  [ microvm.nixosModules.microvm { microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 64; } ]; } ]; }; }; }
`;
/** Every program that the server could start, in place of the real ones: it writes down that it was started, and fails. */
const programs = ["ssh", "nix", "nix-instantiate", "nix-build", "git", "sudo", "systemctl", "losetup", "sh"];
const path = process.env["PATH"];
let log: string;

beforeEach(() => {
  const line = (name: string) => `#!/bin/sh\necho ${name} "$@" >> "$(dirname "$0")/log"\nexit 1\n`;
  const bin = workspace(Object.fromEntries(programs.map((name) => [name, line(name)])));
  for (const name of programs) chmodSync(join(bin, name), 0o755);
  log = join(bin, "log");
  process.env["PATH"] = `${bin}:${path}`;
});
afterEach(() => {
  process.env["PATH"] = path;
});

const started = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : []);

async function open(extension: object | null, trusted = false): Promise<TestClient> {
  const folder = workspace({ "flake.nix": flake });
  const settings = {
    hosts: [{ name: "far", via: { ssh: "root@far.example" }, stateDir: "/var/lib/microvms" }],
    nix: { evaluate: "onSave" },
    "nix.evaluate": "onSave",
  };
  const initializationOptions = { ...settings, ...(extension ? { extension } : {}) };
  const client = await TestClient.start({ folder, capabilities: modern, settings, initializationOptions, trusted });
  const uri = await client.open(join(folder, "flake.nix"), flake);
  const textDocument = { uri };
  await client.pull(uri);
  await client.request("textDocument/hover", { textDocument, position: { line: 2, character: 70 } });
  await client.request("textDocument/codeAction", {
    textDocument,
    range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
    context: { diagnostics: [] },
  });
  await client.notify("textDocument/didSave", { textDocument });
  await client.request("microvm-lens/overview", {});
  await client.request("microvm-lens/refresh", {});
  await client.pull(uri);
  return client;
}

describe("nothing is run", () => {
  test.each([
    ["in Restricted Mode", { trusted: false }],
    ["where the extension does not say", {}],
    ["for a client that does not know trust", null],
  ])("%s, whatever the settings name and whatever is asked", async (_name, extension) => {
    const client = await open(extension);
    const opinions = await client.request<{ ok: boolean }[]>("microvm-lens/evaluate", {});
    expect(opinions.map(({ ok }) => ok)).toEqual([false]);
    await client.stop();
    expect(started()).toEqual([]);
  });
});

test.each([
  ["in a trusted workspace", { trusted: true }, false],
  ["for a client whose user trusts every workspace", null, true],
])("ssh is asked %s, and Nix is run only when that is asked for", async (_name, extension, trusted) => {
  const client = await open(extension, trusted);
  expect(started().some((line) => line.startsWith("ssh ") && line.includes("root@far.example"))).toBe(true);
  expect(started().filter((line) => line.startsWith("nix"))).toEqual([]);
  await client.request("microvm-lens/evaluate", {});
  expect(started().some((line) => line.startsWith("nix"))).toBe(true);
  await client.stop();
});

test("trust that is granted later counts from then on", async () => {
  const client = await open({ trusted: false });
  expect(started()).toEqual([]);
  await client.notify("microvm-lens/trusted", {});
  await client.request("microvm-lens/overview", {});
  await client.stop();
  expect(started().some((line) => line.startsWith("ssh "))).toBe(true);
});
