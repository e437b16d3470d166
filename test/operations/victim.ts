import { planConvert } from "../../server/src/operations/convert.ts";
import { planGrow } from "../../server/src/operations/grow.ts";
import { lookAtPlace, lookAtTarget } from "../../server/src/operations/look.ts";
import { planAdopt, planBackUp, planMoveAside } from "../../server/src/operations/move.ts";
import type { Outcome, Target } from "../../server/src/operations/operation.ts";
import { planChown } from "../../server/src/operations/owner.ts";
import { planRelabel } from "../../server/src/operations/relabel.ts";
import { planRestore } from "../../server/src/operations/restore.ts";
import { runPlan } from "../../server/src/operations/run.ts";

/**
 * A program of its own, which the tests kill: `victim OPERATION IMAGE ARGUMENT STEP`; it kills itself right before STEP.
 * BLIND=1: free space is not looked at, as if somebody else took it right afterwards.
 */
async function main([operation = "", path = "", argument = "", stop = ""]: readonly string[]): Promise<void> {
  const target = await targetOf(path);
  const outcome = await outcomeOf(operation, target, argument);
  if (outcome.kind !== "plan") throw new Error(outcome.reason.id);
  const plan = blind ? { ...outcome, steps: outcome.steps.map(({ needsBytes: _, ...step }) => step) } : outcome;
  process.stdout.write(`${plan.steps.length}\n`);
  const step = (index: number): void => {
    if (index === Number(stop)) process.kill(process.pid, "SIGKILL");
  };
  const stopped = await runPlan(plan, target, { step });
  if (stopped) throw new Error(stopped.id);
}

const blind = process.env["BLIND"] === "1";

async function outcomeOf(operation: string, target: Target, argument: string): Promise<Outcome> {
  switch (operation) {
    case "grow":
      return planGrow(target, Number(argument) * 1024 * 1024);
    case "grow-mounted":
      return planGrow(target, Number(argument) * 1024 * 1024, { mount: true });
    case "chown":
      return planChown(target);
    case "convert":
      return planConvert(target);
    case "relabel":
      return planRelabel(target, argument);
    case "restore":
      return planRestore(target, await targetOf(argument));
    case "backup":
      return planBackUp(target, lookAtPlace(argument));
    case "adopt":
      return planAdopt(target, lookAtPlace(argument));
    default:
      return planMoveAside(target);
  }
}

async function targetOf(path: string): Promise<Target> {
  const target = await lookAtTarget(path);
  if (target.state !== "seen") throw new Error(target.state);
  return blind ? { ...target.value, freeBytes: null } : target.value;
}

void main(process.argv.slice(2));
