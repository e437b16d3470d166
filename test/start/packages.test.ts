import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshClone } from "./clone.ts";

const clone = freshClone();
afterAll(() => clone.remove());
const { version } = JSON.parse(readFileSync(join(clone.folder, "package.json"), "utf8")) as { version: string };
const out = join(clone.folder, "out");

function node(argv: readonly string[], cwd = clone.folder, env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, argv, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 200_000,
  });
}

describe("npm run package", () => {
  let made: ReturnType<typeof node>;
  beforeAll(() => {
    made = node(["scripts/package.mjs", "--check"], clone.folder, { SOURCE_DATE_EPOCH: "1790000000" });
  });

  test("makes packages that work in an empty folder", () => {
    expect(made.stderr).not.toContain("Error");
    expect(made.status).toBe(0);
  });

  test("makes them small", () => {
    const sizeKiB = (name: string) => statSync(join(out, `microvm-lens-${version}${name}`)).size / 1024;
    expect(sizeKiB(".tgz")).toBeLessThan(1536);
    expect(sizeKiB("-cli.tar.gz")).toBeLessThan(1536);
    expect(sizeKiB(".vsix")).toBeLessThan(2048);
  });

  test("makes the same ones again, byte for byte", () => {
    const sums = readFileSync(join(out, "SHA256SUMS"), "utf8");
    expect(sums.trim().split("\n")).toHaveLength(4);
    expect(node(["scripts/package.mjs"], clone.folder, { SOURCE_DATE_EPOCH: "1790000000" }).status).toBe(0);
    expect(readFileSync(join(out, "SHA256SUMS"), "utf8")).toBe(sums);
  });
});

describe("a repository that uses MicroVM Lens out of a clone of it", () => {
  const sample = join(clone.folder, "out-sample");
  beforeAll(() => {
    mkdirSync(sample);
    const guest = `{ microvm.volumes = [ { image = "data.img"; mountPoint = "/var"; size = 0; } ]; }`;
    writeFileSync(join(sample, "guest.nix"), guest);
    copyFileSync(join(clone.folder, "examples/homelab/flake.nix"), join(sample, "unrelated.nix"));
    rmSync(join(clone.folder, "dist"), { recursive: true, force: true });
  });

  test("the hook of pre-commit installs itself and judges", () => {
    const hook = readFileSync(join(clone.folder, ".pre-commit-hooks.yaml"), "utf8");
    const [, entry = ""] = /^ {2}entry: (.*)$/m.exec(hook) ?? [];
    const [script = "", ...argv] = entry.split(" ");
    const { status, stdout } = node([join(clone.folder, script), ...argv, "guest.nix"], sample);
    expect({ status, found: stdout.includes("size-below-minimum") }).toEqual({ status: 1, found: true });
  });

  test("the GitHub action annotates", () => {
    const action = readFileSync(join(clone.folder, "action.yml"), "utf8");
    const [, script = ""] = /run: \|\n((?: {8}.*\n?)+)/.exec(action) ?? [];
    const { status, stdout } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      cwd: sample,
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        GITHUB_ACTION_PATH: clone.folder,
        PATHS: "guest.nix\n\n",
        SNAPSHOT: "",
        FAIL_ON: "error",
        FORMAT: "github",
        OUTPUT: "",
      },
    });
    expect(stdout).toMatch(/^::error file=guest\.nix,line=1,/);
    expect(status).toBe(1);
  });
});
