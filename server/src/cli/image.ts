import { resolve } from "node:path";
import { printable } from "../base/printable.ts";
import { type Locale, render, type Text } from "../base/text.ts";
import { planConvert } from "../operations/convert.ts";
import { planGrow } from "../operations/grow.ts";
import { lookAtPlace, lookAtTarget } from "../operations/look.ts";
import { planAdopt, planBackUp, planMoveAside } from "../operations/move.ts";
import type { Outcome, Plan, Target } from "../operations/operation.ts";
import { planChown } from "../operations/owner.ts";
import { planRelabel } from "../operations/relabel.ts";
import { runPlan } from "../operations/run.ts";
import { shellWords } from "../operations/shell-words.ts";
import {
  type Arguments,
  CannotDo,
  type Command,
  type ExitCode,
  flag,
  type Terminal,
  UsageError,
  word,
} from "./command.ts";
import { style } from "./formats/style.ts";
import { words } from "./words.ts";

const names = ["grow", "relabel", "move-aside", "adopt", "backup", "convert", "chown"] as const;
type Name = (typeof names)[number];

export const image: Command = {
  name: "image",
  summary: "operations on one image: prints the plan, --yes runs it",
  usage: "image OPERATION IMAGE [OPTION…]",
  help: `
Works on an image of this machine whose guest is stopped. Prints what was found, every program that would be run, what
is lost (nothing) and how to undo it; nothing is done without --yes. A copy is made and takes the image's place in one
act, so that an interruption at any time leaves the old image or the new one. Nothing is ever made smaller or deleted.

  grow IMAGE --size SIZE      lengthen the image and its filesystem; SIZE as 2048M, 4G or bytes
  relabel IMAGE --label L     give the filesystem another label
  move-aside IMAGE            rename it, so that the next start makes a new one
  adopt IMAGE --to PATH       move it to where the configuration looks
  backup IMAGE [--to PATH]    copy it, holes kept
  convert IMAGE               make a raw image of a qcow2, VHD or VHDX one
  chown IMAGE                 give it to the user microvm

  --size SIZE, --label LABEL, --to PATH
  --yes                       run the plan
`,
  options: {
    size: { type: "string" },
    label: { type: "string" },
    to: { type: "string" },
    yes: { type: "boolean" },
  },
  async run(args, terminal) {
    const [operation, path, ...others] = args.positionals;
    const name = names.find((each) => each === operation);
    if (name === undefined) throw new UsageError(`image takes one of ${names.join(", ")}`);
    if (path === undefined || others.length > 0) throw new UsageError(`image ${name} takes one image`);
    const target = await lookAtTarget(resolve(terminal.cwd, path));
    if (target.state === "absent") throw new CannotDo(`${printable(path)}: there is no such file or folder`);
    if (target.state === "unreadable") throw new CannotDo(`${printable(path)}: ${printable(target.detail)}`);
    const outcome = plan(name, target.value, args, terminal);
    if (outcome.kind !== "plan") {
      const reason = render(outcome.reason, args.locale);
      if (outcome.kind === "refusal") throw new CannotDo(reason);
      terminal.out(`${reason}\n`);
      return 0;
    }
    terminal.out(shown(outcome, args.locale, terminal));
    if (flag(args, "yes")) return run(outcome, target.value, args.locale, terminal);
    terminal.out(`\n${render(words.onlyAPlan(), args.locale)}\n`);
    return 0;
  },
};

function plan(name: Name, target: Target, args: Arguments, { cwd }: Terminal): Outcome {
  const to = word(args, "to");
  switch (name) {
    case "grow":
      return planGrow(target, sizeOf(needed(args, name, "size")));
    case "relabel":
      return planRelabel(target, needed(args, name, "label"));
    case "move-aside":
      return planMoveAside(target);
    case "adopt":
      return planAdopt(target, lookAtPlace(resolve(cwd, needed(args, name, "to"))));
    case "backup":
      return planBackUp(target, to === undefined ? null : lookAtPlace(resolve(cwd, to)));
    case "convert":
      return planConvert(target);
    case "chown":
      return planChown(target);
  }
}

function needed(args: Arguments, operation: Name, option: string): string {
  const value = word(args, option);
  if (value === undefined) throw new UsageError(`image ${operation} needs --${option}`);
  return value;
}

/** `2048M`, `4G`, `1T` or bytes. */
function sizeOf(written: string): number {
  const found = /^(\d{1,15})([KMGT]?)$/.exec(written);
  const bytes = found ? Number(found[1]) * 1024 ** ("KMGT".indexOf(found[2] || " ") + 1) : Number.NaN;
  if (!found || !Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new UsageError(`--size takes a size such as 2048M, 4G or bytes, not "${printable(written)}"`);
  }
  return bytes;
}

function shown(plan: Plan, locale: Locale, terminal: Terminal): string {
  const paint = style(terminal.colour.out);
  const say = (text: Text) => render(text, locale);
  return [
    paint.bold(say(plan.title)),
    ...plan.checked.map((text) => `  ${say(words.checked())} ${say(text)}`),
    ...plan.steps.map(({ argv }, index) => `  ${String(index + 1).padStart(2)}. ${shellWords(argv)}`),
    `  ${say(words.lost())} ${plan.destroys === null ? say(words.nothingLost()) : say(plan.destroys)}`,
    `  ${say(words.undo())} ${say(plan.undo)}`,
    ...(plan.afterwards === null ? [] : [`  ${say(words.afterwards())} ${say(plan.afterwards)}`]),
    "",
  ].join("\n");
}

async function run(plan: Plan, target: Target, locale: Locale, terminal: Terminal): Promise<ExitCode> {
  const stopped = await runPlan(plan, target, {
    step: (index, { argv }) => terminal.err(`[${index + 1}/${plan.steps.length}] ${shellWords(argv)}\n`),
  });
  if (stopped) {
    const kept = render(words.stopped({ path: printable(target.path) }), locale);
    throw new CannotDo(`${render(stopped, locale)}\n${kept}`);
  }
  terminal.out(`\n${render(words.finished(), locale)}\n`);
  return 0;
}
