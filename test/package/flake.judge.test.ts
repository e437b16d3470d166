import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshClone, root } from "../start/clone.ts";

/**
 * Real Nix evaluates, instantiates and builds what flake.nix gives, with the stand-in for nixpkgs in test/package/nixpkgs:
 * its head says what that proves. Nothing is fetched: what a build takes from npm is the folder that is installed here,
 * which Nix holds against the hash in nix/node-modules.json.
 */
const clone = freshClone();
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-nix-")));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const stub = join(clone.folder, "test/package/nixpkgs");
const override = ["--override-input", "nixpkgs", `path:${stub}`, "--no-write-lock-file"];

beforeAll(() => {
  rmSync(join(clone.folder, "node_modules"));
  writeFileSync(join(stub, "node-modules-from"), root);
  mkdirSync(join(scratch, "home"));
});
afterAll(() => {
  clone.remove();
  // Nix takes the right to write from what it has built.
  spawnSync("chmod", ["-R", "u+w", scratch]);
  rmSync(scratch, { recursive: true, force: true });
});

/** A store of the test's own, without a sandbox, which a container may not make, and without a server that is not there. */
function nix(argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("nix", argv, {
    cwd: clone.folder,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: join(scratch, "home"),
      NIX_STORE_DIR: join(scratch, "store"),
      NIX_STATE_DIR: join(scratch, "state"),
      NIX_LOG_DIR: join(scratch, "log"),
      NIX_LOCALSTATE_DIR: join(scratch, "local"),
      NIX_CONFIG: [
        "sandbox = false",
        "build-users-group =",
        "substituters =",
        "experimental-features = nix-command flakes",
      ].join("\n"),
    },
    timeout: 200_000,
  });
  expect({ argv, status, stderr: status === 0 ? "" : stderr }).toEqual({ argv, status: 0, stderr: "" });
  return stdout;
}

describe("flake.nix", () => {
  test("gives every output on every system", () => {
    const shown = JSON.parse(nix(["flake", "show", "--json", `path:${clone.folder}`, ...override])) as Record<
      string,
      Record<string, Record<string, { name?: string }>>
    >;
    const systems = ["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"];
    for (const output of ["packages", "apps", "devShells", "checks", "formatter"])
      expect(Object.keys(shown[output] ?? {})).toEqual(systems);
    expect(Object.keys(shown["overlays"] ?? {})).toEqual(["default"]);
    expect(Object.keys(shown)).toContain("homeManagerModules");
    expect(Object.keys(shown["nixosModules"] ?? {})).toEqual(["default", "guest"]);
    expect(shown["packages"]?.["x86_64-linux"]?.["default"]?.name).toBe(`microvm-lens-${version}`);
  });

  test("builds the command line, which then judges the example", () => {
    nix(["build", `path:${clone.folder}#microvm-lens`, ...override, "--out-link", join(scratch, "built")]);
    const program = join(scratch, "built/bin/microvm-lens");
    const told = spawnSync(program, ["--version"], { encoding: "utf8" });
    expect(told.stdout).toBe(`${version}\n`);
    const judged = spawnSync(program, ["check", join(clone.folder, "examples/homelab"), "--fail-on", "never"]);
    expect(judged.status).toBe(0);
  });

  test("builds the extension as editors want it", () => {
    nix(["build", `path:${clone.folder}#vscode-extension`, ...override, "--out-link", join(scratch, "extension")]);
    const folder = join(scratch, "extension/share/vscode/extensions/microvm-lens.microvm-lens");
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { main: string; icon: string };
    for (const file of [manifest.main, manifest.icon, "l10n/bundle.l10n.json", "dist/server.cjs", "LICENSE"])
      expect(readFileSync(join(folder, file)).length).toBeGreaterThan(0);
  });

  test("puts the command line and the editors' parts into Home Manager", () => {
    const expression = `
      let
        flake = builtins.getFlake "path:${stub}";
        pkgs = flake.legacyPackages.x86_64-linux;
        packagesFor = pkgs: import ${clone.folder}/nix/packages.nix { inherit pkgs; };
        cfg = { enable = true; package = (packagesFor pkgs).microvm-lens; vscode = { enable = true; package = "extension"; }; neovim.enable = true; };
        module = import ${clone.folder}/nix/home-manager.nix { inherit packagesFor; } {
          inherit pkgs;
          inherit (flake) lib;
          config.programs.microvm-lens = cfg;
        };
      in map (part: part.content or part) module.config.content.contents`;
    const [own, vscode, neovim] = JSON.parse(nix(["eval", "--impure", "--json", "--expr", expression])) as [
      { home: { packages: string[] } },
      { programs: { vscode: { profiles: { default: { extensions: string[] } } } } },
      { programs: { neovim: { extraLuaConfig: string } } },
    ];
    expect(own.home.packages[0]).toContain(`microvm-lens-${version}`);
    expect(vscode.programs.vscode.profiles.default.extensions).toEqual(["extension"]);
    expect(neovim.programs.neovim.extraLuaConfig).toMatch(/cmd = \{ '.*\/bin\/microvm-lens', 'lsp', '--stdio' \}/);
  });

  test("is there without flakes, too", () => {
    const expression = `
      let pkgs = (builtins.getFlake "path:${stub}").legacyPackages.x86_64-linux;
      in builtins.attrNames (import ${clone.folder}/default.nix { inherit pkgs; })`;
    expect(JSON.parse(nix(["eval", "--impure", "--json", "--expr", expression]))).toEqual([
      "microvm-lens",
      "vscode-extension",
    ]);
  });
});

test("the list of what a build takes from npm is that of the lock file", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/package/node-modules.mjs", "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
