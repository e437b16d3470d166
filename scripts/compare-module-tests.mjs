#!/usr/bin/env node
// Runs the cases of nixpkgs' own module tests (lib/tests/modules.sh) with our module system in the place of theirs; real Nix
// with nixpkgs' lib is the judge. For developers; nothing of nixpkgs is kept here.
//
//   NIXPKGS_LIB=FOLDER [NIX_INSTANTIATE=COMMAND] node scripts/compare-module-tests.mjs [--answers FILE] [--only TEXT]
//
// FOLDER holds nixpkgs' lib/ with lib/tests/. Real Nix's answers are kept in FILE, where it is given, for the next run.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { recordEvaluations } from "./compare/recorder.mjs";
import { loadServer } from "./compare/server.mjs";
import { encoders, normalised, Tally } from "./compare/values.mjs";

const { NIXPKGS_LIB, NIX_INSTANTIATE = "nix-instantiate" } = process.env;
const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
if (!NIXPKGS_LIB || !existsSync(join(NIXPKGS_LIB, "lib/tests/modules.sh"))) {
  console.error(
    "usage: NIXPKGS_LIB=FOLDER [NIX_INSTANTIATE=COMMAND] node scripts/compare-module-tests.mjs [--answers FILE]",
  );
  process.exit(2);
}
const tests = resolve(NIXPKGS_LIB, "lib/tests");
const storeDir = JSON.parse(
  spawnSync(NIX_INSTANTIATE, ["--eval", "--json", "-E", "builtins.storeDir"], { encoding: "utf8" }).stdout,
);
const version = spawnSync(NIX_INSTANTIATE, ["--version"], { encoding: "utf8" }).stdout.trim();
const server = await loadServer();
const { encode, problemOf } = encoders(server);

// What nixpkgs refuses depends on its age: the lib that is tested is as new as its tests.
const nixpkgsDate = statSync(join(tests, "modules.sh")).mtimeMs / 1000;
const tally = new Tally();
const seen = new Set();
const skipped = [];
for (const { args, cwd, env, code, stdout } of answers()) {
  const question = questionOf(args, cwd);
  // A warning that is made an error: the evaluation itself is told by the same case without it.
  if (env.ABORT_ON_WARN === "1" && code !== 0) {
    skipped.push(question.name);
    continue;
  }
  if (seen.has(question.name)) continue;
  seen.add(question.name);
  if (option("--only") && !question.name.includes(option("--only"))) continue;
  const real = code === 0 ? { json: normalised(stdout.replaceAll(storeDir, "/nix/store")) } : { fails: "" };
  tally.add(question.name, real, evaluate(question));
}
console.log(`${version}; not judged, because a warning is asked for: ${skipped.length}`);
process.exit(tally.print() > 0 ? 1 : 0);

/** What real Nix is asked by modules.sh, and answers. */
function answers() {
  const file = option("--answers");
  if (file && existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const all = recordEvaluations(NIX_INSTANTIATE, (env) => {
    const run = spawnSync("bash", [join(tests, "modules.sh")], { env, encoding: "utf8", maxBuffer: 1 << 28 });
    console.log((run.stdout ?? "").split("\n").slice(-4).join(" "));
  });
  if (file) writeFileSync(file, JSON.stringify(all));
  return all;
}

/** `-E 'import ./default.nix { modules = [ … ];}' -A path`, or a file of its own. */
function questionOf(args, cwd) {
  const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const script = value("-E");
  if (script === undefined) {
    const file = resolve(cwd, args.at(-1));
    return { name: file, text: `import ${file}`, path: [] };
  }
  const modules = /modules = \[(.*)\];\s*\}$/s.exec(script)[1].trim();
  const listed = modules.split(/\s+/).map((file) => resolve(cwd, file));
  const text = `let e = lib.evalModules { modules = [ ${listed.join(" ")} ]; specialArgs.modulesPath = ${cwd}; }; in { inherit (e) config options; }`;
  return { name: `${value("-A")} ${modules}`, text, path: parts(value("-A")) };
}

/** An attribute path as `-A` takes it. */
function parts(path) {
  return [...path.matchAll(/"([^"]*)"|([^."]+)/g)].map((m) => m[1] ?? m[2]);
}

function evaluate({ text, path }) {
  const { World, DiskFiles, parser, ready, applyFunction } = server;
  const world = new World({ files: new DiskFiles(parser, [resolve(NIXPKGS_LIB)]), parser, models: [], nixpkgsDate });
  world.evaluator.imports.set(
    join(tests, "../default.nix").replace(/\/tests\/\.\./, ""),
    ready(world.evaluator.lib.force()),
  );
  world.evaluator.imports.set(resolve(NIXPKGS_LIB, "lib"), ready(world.evaluator.lib.force()));
  const { root } = parser.parse(join(tests, "question.nix"), `lib: ${text}`);
  let value = applyFunction(world.evaluator.evaluate(root.body, null), [world.evaluator.lib], null);
  for (const part of path) {
    if (value.type === "unknown") return problemOf(value);
    if (value.type === "list") {
      const item = value.items[Number(part)];
      if (!item) return value.rest ? problemOf(value.rest) : { fails: "no such element" };
      value = item.thunk.force();
    } else if (value.type === "attrs") {
      const entry = value.entries.get(part);
      if (!entry) return value.rest ? problemOf(value.rest) : { fails: `attribute ${part} missing` };
      if (entry.conditional) return problemOf(entry.conditional);
      value = entry.thunk.force();
    } else return { fails: "not a set" };
  }
  return encode(value);
}
