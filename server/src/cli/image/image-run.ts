import { printable } from "../../base/printable.ts";
import { type Locale, render, verbatim } from "../../base/text.ts";
import type { Plan, Step, Target } from "../../operations/operation.ts";
import { runPlan } from "../../operations/run.ts";
import { quoteForDisplay } from "../../shell/quote.ts";
import { breakable } from "../frame/breakable.ts";
import { CannotDo, type ExitCode, type Terminal } from "../frame/command.ts";
import { words } from "../frame/words.ts";
import { connectProgress } from "./progress-socket.ts";

/** Runs a plan in this terminal; `progress`: the socket of a program that wants to follow it. */
export async function runHere(
  plan: Plan,
  target: Target,
  progress: string | undefined,
  locale: Locale,
  terminal: Terminal,
): Promise<ExitCode> {
  const { stopped, follower } = await breakable(terminal, async (breaking) => {
    const follower = progress === undefined ? null : await connectProgress(progress, () => breaking.abort());
    const told = {
      step: (index: number, { argv, does }: Step) => {
        const [step, steps, say] = [index + 1, plan.steps.length, render(does, locale)];
        terminal.err(`[${step}/${steps}] ${say}: ${quoteForDisplay(argv)}\n`);
        follower?.tell({ step, steps, does: say });
      },
      ...(follower === null ? {} : { part: (part: number) => follower.tell({ part }) }),
    };
    return { stopped: await runPlan(plan, target, told, breaking.signal), follower };
  });
  const why = stopped === null ? null : render(stopped, locale);
  await follower?.end({ end: why });
  if (why !== null) {
    const kept = render(words.stopped({ path: printable(target.path) }), locale);
    throw new CannotDo(verbatim(`${why}\n${kept}`));
  }
  terminal.out(`\n${render(words.finished(), locale)}\n`);
  return 0;
}
