// Real Nix as judge of a flake's guests: microvm.nix's real options and nixpkgs' real lib around a NixOS that has no
// options of its own (harness.nix).
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inputsFor, nixFiles, nixPath, quote } from "./inputs.mjs";

/** The folders that the judge works with, out of the environment; null when they are not named there. */
export function judgeFolders() {
  const { NIXPKGS_LIB, MICROVM_NIX, FLAKES = "" } = process.env;
  return NIXPKGS_LIB && MICROVM_NIX ? { lib: NIXPKGS_LIB, microvm: MICROVM_NIX, flakes: FLAKES } : null;
}

/**
 * A maker of judges. `lib` is a folder with nixpkgs' lib, `microvm` one with microvm.nix's source, `flakes` one with
 * further flakes (owner+repo) that are used as they are. What it needs on disk goes when the process ends.
 */
export function createJudges({ lib, microvm, flakes }) {
  const work = mkdtempSync(join(tmpdir(), "judge-"));
  process.on("exit", () => rmSync(work, { recursive: true, force: true }));
  const place = { work, lib, flakes, microvm: makeMicrovm(work, microvm) };
  cpSync(new URL("./harness.nix", import.meta.url), join(work, "harness.nix"));
  place.stubs = makeStubs(place);
  return (repo) => createJudge(place, repo);
}

/** Names in a stand-in for nixpkgs that are more than a package. */
const reserved = new Set([
  "lib",
  "path",
  "system",
  "pkgs",
  "stdenv",
  "callPackage",
  "writeText",
  "writeScript",
  "writeShellScript",
  "writeShellScriptBin",
  "writeShellApplication",
  "symlinkJoin",
  "runCommand",
  "linkFarm",
  "formats",
  "extend",
  "appendOverlays",
  "nixos",
  "hostPlatform",
  "config",
  "buildPackages",
]);

/**
 * Answers questions about one folder: `ask` gives `{ value }` or `{ error }`. An attribute that NixOS would have by default
 * is added, and the question asked again; what was learnt so is kept for the next question.
 */
function createJudge(place, repo) {
  const texts = nixFiles(repo)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const packages = [
    ...new Set(
      [...texts.matchAll(/\bpkgs(?:-\w+|\.\w+Packages)?\.([A-Za-z_][\w-]*)/g)]
        .map((m) => m[1])
        .concat(wordsAfterWithPkgs(texts)),
    ),
  ].filter((name) => !reserved.has(name));
  const defaults = [];
  let reads = null;

  /** The harness for a folder: this one, or a copy of it. */
  const harness = (folder) => `(import ${join(place.work, "harness.nix")} {
  repo = ${nixPath(folder)}; lib = ${nixPath(place.lib)}; microvm = ${nixPath(place.microvm)}; stubs = ${nixPath(place.stubs)};
  packages = builtins.fromJSON ${quote(JSON.stringify(packages))};
  defaults = builtins.fromJSON ${quote(JSON.stringify(defaults))};
  reads = ${reads ? `builtins.fromJSON ${quote(JSON.stringify(reads))}` : "null"};
  inputs = ${inputsFor(folder, texts, place.flakes)};
})`;

  const ask = (expression) => {
    for (let attempt = 0; ; attempt++) {
      const { value, error } = evaluate(place, expression());
      if (error === undefined) return { value };
      if (attempt < 60 && createStub(place, error)) continue;
      if (reads === null && /infinite recursion/.test(error)) {
        reads = [...pathsRead(texts), ["fileSystems"], ["systemd", "services"]];
        continue;
      }
      const clash = reads && /The option `([\w.-]+)' .*(?:would be a parent|already declared)/.exec(error)?.[1];
      const clashes = (p) => p.join(".") === clash || p.join(".").startsWith(`${clash}.`);
      if (clash && reads.some(clashes)) {
        reads = reads.filter((p) => !clashes(p));
        continue;
      }
      const missing = attempt < 40 ? missingDefault(error) : null;
      if (!missing || defaults.some((d) => d.path.join(".") === missing.path.join(".")))
        return { error: errorOf(error) };
      defaults.push(missing);
    }
  };
  return {
    /** `question` is an expression over `h`, the harness of the folder. */
    ask: (question) => ask(() => `let h = ${harness(repo)}; in ${question}`),
    /** The same of several copies of the folder at once; one answer for each, in order. */
    askCopies: (folders, question) =>
      ask(() => `map (h: ${question}) [ ${folders.map((folder) => harness(folder)).join(" ")} ]`),
  };
}

function evaluate(place, expression) {
  const file = join(place.work, "question.nix");
  writeFileSync(file, expression);
  const run = spawnSync(
    "nix-instantiate",
    [
      "--eval",
      "--strict",
      "--json",
      "--read-write-mode",
      "--option",
      "extra-experimental-features",
      "flakes nix-command",
      file,
    ],
    {
      encoding: "utf8",
      timeout: 90_000,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        ...process.env,
        NIX_STORE_DIR: join(place.work, "store"),
        NIX_STATE_DIR: join(place.work, "var"),
        NIX_LOG_DIR: join(place.work, "log"),
        NIX_PATH: "",
      },
    },
  );
  return run.status === 0 ? { value: JSON.parse(run.stdout) } : { error: run.stderr || "no answer in time" };
}

/** The options of NixOS that the workspace reads, two names deep. */
function pathsRead(texts) {
  const found = new Map();
  for (const [, path] of texts.matchAll(/\bconfig\.([a-z]\w*\.[\w-]+)/g)) found.set(path, path.split("."));
  for (const own of ["microvm", "_module"])
    for (const key of found.keys()) if (key.startsWith(`${own}.`)) found.delete(key);
  for (const key of ["networking.hostName", "networking.domain", "nixpkgs.overlays", "system.name"]) found.delete(key);
  for (const key of found.keys())
    if (new RegExp(`options\\.${key.replace(/[.]/g, "\\.")}\\b`).test(texts)) found.delete(key);
  return [...found.values()];
}

/** A file of nixpkgs or of an input that is not here: an empty module. */
function createStub({ stubs, work }, error) {
  const asked =
    /getting status of '([^']+)': No such file/.exec(error)?.[1] ??
    /opening file '([^']+)': No such file/.exec(error)?.[1];
  // A path in a string is a copy in the store.
  const copy = asked?.startsWith(`${work}/store/`) ? /-nixpkgs(\/.*)$/.exec(asked)?.[1] : undefined;
  const file = copy ? `${stubs}/nixpkgs${copy}` : asked;
  if (!file?.startsWith(stubs)) return false;
  mkdirSync(resolve(file, file.endsWith(".nix") ? ".." : "."), { recursive: true });
  writeFileSync(
    file.endsWith(".nix") ? file : join(file, "default.nix"),
    file.endsWith("-list.nix") ? "[ ]\n" : "{ }\n",
  );
  return true;
}

function wordsAfterWithPkgs(text) {
  return [...text.matchAll(/with pkgs[^;]*;\s*\[([^\]]*)\]/g)].flatMap(
    (m) => m[1].replace(/#.*$/gm, "").match(/\b[a-zA-Z_][\w-]*/g) ?? [],
  );
}

/** `config.services.x.enable` at the place of "attribute 'enable' missing": false by default in NixOS. */
function missingDefault(error) {
  const at = [...error.matchAll(/attribute '([^']+)' missing\s+at ([^\n]+?):(\d+):(\d+):/g)].at(-1);
  if (!at || !existsSync(at[2])) return null;
  const line = readFileSync(at[2], "utf8").split("\n")[Number(at[3]) - 1] ?? "";
  for (const m of line.matchAll(/\bconfig\.([\w.-]+)/g)) {
    const path = m[1].split(".");
    if (path.includes(at[1]) && path.at(-1) === "enable") return { path, value: false };
  }
  return null;
}

function errorOf(text) {
  return (
    text
      .split("\n")
      .filter((l) => /error:|at \//.test(l))
      .slice(-2)
      .join(" ")
      .replace(/\s+/g, " ")
      .slice(0, 300) || "no answer"
  );
}

/** microvm.nix with its options only: the rest of its modules needs NixOS. */
function makeMicrovm(work, source) {
  const folder = join(work, "microvm");
  cpSync(source, folder, { recursive: true });
  writeFileSync(join(folder, "nixos-modules/microvm/default.nix"), "{ imports = [ ./options.nix ./runner.nix ]; }\n");
  // A runner whose path tells its guest: `offer` in harness.nix reads it.
  writeFileSync(
    join(folder, "nixos-modules/microvm/runner.nix"),
    `{ config, lib, ... }:
let
  h = import ${join(work, "harness.nix")} { repo = null; lib = null; microvm = null; stubs = null; inputs = _: { }; };
  runner = rec {
    type = "derivation"; name = "runner"; meta = { }; passthru = { }; drvPath = outPath;
    outPath = "/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-runner?\${h.guestJSON config}?";
  };
in { microvm.runner = lib.genAttrs [ "qemu" "cloud-hypervisor" "firecracker" "crosvm" "kvmtool" "stratovirt" "alioth" "vfkit" ] (_: runner); }
`,
  );
  writeFileSync(join(folder, "nixos-modules/host/default.nix"), "{ imports = [ ./options.nix ]; }\n");
  return folder;
}

function makeStubs({ work, lib, microvm }) {
  const folder = join(work, "stubs");
  mkdirSync(join(folder, "empty"), { recursive: true });
  writeFileSync(join(folder, "empty/default.nix"), "{ }\n");
  mkdirSync(join(folder, "nixpkgs/nixos/lib"), { recursive: true });
  writeFileSync(
    join(folder, "nixpkgs/nixos/lib/eval-config.nix"),
    `args: (import ${join(work, "harness.nix")} { repo = null; lib = ${nixPath(lib)}; microvm = ${nixPath(microvm)}; stubs = ${nixPath(folder)}; inputs = _: { }; }).evalConfig args\n`,
  );
  cpSync(join(lib, "lib"), join(folder, "nixpkgs/lib"), { recursive: true });
  for (const name of [
    "profiles/qemu-guest.nix",
    "profiles/minimal.nix",
    "profiles/headless.nix",
    "profiles/hardened.nix",
    "profiles/perlless.nix",
    "installer/scan/not-detected.nix",
    "installer/sd-card/sd-image-aarch64.nix",
    "virtualisation/qemu-vm.nix",
    "installer/cd-dvd/installation-cd-minimal.nix",
    "installer/netboot/netboot-minimal.nix",
    "virtualisation/proxmox-lxc.nix",
    "virtualisation/amazon-image.nix",
    "virtualisation/digital-ocean-config.nix",
    "virtualisation/lxc-container.nix",
  ]) {
    const file = join(folder, "nixpkgs/nixos/modules", name);
    mkdirSync(resolve(file, ".."), { recursive: true });
    writeFileSync(file, "{ }\n");
  }
  writeFileSync(
    join(folder, "nixpkgs/default.nix"),
    `args: (import ${join(work, "harness.nix")} { repo = null; lib = ${nixPath(lib)}; microvm = ${nixPath(microvm)}; stubs = ${nixPath(folder)}; inputs = _: { }; }).importPkgs args\n`,
  );
  return folder;
}
