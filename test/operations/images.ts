import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { lookAtTarget } from "../../server/src/operations/look/look.ts";
import type { Outcome, Plan, Target } from "../../server/src/operations/operation.ts";

export const environment = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, LC_ALL: "C" };

/** A folder as a guest's directory is, gone after the test. */
export function guestFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-image-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "guest"));
  return join(folder, "guest");
}

/** Runs a program; returns its output. Throws when it fails. */
export function tool(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", env: environment, stdio: ["ignore", "pipe", "pipe"] });
}

export function succeeds(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { env: environment, stdio: "ignore" }).status === 0;
}

/** A sparse image with a filesystem of this type; an ext filesystem also holds `data`, which is returned as a hash. */
export function makeImage(path: string, type: string, sizeMiB: number, more: readonly string[] = []): string {
  writeFileSync(path, "");
  truncateSync(path, sizeMiB * 1024 * 1024);
  if (type === "blank") return "";
  tool(`mkfs.${type}`, ...(type.startsWith("ext") ? ["-q", "-F"] : []), ...more, path);
  if (!type.startsWith("ext")) return "";
  const file = join(dirname(path), "data");
  const bytes = Buffer.alloc(3_000_000, path);
  writeFileSync(file, bytes);
  tool("debugfs", "-w", "-R", `write ${quoted(file)} data`, path);
  rmSync(file);
  return createHash("sha256").update(bytes).digest("hex");
}

/** The hash of `data` inside an ext image, or of nothing when it cannot be read. */
export function hashInside(path: string): string {
  const { stdout } = spawnSync("debugfs", ["-R", "cat data", path], { env: environment, maxBuffer: 64 << 20 });
  return createHash("sha256").update(stdout).digest("hex");
}

export function soundExt(path: string): boolean {
  return succeeds("e2fsck", "-f", "-n", path);
}

export async function targetAt(path: string): Promise<Target> {
  const target = await lookAtTarget(path);
  if (target.state !== "seen") throw new Error(`${path}: ${target.state}`);
  return target.value;
}

export function asPlan(outcome: Outcome): Plan {
  if (outcome.kind !== "plan")
    throw new Error(`${outcome.kind}: ${outcome.reason.id} ${JSON.stringify(outcome.reason.args)}`);
  return outcome;
}

/** The id of the reason for which an operation is refused. */
export function refusal(outcome: Outcome): string {
  return outcome.kind === "plan" ? "plan" : outcome.reason.id;
}

function quoted(path: string): string {
  return `"${path}"`;
}
