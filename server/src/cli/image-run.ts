import { printable } from "../base/printable.ts";
import { type Locale, render, verbatim } from "../base/text.ts";
import type { Plan, Step, Target } from "../operations/operation.ts";
import { runPlan } from "../operations/run.ts";
import { quoteForDisplay } from "../shell/quote.ts";
import { CannotDo, type ExitCode, type Terminal } from "./command.ts";
import { connectProgress } from "./progress-socket.ts";
import { words } from "./words.ts";

/** What ends a program from outside: Ctrl-C, `kill`, a terminal that is closed. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a plan in this terminal; `progress`: the socket of a program that wants to follow it. */
export async function runHere(
  plan: Plan,
  target: Target,
  progress: string | undefined,
  locale: Locale,
  terminal: Terminal,
): Promise<ExitCode> {
  const breaking = new AbortController();
  const breakOff = () => breaking.abort();
  const follower = progress === undefined ? null : await connectProgress(progress, breakOff);
  // The programs get a Ctrl-C of the terminal themselves; what they leave is put in order before this process ends.
  for (const signal of endings) process.on(signal, breakOff);
  const release = terminal.hold?.();
  let stopped: Awaited<ReturnType<typeof runPlan>>;
  try {
    stopped = await runPlan(
      plan,
      target,
      {
        step: (index: number, { argv, does }: Step) => {
          const [step, steps, say] = [index + 1, plan.steps.length, render(does, locale)];
          terminal.err(`[${step}/${steps}] ${say}: ${quoteForDisplay(argv)}\n`);
          follower?.tell({ step, steps, does: say });
        },
        ...(follower === null ? {} : { part: (part: number) => follower.tell({ part }) }),
      },
      breaking.signal,
    );
  } finally {
    for (const signal of endings) process.off(signal, breakOff);
    release?.();
  }
  const why = stopped === null ? null : render(stopped, locale);
  await follower?.end({ end: why });
  if (why !== null) {
    const kept = render(words.stopped({ path: printable(target.path) }), locale);
    throw new CannotDo(verbatim(`${why}\n${kept}`));
  }
  terminal.out(`\n${render(words.finished(), locale)}\n`);
  return 0;
}
