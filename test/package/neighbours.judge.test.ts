import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What the expression asks of nixpkgs, as little as makes it a value: what is built of it is not tried here. */
const expression = `
  let
    lib = { fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="; licenses.mit = "MIT"; platforms.unix = [ "x86_64-linux" ]; };
    package = import ${join(root, "examples/neighbours/nixpkgs/package.nix")};
    given = {
      inherit lib;
      buildNpmPackage = arguments: let self = arguments self; in self;
      fetchFromGitHub = source: source;
      nodejs = "nodejs";
      versionCheckHook = "versionCheckHook";
    };
  in package (builtins.intersectAttrs (builtins.functionArgs package) given)`;

test("the expression for nixpkgs is one of this version, of this repository, with what package.json has", () => {
  const argv = ["--eval", "--strict", "--json", "--expr", expression];
  const { status, stdout, stderr } = spawnSync("nix-instantiate", argv, { encoding: "utf8" });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  const { pname, version, src, npmBuildScript, meta } = JSON.parse(stdout);
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect({ pname, version }).toEqual({ pname: manifest.name, version: manifest.version });
  expect(manifest.repository.url).toContain(`github.com/${src.owner}/${src.repo}.git`);
  expect(src.tag).toBe(`v${version}`);
  expect(Object.keys(manifest.scripts)).toContain(npmBuildScript);
  expect(Object.keys(manifest.bin)).toContain(meta.mainProgram);
  expect(`${meta.description}.`).toBe(manifest.description);
});
