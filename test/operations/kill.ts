import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";
import { textFiles } from "../../scripts/lib/text-files.mjs";
import { draftName } from "../../server/src/files/write-file.ts";
import { planRecovery, runRecovery } from "../../server/src/operations/recover.ts";

/** Bundles test/operations/victim.ts, so that plain Node can run it; gone after the tests of the file. */
export function buildVictim(): string {
  return buildProgram("victim.ts");
}

/** Bundles a program of this folder. */
export function buildProgram(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "microvm-lens-victim-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "victim.cjs");
  const entryPoints = [join(import.meta.dirname, name)];
  buildSync({
    entryPoints,
    outfile,
    bundle: true,
    loader: textFiles,
    platform: "node",
    format: "cjs",
    target: "node20",
    logLevel: "error",
  });
  return outfile;
}

/** Starts the victim in a process group of its own. */
export function startVictim(victim: string, words: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
  const env = { ...process.env, ...more };
  return spawn(process.execPath, [victim, ...words], { detached: true, stdio: ["ignore", "pipe", "ignore"], env });
}

/** Runs it to its end, which may be its own SIGKILL before step `stop`; returns the exit code, null when it was killed. */
export async function runVictim(
  victim: string,
  words: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<number | null> {
  const child = startVictim(victim, words, more);
  child.stdout?.resume();
  const [code] = await once(child, "exit");
  return code as number | null;
}

/**
 * Puts in order what the victim left; returns the id of the outcome, or null when there was nothing. A program that
 * outlives it (cp, resize2fs) is waited for, as long as the test may take: until then the recovery refuses.
 */
export async function recoverAll(path: string): Promise<string | null> {
  for (;;) {
    const left = planRecovery(path);
    if (left === null) return null;
    if (left.kind === "recovery") {
      const failed = await runRecovery(left);
      if (failed) throw new Error(`${failed.id} ${JSON.stringify(failed.args)}`);
      return left.outcome.id;
    }
    if (!/held|alive/.test(left.reason.id)) {
      throw new Error(`${left.reason.id} ${JSON.stringify(left.reason.args)}`);
    }
    await delay(20);
  }
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What lies in the folder that should not: the image alone, or with what the operation leaves on purpose, is right. */
export function strange({ names }: { readonly names: readonly string[] }, folder: string): string[] {
  // A draft of a journal, left by a kill in its making, goes with the next run that ends.
  const found = readdirSync(folder);
  const left = found.filter((name) => !names.includes(name) && !draftName.test(name));
  return found.some((name) => names.includes(name)) ? left : [...left, "no image"];
}

/** The victim takes an operation, an image and one argument, which may be empty. */
export function withArgument([operation = "", image = "", argument = ""]: readonly string[]): string[] {
  return [operation, image, argument];
}
