// What the scripts share: the project's folder, running a program, asking for a program.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, with a trailing separator removed. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs a program in the project's folder with its output shown; returns its exit code. 127: it could not be started. */
export function run(program, args, options = {}) {
  const { error, status, signal } = spawnSync(program, args, { cwd: root, stdio: "inherit", ...options });
  if (error) {
    console.error(`${program}: ${error.message}`);
    return 127;
  }
  return status ?? (signal ? 128 : 1);
}

/** Runs a program and returns its output without the last newline, or null when it failed. */
export function output(program, args, options = {}) {
  const { status, stdout } = spawnSync(program, args, { cwd: root, encoding: "utf8", ...options });
  return status === 0 ? stdout.trimEnd() : null;
}

/** The absolute path of a program, or null. Looks in the system's own folders too: mkfs is often not on a user's PATH. */
export function which(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  for (const folder of folders) {
    if (folder === "") continue;
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** Runs a step with a heading; ends the process with the step's exit code when it fails. */
export function step(title, program, args, options = {}) {
  console.error(`\n» ${title}`);
  const code = run(program, args, options);
  if (code !== 0) {
    console.error(`» ${title}: failed (exit code ${code})`);
    process.exit(code === 127 ? 2 : code);
  }
}
