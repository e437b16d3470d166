import { runPlan } from "../../server/src/operations/run.ts";
import { planned } from "./planned.ts";

/**
 * A program of its own, which the tests kill: `victim OPERATION IMAGE ARGUMENT STEP`; it kills itself right before STEP.
 * BLIND=1: free space is not looked at, as if somebody else took it right afterwards.
 */
async function main([operation = "", path = "", argument = "", stop = ""]: readonly string[]): Promise<void> {
  const { plan, target } = await planned([operation, path, argument], process.env["BLIND"] === "1");
  process.stdout.write(`${plan.steps.length}\n`);
  const step = (index: number): void => {
    if (index === Number(stop)) process.kill(process.pid, "SIGKILL");
  };
  const stopped = await runPlan(plan, target, { step });
  if (stopped) throw new Error(stopped.id);
}

void main(process.argv.slice(2));
