import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import type { Plan, Target } from "../../server/src/operations/operation.ts";
import { operationScript } from "../../server/src/operations/remote/remote-script.ts";

/** The script that runs a plan on another host, for a shell of this machine. */
export function scriptOf(plan: Plan, target: Target): string {
  return operationScript({ plan, target, guests: [], host: "h", locale: "en", unseen: true });
}

/** Runs the script in a shell that gets a signal right before a step. */
export function broken(plan: Plan, target: Target, step: number, signal: string, shell = "sh"): void {
  const at = `\nstep ${step}/`;
  const [before, after, ...more] = scriptOf(plan, target).split(at);
  expect(more).toEqual([]);
  const script = `${before}\nkill -${signal} $$${at}${after}`;
  const result = spawnSync(shell, ["-c", script], { stdio: "ignore" });
  expect(result.status).not.toBe(0);
}
