// Tries every package in an empty folder, as somebody who has nothing but it and Node.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { extract } from "tar";
import { checkExtension } from "./extension.mjs";

/** A flake with one guest that nothing is wrong with but its size: 0 cannot be formatted. */
const flake = `{
  inputs.microvm.url = "github:microvm-nix/microvm.nix";
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        microvm.nixosModules.microvm
        { microvm.volumes = [ { image = "data.img"; mountPoint = "/var"; size = 0; } ]; }
      ];
    };
  };
}
`;

/** Ends the process with a word about the first package that does not work. */
export async function tryPackages(out, version) {
  const scratch = mkdtempSync(join(tmpdir(), "microvm-lens-packages-"));
  try {
    const sample = join(scratch, "sample");
    mkdirSync(sample);
    writeFileSync(join(sample, "flake.nix"), flake);
    const named = (end) => join(out, `microvm-lens-${version}${end}`);

    const prefix = join(scratch, "npm");
    // Nothing is fetched: the package brings all that it needs.
    const npm = ["install", "--global", "--offline", "--ignore-scripts", "--prefix", prefix, named(".tgz")];
    works("npm package", run("npm", [...npm, "--cache", join(scratch, "cache")], scratch), 0);
    const bin = process.platform === "win32" ? join(prefix, "microvm-lens.cmd") : join(prefix, "bin", "microvm-lens");
    tryProgram("npm package", bin, [], { sample, version });

    const folder = join(scratch, "archive");
    mkdirSync(folder);
    extract({ cwd: folder, file: named("-cli.tar.gz"), sync: true });
    tryProgram("archive", process.execPath, [join(folder, "microvm-lens", "microvm-lens.cjs")], { sample, version });

    await checkExtension(named(".vsix"), version);
    for (const [name, sizeBytes] of sizes(out))
      console.log(`${(sizeBytes / 1024).toFixed(0).padStart(6)} KiB  ${name}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function tryProgram(what, program, before, { sample, version }) {
  const told = run(program, [...before, "--version"], sample);
  works(what, told, 0);
  if (told.stdout.trim() !== version) fail(what, `says that it is ${told.stdout.trim()}`);
  const judged = run(program, [...before, "check", "."], sample);
  works(what, judged, 1);
  if (!judged.stdout.includes("size-below-minimum")) fail(what, `did not find the size of 0:\n${judged.stdout}`);
}

/** Runs with nothing of this machine's environment but the folder that Node is in. */
function run(program, argv, cwd) {
  const path = [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
  const env = { PATH: path, HOME: cwd, ...(process.platform === "win32" ? process.env : {}) };
  return spawnSync(program, argv, { cwd, env, encoding: "utf8", shell: process.platform === "win32" });
}

function works(what, { status, error, stderr }, expected) {
  if (status !== expected) fail(what, `exit code ${status} instead of ${expected}: ${error?.message ?? stderr}`);
}

function fail(what, why) {
  throw new Error(`${what}: ${why}`);
}

function sizes(out) {
  return readdirSync(out).map((name) => [name, statSync(join(out, name)).size]);
}
