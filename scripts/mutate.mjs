// `npm run soak promises`, `npm run soak mutants`: breaks the code in a copy of the project, one place after the other, and
// tells what no test notices. Nothing is changed in the project itself.
//
//   node scripts/mutate.mjs promises          what test/mutation/promises.mjs breaks
//   node scripts/mutate.mjs mutants           COUNT mutants (300) by SEED (1) of the files that match FILES
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { mutantsOf } from "../test/mutation/mutants.mjs";
import { promises } from "../test/mutation/promises.mjs";
import { root } from "./lib/run.mjs";

const [mode = "mutants"] = process.argv.slice(2);
const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.COUNT ?? 300);
const only = new RegExp(process.env.FILES ?? "");
/** A mutant may make a test wait for ever, and a busy machine any test for long. */
const limitMs = Number(process.env.LIMIT ?? 120_000);

/** Rooms of the code and the tests that speak for each: quick ones, without real tools. */
const rooms = [
  ["server/src/nix/eval/", ["test/nix/eval"]],
  ["server/src/nix/modules/", ["test/nix/modules"]],
  ["server/src/forecast/", ["test/forecast", "test/rules/fixtures.test.ts"]],
  ["server/src/disk/", ["test/disk"]],
  ["server/src/operations/", ["test/operations", "test/prune"]],
  ["server/src/rules/", ["test/rules/fixtures.test.ts", "test/rules/examples.test.ts"]],
  ["server/src/features/", ["test/features"]],
];

const copy = mkdtempSync(join(tmpdir(), "microvm-lens-mutants-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));
for (const name of readdirSync(root)) {
  if (name === "node_modules" || name === "dist") symlinkSync(join(root, name), join(copy, name));
  else if (!name.startsWith(".")) cpSync(join(root, name), join(copy, name), { recursive: true });
}

const survivors = mode === "promises" ? breakPromises() : breakAnything();
process.exit(survivors > 0 ? 1 : 0);

function breakPromises() {
  let kept = 0;
  for (const { promise, file, from, to, tests } of promises.filter((each) => only.test(each.file))) {
    const text = readFileSync(join(copy, file), "utf8");
    const parts = text.split(from);
    // Where the code reads otherwise by now the table has to follow.
    const verdict =
      parts.length < 2 ? "not found" : tried(file, text, parts[0] + to + parts.slice(1).join(from), tests);
    if (verdict !== "noticed") kept++;
    console.log(`${verdict} | ${promise} | ${file} | ${tests.join(", ")}`);
  }
  return kept;
}

function breakAnything() {
  const all = rooms.flatMap(([folder, tests]) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => folder + name)
      .filter((file) => file.endsWith(".ts") && only.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), "utf8");
        return mutantsOf(text).map((mutant) => ({ file, text, mutant, tests }));
      }),
  );
  const chosen = shuffled(all).slice(0, count);
  const ends = { noticed: 0, survived: 0, "no answer in time": 0, "does not compile": 0 };
  for (const { file, text, mutant, tests } of chosen) {
    const { at, from, to } = mutant;
    const verdict = tried(file, text, text.slice(0, at) + to + text.slice(at + from.length), present(tests));
    ends[verdict]++;
    const line = text.slice(0, at).split("\n").length;
    if (verdict !== "noticed") console.log(`${verdict}: ${file}:${line}: \`${from.trim()}\` → \`${to}\``);
  }
  const tries = ends.noticed + ends.survived;
  console.log(
    `seed ${seed}: ${ends.noticed} of ${tries} noticed (${((100 * ends.noticed) / tries).toFixed(1)} %), of ${all.length}`,
  );
  return ends.survived;
}

function present(tests) {
  return tests.filter((name) => existsSync(join(copy, name)));
}

/** How it ended, by the names in `ends` (types are not looked at); the copy is as it was afterwards. */
function tried(file, text, broken, tests) {
  try {
    transformSync(broken, { loader: "ts" });
  } catch {
    return "does not compile";
  }
  writeFileSync(join(copy, file), broken);
  try {
    const args = ["vitest", "vitest.mjs"];
    const { status, signal } = spawnSync(
      process.execPath,
      [join(root, "node_modules", ...args), "run", "--project", "unit", "--bail", "1", "--retry", "0", ...tests],
      { cwd: copy, stdio: "ignore", timeout: limitMs, killSignal: "SIGKILL" },
    );
    if (signal !== null) return "no answer in time";
    return status === 0 ? "survived" : "noticed";
  } finally {
    writeFileSync(join(copy, file), text);
  }
}

/** In an order that the seed decides. */
function shuffled(list) {
  const result = [...list];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
