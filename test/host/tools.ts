import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

/**
 * True when all these programs are installed. Without them a test is skipped on a developer's machine, with a word on
 * stderr, and fails in CI, where nothing may be skipped silently.
 */
export function needTools(...names: readonly string[]): boolean {
  const missing = names.filter((name) => !isInstalled(name));
  return missing.length === 0 || lacking(`not installed: ${missing.join(", ")}`);
}

/** True when this process may mount, and be somebody else. */
export function needRoot(): boolean {
  return process.getuid?.() === 0 || lacking("mounting needs root");
}

/** True when loop devices can be set up: root, and a free device. */
export function needLoopDevices(): boolean {
  if (process.getuid?.() !== 0) return lacking("mounting images needs root");
  return existsSync("/dev/loop-control") || lacking("there are no loop devices");
}

function lacking(what: string): false {
  if (process.env["CI"] === "true") throw new Error(`these tests must run in CI, but ${what}`);
  process.stderr.write(`skipped: ${what}\n`);
  return false;
}

export function isInstalled(name: string): boolean {
  return [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
