#!/usr/bin/env node
// Runs the command line out of a clone of MicroVM Lens, which is installed and built at the first run: for hooks and CI that
// clone the repository themselves (action.yml, .pre-commit-hooks.yaml). The working directory stays the caller's.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./lib/run.mjs";

const program = join(root, "dist", "microvm-lens.cjs");
if (!existsSync(program)) {
  const code = run(process.execPath, [join(root, "scripts", "prepare.mjs")], { stdio: ["ignore", 2, 2] });
  if (code !== 0) process.exit(code);
}
const { status, error } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit" });
if (error) console.error(`MicroVM Lens could not be started: ${error.message}`);
process.exit(status ?? 2);
