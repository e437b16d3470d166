import { lookAtPlace } from "../../server/src/operations/look/look.ts";
import type { Outcome, Plan, Target } from "../../server/src/operations/operation.ts";
import { planConvert } from "../../server/src/operations/plans/convert.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { planAdopt, planBackUp, planMoveAside } from "../../server/src/operations/plans/move.ts";
import { planChown } from "../../server/src/operations/plans/owner.ts";
import { planRelabel } from "../../server/src/operations/plans/relabel.ts";
import { planRestore } from "../../server/src/operations/plans/restore.ts";
import { planTrim } from "../../server/src/operations/plans/trim.ts";
import { asPlan, targetAt } from "./images.ts";

/**
 * The plan of a scene's words: an operation, an image, and one argument, which may be empty. `blind`: free space is not
 * looked at, as if somebody else took it right afterwards.
 */
export async function planned(
  [operation = "", path = "", argument = ""]: readonly string[],
  blind: boolean,
): Promise<{ readonly plan: Plan; readonly target: Target }> {
  const seen = await targetAt(path);
  const target = blind ? { ...seen, freeBytes: null } : seen;
  const plan = asPlan(await outcomeOf(operation, target, argument));
  return { plan: blind ? { ...plan, steps: plan.steps.map(({ needsBytes: _, ...step }) => step) } : plan, target };
}

async function outcomeOf(operation: string, target: Target, argument: string): Promise<Outcome> {
  switch (operation) {
    case "grow":
      return planGrow(target, Number(argument) * 1024 * 1024);
    case "grow-mounted":
      return planGrow(target, Number(argument) * 1024 * 1024, { mount: true });
    case "chown":
      return planChown(target);
    case "trim":
      return planTrim(target);
    case "convert":
      return planConvert(target);
    case "relabel":
      return planRelabel(target, argument);
    case "restore":
      return planRestore(target, await targetAt(argument));
    case "backup":
      return planBackUp(target, lookAtPlace(argument));
    case "adopt":
      return planAdopt(target, lookAtPlace(argument));
    default:
      return planMoveAside(target);
  }
}
