#!/usr/bin/env node
// Runs Nix's own language tests (NixOS/nix, tests/functional/lang) with our evaluator. What the tests expect is the judge, and
// where NIX_INSTANTIATE can be asked, it is, too: older versions of Nix refuse some. For developers; nothing of Nix is kept.
//
//   NIX_SOURCE=FOLDER [NIX_INSTANTIATE=COMMAND] node scripts/compare-language-tests.mjs [--only TEXT]
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadServer } from "./compare/server.mjs";
import { encoders, normalised, Tally } from "./compare/values.mjs";

const { NIX_SOURCE, NIX_INSTANTIATE = "nix-instantiate" } = process.env;
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : "";
const folder = NIX_SOURCE ? resolve(NIX_SOURCE, "tests/functional/lang") : "";
if (!existsSync(folder)) {
  console.error(
    "usage: NIX_SOURCE=FOLDER [NIX_INSTANTIATE=COMMAND] node scripts/compare-language-tests.mjs [--only TEXT]",
  );
  process.exit(2);
}
const server = await loadServer();
const { encode } = encoders(server);
const files = new server.DiskFiles(server.parser, [folder]);

const tally = new Tally();
const skipped = [];
const cases = readdirSync(folder).filter(
  (name) => /^(parse|eval)-(okay|fail)-.*\.nix$/.test(name) && name.includes(only),
);
for (const name of cases.sort()) {
  const base = join(folder, name.replace(/\.nix$/, ""));
  const why = reasonToSkip(base);
  if (why) {
    skipped.push(`${name} (${why})`);
    continue;
  }
  const [, step, verdict] = /^(parse|eval)-(okay|fail)/.exec(name);
  if (verdict === "fail") {
    tally.add(name, { fails: "" }, evaluate(name));
  } else if (step === "parse") {
    tally.add(name, { json: "parsed" }, parse(name));
  } else {
    const answer = real(name);
    // As JSON, paths are copied into the store: those that do not exist cannot be, and newer builtins are not there.
    if (answer.json === undefined) skipped.push(`${name} (${answer.fails.trim().split("\n").at(-1)})`);
    else tally.add(name, answer, evaluate(name));
  }
}
for (const line of skipped) console.log(`not judged: ${line}`);
process.exit(tally.print() > 0 ? 1 : 0);

/** Why a case is not one of the language alone. */
function reasonToSkip(base) {
  const flags = existsSync(`${base}.flags`) ? readFileSync(`${base}.flags`, "utf8") : "";
  if (/lint-|parse-toml|max-call|-A|-I/.test(flags)) return `flags ${flags.trim().split("\n")[0]}`;
  if (existsSync(`${base}.exp-disabled`)) return "disabled";
  return null;
}

function parse(name) {
  const bytes = readFileSync(join(folder, name));
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) return { fails: "not UTF-8: the file is not read" };
  const { errors } = server.parser.parse(join(folder, name), text);
  return errors.length > 0 ? { fails: "syntax error" } : { json: "parsed" };
}

function evaluate(name) {
  const world = new server.World({ files, parser: server.parser, models: [] });
  const parsed = parse(name);
  if (parsed.fails) return parsed;
  return encode(world.evaluator.evaluateFile(join(folder, name)));
}

/** What real Nix makes of it, as JSON; what JSON cannot hold is compared as far as it goes. */
function real(name) {
  const run = spawnSync(NIX_INSTANTIATE, ["--eval", "--strict", "--json", join(folder, name)], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, NIX_PATH: "", TEST_VAR: "foo", HOME: "/fake-home" },
  });
  return run.status === 0 ? { json: normalised(run.stdout) } : { fails: run.stderr.slice(-200) };
}
