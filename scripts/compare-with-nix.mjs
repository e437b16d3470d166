#!/usr/bin/env node
// Compares our reading of a flake's guests with real Nix, which evaluates them around a NixOS that has no options of its
// own (compare/harness.nix). For developers: needs nix-instantiate, a folder with nixpkgs' lib (NIXPKGS_LIB) and one with
// microvm.nix's source (MICROVM_NIX); FLAKES may name a folder of further flakes (owner+repo) that are used as they are.
//
//   node scripts/compare-with-nix.mjs [--sample N] [--verbose] FOLDER…
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { inputsFor, nixFiles, nixPath, quote } from "./compare/inputs.mjs";
import { readWorkspace } from "./compare/ours.mjs";

const arguments_ = process.argv.slice(2);
const option = (name) => {
  const at = arguments_.indexOf(name);
  return at < 0 ? undefined : arguments_.splice(at, 2)[1];
};
const flag = (name) => {
  const at = arguments_.indexOf(name);
  return at >= 0 && arguments_.splice(at, 1).length > 0;
};
const sample = Number(option("--sample") ?? 12);
const verbose = flag("--verbose");
const { NIXPKGS_LIB, MICROVM_NIX, FLAKES = "" } = process.env;
if (!NIXPKGS_LIB || !MICROVM_NIX || arguments_.length === 0) {
  console.error(
    "usage: NIXPKGS_LIB=… MICROVM_NIX=… node scripts/compare-with-nix.mjs [--sample N] [--verbose] FOLDER…",
  );
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), "compare-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const microvm = makeMicrovm();
const stubs = makeStubs();

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

const total = { guests: 0, judged: 0, exact: 0, unknown: 0, wrong: 0, extra: 0, missing: 0 };
const rates = [];
for (const folder of arguments_) {
  const result = await compare(resolve(folder));
  for (const key of Object.keys(total)) total[key] += result[key] ?? 0;
  const volumes = result.exact + result.unknown + result.wrong + result.missing;
  if (volumes > 0) rates.push(result.exact / volumes);
  console.log(`${basename(folder)}: ${line(result)}`);
}
const mean = rates.length ? (100 * rates.reduce((a, b) => a + b, 0)) / rates.length : 100;
const all = total.exact + total.unknown + total.wrong + total.missing;
console.log(
  `TOTAL ${line(total)}; exact ${((100 * total.exact) / Math.max(1, all)).toFixed(1)} % of volumes, mean over ${rates.length} repositories ${mean.toFixed(1)} %`,
);
process.exit(total.wrong + total.extra > 0 ? 1 : 0);

function line(r) {
  return `guests ${r.guests} (judged ${r.judged}), volumes exact ${r.exact}, unknown ${r.unknown}, wrong ${r.wrong}, extra ${r.extra}, missing ${r.missing}`;
}

async function compare(repo) {
  const result = { guests: 0, judged: 0, exact: 0, unknown: 0, wrong: 0, extra: 0, missing: 0 };
  const ours = await readWorkspace(repo);
  result.guests = ours.guests.length;
  if (!existsSync(join(repo, "flake.nix"))) return note(result, repo, "not judged: no flake.nix");
  const judge = makeJudge(repo);
  const names = judge("h.names");
  if (names.error) return note(result, repo, `not judged: ${names.error}`);
  for (const name of pick(names.value)) {
    const kind = judge(`h.kind ${quote(name)}`);
    if (kind.error) {
      note(result, repo, `${name}: kind not judged: ${kind.error}`);
      continue;
    }
    if (kind.value.guest) compareGuest(result, repo, ours, null, name, judge(`h.own ${quote(name)}`));
    for (const vm of pick(kind.value.vms)) {
      compareGuest(result, repo, ours, name, vm, judge(`h.vm ${quote(name)} ${quote(vm)}`));
    }
  }
  return result;
}

function pick(names) {
  if (names.length <= sample) return names;
  const step = names.length / sample;
  return Array.from({ length: sample }, (_, i) => names[Math.floor(i * step)]);
}

function compareGuest(result, repo, ours, host, name, answer) {
  const where = `${host ?? "-"}/${name}`;
  if (answer.error) return note(result, repo, `${where}: not judged: ${answer.error}`);
  result.judged++;
  const real = answer.value;
  const guest =
    ours.guests.find((g) => g.name === name && g.host === host && g.inRoot) ??
    ours.guests.find((g) => g.name === name && (host === null || g.host === host));
  if (!guest) {
    result.missing += real.volumes.length;
    return note(result, repo, `${where}: guest not found (${real.volumes.length} volumes)`);
  }
  for (const part of ["hostName", "hypervisor", "writableStoreOverlay", "storeOnDisk"]) {
    if (guest[part].known && real[part] !== null && guest[part].value !== real[part]) {
      result.wrong++;
      note(result, repo, `${where}: WRONG ${part}: ours ${guest[part].value}, real ${real[part]}`);
    } else if (!guest[part].known) note(result, repo, `${where}: unknown ${part}: ${guest[part].why}`);
  }
  const left = [...guest.volumes];
  for (const [index, volume] of real.volumes.entries()) {
    const verdicts = left.map((v) => [v, verdictOf(v, volume)]);
    const found =
      verdicts.find(([, v]) => v.kind === "exact") ??
      verdicts.find(([v, k]) => v.position === index && k.kind === "unknown") ??
      verdicts.find(([, v]) => v.kind === "unknown") ??
      verdicts.find(([v]) => v.position === index);
    if (!found) {
      result[guest.open ? "unknown" : "missing"]++;
      note(
        result,
        repo,
        `${where}: volume ${index} not there${guest.open ? `: open: ${guest.open}` : ""}: ${JSON.stringify(volume.image)}`,
      );
      continue;
    }
    const [ourVolume, verdict] = found;
    left.splice(left.indexOf(ourVolume), 1);
    result[verdict.kind]++;
    if (verdict.kind !== "exact")
      note(
        result,
        repo,
        `${where}: volume ${index} ${verdict.kind === "wrong" ? "WRONG" : verdict.kind}: ${verdict.detail}`,
      );
    else if (ourVolume.position !== null && ourVolume.position !== index) {
      result.wrong++;
      note(
        result,
        repo,
        `${where}: WRONG position of ${volume.image?.value}: ours ${ourVolume.position}, real ${index}`,
      );
    }
  }
  for (const volume of left) {
    if (volume.conditional) continue;
    result.extra++;
    note(result, repo, `${where}: EXTRA volume ${JSON.stringify(volume.image)}`);
  }
}

function verdictOf(ours, real) {
  const unknown = [];
  for (const [key, name] of [
    ["image", "image"],
    ["size", "size"],
    ["mountPoint", "mountPoint"],
    ["fsType", "fsType"],
    ["label", "label"],
    ["autoCreate", "autoCreate"],
    ["readOnly", "readOnly"],
    ["serial", "serial"],
    ["imageType", "imageType"],
    ["mkfsExtraArgs", "mkfsExtraArgs"],
  ]) {
    const theirs = real[name];
    const field = ours[key];
    if (!field.known) unknown.push(`${key}: ${field.why}`);
    else if (theirs && "value" in theirs && JSON.stringify(theirs.value) !== JSON.stringify(field.value)) {
      return {
        kind: "wrong",
        detail: `${key}: ours ${JSON.stringify(field.value)}, real ${JSON.stringify(theirs.value)}`,
      };
    } else if (theirs?.missing && !field.missing)
      return { kind: "wrong", detail: `${key}: ours ${JSON.stringify(field.value)}, real fails` };
  }
  if (unknown.length > 0) return { kind: "unknown", detail: unknown.join("; ") };
  if (ours.conditional) return { kind: "unknown", detail: `conditional: ${ours.conditional}` };
  return { kind: "exact" };
}

function note(result, repo, words) {
  if (verbose || /WRONG|EXTRA/.test(words)) console.log(`  ${basename(repo)}: ${words}`);
  return result;
}

/** Asks real Nix; an attribute that NixOS would have by default is added and the question asked again. */
function makeJudge(repo) {
  const texts = nixFiles(repo)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const packages = [
    ...new Set(
      [...texts.matchAll(/\bpkgs(?:-\w+|\.\w+Packages)?\.([A-Za-z_][\w-]*)/g)]
        .map((m) => m[1])
        .concat(wordsAfterWithPkgs(texts)),
    ),
  ];
  packages.push("nix", "coreutils", "bash");
  const defaults = [];
  let reads = null;
  return (question) => {
    for (let attempt = 0; ; attempt++) {
      const file = join(work, "question.nix");
      writeFileSync(
        file,
        `let h = import ${join(work, "harness.nix")} {
  repo = ${nixPath(repo)}; lib = ${nixPath(NIXPKGS_LIB)}; microvm = ${nixPath(microvm)}; stubs = ${nixPath(stubs)};
  packages = builtins.fromJSON ${quote(JSON.stringify(packages.filter((p) => !reserved.has(p))))};
  defaults = builtins.fromJSON ${quote(JSON.stringify(defaults))};
  reads = ${reads ? `builtins.fromJSON ${quote(JSON.stringify(reads))}` : "null"};
  inputs = ${inputsFor(repo, texts, FLAKES)};
}; in ${question}`,
      );
      cpSync(new URL("./compare/harness.nix", import.meta.url), join(work, "harness.nix"));
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
            NIX_STORE_DIR: join(work, "store"),
            NIX_STATE_DIR: join(work, "var"),
            NIX_LOG_DIR: join(work, "log"),
            NIX_PATH: "",
          },
        },
      );
      if (run.status === 0) return { value: JSON.parse(run.stdout) };
      const error = run.stderr ?? "";
      if (attempt < 60 && createStub(error)) continue;
      if (reads === null && /infinite recursion/.test(error)) {
        reads = pathsRead(texts);
        continue;
      }
      const clash = reads && /The option `([\w.-]+)' .*(?:would be a parent|already declared)/.exec(error)?.[1];
      if (clash && reads.some((p) => p.join(".") === clash)) {
        reads = reads.filter((p) => p.join(".") !== clash);
        continue;
      }
      const missing = attempt < 40 ? missingDefault(error) : null;
      if (!missing || defaults.some((d) => d.path.join(".") === missing.path.join(".")))
        return { error: errorOf(error) };
      defaults.push(missing);
    }
  };
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
function createStub(error) {
  const file =
    /getting status of '([^']+)': No such file/.exec(error)?.[1] ??
    /opening file '([^']+)': No such file/.exec(error)?.[1];
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
function makeMicrovm() {
  const folder = join(work, "microvm");
  cpSync(MICROVM_NIX, folder, { recursive: true });
  writeFileSync(join(folder, "nixos-modules/microvm/default.nix"), "{ imports = [ ./options.nix ]; }\n");
  writeFileSync(join(folder, "nixos-modules/host/default.nix"), "{ imports = [ ./options.nix ]; }\n");
  return folder;
}

function makeStubs() {
  const folder = join(work, "stubs");
  mkdirSync(join(folder, "empty"), { recursive: true });
  writeFileSync(join(folder, "empty/default.nix"), "{ }\n");
  mkdirSync(join(folder, "nixpkgs/nixos/lib"), { recursive: true });
  writeFileSync(
    join(folder, "nixpkgs/nixos/lib/eval-config.nix"),
    `args: (import ${join(work, "harness.nix")} { repo = null; lib = ${nixPath(NIXPKGS_LIB)}; microvm = ${nixPath(microvm)}; stubs = ${nixPath(folder)}; inputs = _: { }; }).evalConfig args\n`,
  );
  cpSync(join(NIXPKGS_LIB, "lib"), join(folder, "nixpkgs/lib"), { recursive: true });
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
    `args: (import ${join(work, "harness.nix")} { repo = null; lib = ${nixPath(NIXPKGS_LIB)}; microvm = ${nixPath(microvm)}; stubs = ${nixPath(folder)}; inputs = _: { }; }).importPkgs args\n`,
  );
  return folder;
}
