#!/usr/bin/env node
// Compares our reading of a flake's guests with real Nix, which evaluates them around a NixOS that has no options of its
// own (compare/harness.nix). For developers: needs nix-instantiate, a folder with nixpkgs' lib (NIXPKGS_LIB) and one with
// microvm.nix's source (MICROVM_NIX); FLAKES may name a folder of further flakes (owner+repo) that are used as they are.
//
//   node scripts/compare-with-nix.mjs [--sample N] [--verbose] FOLDER…
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { quote } from "./compare/inputs.mjs";
import { createJudges, judgeFolders } from "./compare/judge.mjs";
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
const folders = judgeFolders();
if (!folders || arguments_.length === 0) {
  console.error(
    "usage: NIXPKGS_LIB=… MICROVM_NIX=… node scripts/compare-with-nix.mjs [--sample N] [--verbose] FOLDER…",
  );
  process.exit(2);
}

const createJudge = createJudges(folders);

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
  const { ask: judge } = createJudge(repo);
  const names = judge("h.names");
  if (names.error) return note(result, repo, `not judged: ${names.error}`);
  const compared = new Set();
  for (const name of pick(names.value)) {
    const kind = judge(`h.kind ${quote(name)}`);
    if (kind.error) {
      note(result, repo, `${name}: kind not judged: ${kind.error}`);
      continue;
    }
    if (kind.value.guest) {
      compared.add(name);
      compareGuest(result, repo, ours, null, name, judge(`h.own ${quote(name)}`));
    }
    for (const vm of pick(kind.value.vms)) {
      compareGuest(result, repo, ours, name, vm, judge(`h.vm ${quote(name)} ${quote(vm)}`));
    }
  }
  const ofOurs = (name) => ours.guests.some((g) => g.name === name && g.nameFrom === "packages");
  for (const { name, guest } of offered(judge, (name, why) => ofOurs(name) && note(result, repo, why))) {
    const same = (g) => g.hostName.value === guest.hostName && g.volumes.length === guest.volumes.length;
    const known = ours.guests.find((g) => g.host === null && (g.name === name || same(g)));
    // A configuration that is offered as well has been compared under its own name.
    if (known && compared.has(known.name)) continue;
    compareGuest(result, repo, ours, null, known?.name ?? name, { value: guest });
  }
  return result;
}

/** The guests that the flake only offers to run; `failed` is told of packages that cannot be evaluated here. */
function offered(judge, failed) {
  const found = new Map();
  const guests = new Set();
  for (const output of ["packages", "apps"]) {
    for (const system of ["x86_64-linux", "aarch64-linux", "aarch64-darwin", "x86_64-darwin"]) {
      const place = `${quote(output)} ${quote(system)}`;
      const names = judge(`h.offers ${place}`).value ?? [];
      const last = [...names.filter((n) => n !== "default"), ...names.filter((n) => n === "default")];
      const all = judge(
        `builtins.mapAttrs (n: _: h.offer ${place} n) (builtins.listToAttrs (map (name: { inherit name; value = 1; }) (h.offers ${place})))`,
      );
      for (const name of last) {
        if (found.has(name)) continue;
        const answer = all.value ? { value: all.value[name] } : judge(`h.offer ${place} ${quote(name)}`);
        if (answer.error) failed(name, `${output}.${system}.${name}: not judged: ${answer.error}`);
        const guest = answer.value;
        if (!guest || guests.has(JSON.stringify(guest))) continue;
        guests.add(JSON.stringify(guest));
        found.set(name, guest);
      }
    }
  }
  return [...found].map(([name, guest]) => ({ name, guest }));
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
