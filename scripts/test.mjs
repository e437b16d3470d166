// `npm test`: everything, from a fresh clone. Installs what is missing, builds, runs all checks and tests, and prints the
// counts, in which each check (types, lint, generated files) is one test.
// With CI=true a missing tool is a failure; otherwise the tests that need it are skipped and counted as skipped.
// Arguments are handed to vitest, and leave the checks out: `npm test -- --project unit`.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { runChecks } from "./lib/checks.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { root, run } from "./lib/run.mjs";
import { installTools } from "./lib/tools.mjs";

const strict = ["1", "true"].includes(process.env.CI ?? "");
const scratch = mkdtempSync(join(tmpdir(), "microvm-lens-test-"));
const report = join(scratch, "report.json");
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

ensureInstalled();
console.error("» building");
if (run(process.execPath, ["scripts/build.mjs"]) !== 0) {
  console.log("\n0 passed, 1 failed");
  process.exit(1);
}

let problems = 0;
const checks = process.argv.length > 2 ? { passed: 0, failed: [] } : runChecks();
for (const { program, pack, why } of installTools()) {
  problem(`${program} (Debian package ${pack}) is not installed: needed for ${why}`);
}
// A folder of tests with needs of its own (an editor to install, say) has a set-up of its own.
for (const folder of readdirSync(join(root, "test"))) {
  const setup = join("test", folder, "setup.mjs");
  if (existsSync(join(root, setup)) && run(process.execPath, [setup], { stdio: ["ignore", 2, 2] }) !== 0) {
    problem(`${setup} failed`);
  }
}

console.error("\n» running the tests");
const code = run(
  process.execPath,
  [
    join("node_modules", "vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { env: { ...environment(), ...headers(), PATH: [process.env.PATH, "/usr/sbin", "/sbin"].join(delimiter) } },
);
finish(code, counts());

/** npm hands its configuration of this project to what it starts; another project's npm must not take it for its own. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_ignore_scripts$/i.test(name)));
}

/** Node's own headers, where they are installed beside it: building a native module of the editor then fetches nothing. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include", "node", "node.h")) ? { npm_config_nodedir: prefix } : {};
}

/** Says what is missing; a failure only where nothing may be skipped. */
function problem(words) {
  console.error(`${strict ? "error" : "note"}: ${words}`);
  if (strict) problems++;
}

/** The numbers of vitest's own report. A file that could not be loaded at all is one failure. */
function counts() {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [], again: [] };
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  const result = { passed: 0, failed: 0, skipped: [], again: [] };
  for (const file of testResults) {
    const failed = file.assertionResults.filter(({ status }) => status === "failed").length;
    result.failed += file.status === "failed" ? Math.max(failed, 1) : failed;
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      const words = `${relative(root, file.name)}: ${fullName}`;
      if (status === "passed") result.passed++;
      else if (status !== "failed") result.skipped.push(words);
      if (status === "passed" && failureMessages.length > 0) result.again.push(`${words}\n    ${failureMessages[0]}`);
    }
  }
  return result;
}

function finish(exitCode, { passed, failed, skipped, again }) {
  // vitest also fails for an error outside any test.
  const all = failed + problems + checks.failed.length + (exitCode !== 0 && failed === 0 ? 1 : 0);
  if (checks.failed.length > 0) console.error(`\nchecks that failed:\n  ${checks.failed.join("\n  ")}`);
  if (again.length > 0) console.error(`\npassed at the second attempt only:\n  ${again.join("\n  ")}`);
  if (skipped.length > 0) console.error(`\nskipped:\n  ${skipped.join("\n  ")}`);
  console.log(
    `\n${passed + checks.passed} passed, ${all} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`,
  );
  process.exitCode = all > 0 ? 1 : 0;
}
