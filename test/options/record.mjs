// Asks real Nix about every mutated configuration and writes recorded.json: those that it refuses.
//   node test/options/record.mjs --lib NIXPKGS/lib --microvm MICROVM.NIX
// Both are checkouts (github.com/nix-community/nixpkgs.lib and the revision of the table); nothing of them is kept.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { textFiles } from "../../scripts/lib/text-files.mjs";

const text = { type: "string" };
const { values } = parseArgs({ options: { lib: text, microvm: text } });
if (!values.lib || !values.microvm) {
  console.error("usage: record.mjs --lib NIXPKGS/lib --microvm FOLDER");
  process.exit(2);
}
const here = import.meta.dirname;
const work = mkdtempSync(join(tmpdir(), "microvm-judge-"));
const outfile = join(work, "mutations.mjs");
await build({
  stdin: { contents: 'export * from "./mutations.ts"; export * from "./runner-mutations.ts";', resolveDir: here },
  bundle: true,
  loader: textFiles,
  format: "esm",
  platform: "node",
  outfile,
});
const { mutations, runnerMutations } = await import(outfile);
const all = [...mutations(), ...runnerMutations()];
const refused = [];
const odd = [];
const judge = (some) => {
  const cases = some.map(({ id, side, index }) => ({ id, side, file: join(work, `case${index}.nix`) }));
  writeFileSync(join(work, "cases.json"), JSON.stringify(cases));
  const argv = ["--eval", "--strict", "--json", join(here, "judge.nix"), "--arg", "lib", resolve(values.lib)];
  argv.push("--arg", "microvm", resolve(values.microvm), "--argstr", "cases", join(work, "cases.json"));
  const answers = JSON.parse(
    execFileSync(process.env.NIX_INSTANTIATE ?? "nix-instantiate", argv, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  for (const [id, isRefused] of Object.entries(answers)) if (isRefused) refused.push(id);
};
/** Errors that nothing can catch end the whole run: then the cases are asked in halves. */
const ask = (some) => {
  try {
    judge(some);
  } catch (error) {
    if (some.length === 1) {
      odd.push(`${some[0].id}: ${String(error.stderr).match(/error: .*/)?.[0] ?? error}`);
      refused.push(some[0].id);
    } else {
      ask(some.slice(0, some.length >> 1));
      ask(some.slice(some.length >> 1));
    }
  }
};
const cases = all.map((each, index) => ({ ...each, index }));
for (const { text: module, index } of cases) writeFileSync(join(work, `case${index}.nix`), module);
for (let i = 0; i < cases.length; i += 60) ask(cases.slice(i, i + 60));
rmSync(work, { recursive: true, force: true });
const recorded = { cases: all.length, refused: refused.sort() };
writeFileSync(join(here, "recorded.json"), `${JSON.stringify(recorded, null, 1)}\n`);
console.log(`${all.length} configurations, ${refused.length} refused; not to be caught:\n${odd.join("\n")}`);
