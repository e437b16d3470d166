// `npm run soak [NAME…]`: the long runs of tests that have a short one in `npm test`. Without names: all of them, one after
// the other, and at the end which failed. Needs what the tests need: root, loop devices, real tools.
import { spawnSync } from "node:child_process";

/** Each: what it is called, what it runs for long, the files of tests, and what makes them long. Add yours. */
const runs = [
  {
    name: "worlds",
    what: "3,000 whole worlds, forecast and played (about two hours on two cores)",
    args: ["--project", "host", "test/worlds/worlds.host.test.ts"],
    env: { RUNS: "3000", FIXES: "2", SEED: String(Date.now() % 1_000_000) },
  },
  {
    name: "guests",
    what: "every scenario of real guests under QEMU (about ten minutes on two idle cores)",
    args: ["--project", "guests"],
    env: { GUESTS: "all" },
  },
  {
    name: "scenes",
    what: "every scene of a start by what is declared: operation, image, policy and fault (about fifteen minutes)",
    args: ["--project", "host", "test/declared/scenes.host.test.ts"],
    env: { SCENES: "all" },
  },
  {
    name: "kills",
    what: "operations on images killed at every step, here and over ssh (about ten minutes)",
    args: ["--project", "host", "test/operations/kill.host.test.ts", "test/operations/remote.host.test.ts"],
    env: { KILLS: "10" },
  },
  {
    name: "faults",
    what: "every command that writes, killed at and refused by each of its system calls (about ten minutes)",
    args: ["--project", "host", "test/faults"],
    env: { FAULTS: "all" },
  },
  {
    name: "coverage",
    what: "which lines the unit tests reach (about ten minutes)",
    args: ["--project", "unit", "--coverage.enabled", "--coverage.reporter=text-summary"],
    env: {},
  },
  {
    name: "editor",
    what: "every scene in a real VS Code, with the pictures that the documentation shows (about eight minutes)",
    args: ["--project", "editor"],
    env: {},
  },
  {
    name: "client",
    what: "10,000 messages of a client that asks at random, and of one that answers with errors, garbage, late or never (about ten minutes)",
    args: ["--project", "unit", "test/features/random-client.test.ts", "test/features/misbehaving-client.test.ts"],
    env: { MICROVM_LENS_MESSAGES: "10000" },
  },
  {
    name: "bombs",
    what: "every configuration of test/bombs typed into the server, with a hover each 100 ms (about three minutes)",
    args: ["--project", "clients", "test/bombs"],
    env: { BOMBS: "all" },
  },
  {
    name: "exploding",
    what: "every builtin and function of lib with all values that explode (about ten minutes)",
    args: ["--project", "unit", "test/bombs/exploding.test.ts"],
    env: { EXPLODE: "1" },
  },
];

/** Long runs that are programs of their own. */
for (const [name, what] of [
  [
    "promises",
    "what we promise, broken in one place after the other: each has a test that fails then (about two minutes)",
  ],
  ["mutants", "300 small faults in evaluation, forecast, disk, operations, rules and features (about an hour)"],
]) {
  runs.push({ name, what, program: ["scripts/mutate.mjs", name], args: [], env: {} });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !runs.some((run) => run.name === name));
if (unknown.length > 0) {
  console.error(
    `no such run: ${unknown.join(", ")}; there are\n${runs.map(({ name, what }) => `  ${name}: ${what}`).join("\n")}`,
  );
  process.exit(2);
}

const failed = [];
for (const { name, what, program, args, env } of runs.filter(
  (run) => wanted.length === 0 || wanted.includes(run.name),
)) {
  // What is set outside counts: a seed to play again, fewer runs.
  const settings = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, process.env[key] ?? value]));
  const words = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  console.error(`» ${name}: ${what}\n  ${words.join(" ")} npx vitest run ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, program ?? ["node_modules/vitest/vitest.mjs", "run", ...args], {
    stdio: "inherit",
    env: { ...process.env, MICROVM_LENS_ALL: "1", ...settings },
  });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`);
process.exit(failed.length > 0 ? 1 : 0);
