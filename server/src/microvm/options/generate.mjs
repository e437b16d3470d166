// Writes data.json: names, types, defaults and values of the options of microvm.nix, from its own declarations, and since
// and until when each exists, from its history. Needs git and nix-instantiate:
//   node server/src/microvm/options/generate.mjs --lib NIXPKGS/lib --repository MICROVM.NIX/.git [--revision COMMIT] [--names FOLDER]
// --names keeps the names of each commit (about a minute of work) for the next run.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const text = { type: "string" };
const { values } = parseArgs({ options: { lib: text, repository: text, revision: text, names: text } });
if (!values.lib || !values.repository) {
  console.error("usage: generate.mjs --lib NIXPKGS/lib --repository GIT-FOLDER [--revision COMMIT] [--names FOLDER]");
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), "microvm-options-"));
const names = values.names ? resolve(values.names) : join(work, "names");
mkdirSync(names, { recursive: true });

const git = (...argv) =>
  execFileSync("git", ["-C", values.repository, ...argv], { encoding: "utf8", maxBuffer: 256 << 20 }).trim();

function extract(commit, ...more) {
  const folder = join(work, "tree");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const archive = execFileSync("git", ["-C", values.repository, "archive", commit], { maxBuffer: 256 << 20 });
  execFileSync("tar", ["x", "-C", folder], { input: archive });
  const argv = ["--eval", "--strict", "--json", join(here, "extract.nix")];
  argv.push("--arg", "lib", resolve(values.lib), "--arg", "microvm", folder, ...more);
  return JSON.parse(
    execFileSync("nix-instantiate", argv, {
      encoding: "utf8",
      maxBuffer: 64 << 20,
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
}

/** The names of a commit; null where its modules cannot be evaluated on their own. */
function namesOf(commit) {
  const file = join(names, commit);
  if (!existsSync(file)) {
    try {
      writeFileSync(file, JSON.stringify(extract(commit, "--arg", "namesOnly", "true")));
    } catch {
      writeFileSync(file, "null");
    }
  }
  const found = JSON.parse(readFileSync(file, "utf8"));
  return found && new Set([...found.guest, ...found.host]);
}

const revision = git("rev-parse", values.revision ?? "HEAD");
const log = git(
  "log",
  "--first-parent",
  "--reverse",
  "--format=%H %ct",
  revision,
  "--",
  "nixos-modules",
  "lib/default.nix",
);
/** When each name came, in seconds since 1970; 0: with the first commit that can be read. */
const since = new Map();
const gone = new Map();
let first = true;
/** When the oldest commit was made that cannot be read and came after the last that can: a new name may be as old. */
let unread = null;
for (const line of log.split("\n")) {
  const [commit, time] = line.split(" ");
  const found = namesOf(commit);
  if (!found) {
    unread ??= Number(time);
    continue;
  }
  for (const name of found) {
    if (since.has(name)) continue;
    since.set(name, first ? 0 : (unread ?? Number(time)));
    gone.delete(name);
  }
  for (const name of [...since.keys()]) {
    if (found.has(name)) continue;
    since.delete(name);
    gone.set(name, Number(time));
  }
  first = false;
  unread = null;
}

const options = extract(revision);
for (const list of [options.guest, options.host]) {
  for (const option of list) {
    // The default where a text says it better, or that hangs on the host name, which is ours here.
    if (option.name === "microvm.machineId") option.default = null;
    // Hangs on the other options of the share (schema/guest.ts); a share of ours has none of them.
    if (option.name === "microvm.shares.*.socket") option.plain = {};
    if ("value" in option.plain) option.plain = option.plain.value;
    else delete option.plain;
    for (const key of ["values", "default", "example"]) if (option[key] === null) delete option[key];
    for (const key of ["required", "readOnly", "internal"]) if (!option[key]) delete option[key];
    const date = since.get(option.name);
    if (date) option.since = date;
  }
}
const removed = Object.fromEntries([...gone].sort());
const source = "https://github.com/microvm-nix/microvm.nix";
const modified = Number(git("log", "-1", "--format=%ct", revision));
writeFileSync(
  join(here, "data.json"),
  `${JSON.stringify({ source, revision, modified, ...options, removed }, null, 1)}\n`,
);
rmSync(work, { recursive: true, force: true });
console.log(`${options.guest.length} options of guests, ${options.host.length} of hosts, ${gone.size} removed`);
