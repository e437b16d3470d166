import { resolve } from "node:path";
import { printable } from "../base/printable.ts";
import { type Locale, render, type Text } from "../base/text.ts";
import { planConvert } from "../operations/convert.ts";
import { planGrow } from "../operations/grow.ts";
import { lookAtPlace, lookAtTarget, realPathOf } from "../operations/look.ts";
import { type Place, planAdopt, planBackUp, planMoveAside } from "../operations/move.ts";
import type { Outcome, Plan, Step, Target } from "../operations/operation.ts";
import { planChown } from "../operations/owner.ts";
import { planRecovery, type Recovery, runRecovery } from "../operations/recover.ts";
import { planRelabel } from "../operations/relabel.ts";
import { planRestore } from "../operations/restore.ts";
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

const names = ["grow", "backup", "restore", "move-aside", "adopt", "relabel", "chown", "convert", "complete"] as const;
type Name = (typeof names)[number];

export const image: Command = {
  name: "image",
  summary: "operations on one image: prints the plan, --yes runs it",
  usage: "image OPERATION IMAGE [OPTION…]",
  help: `
Works on an image of this machine whose guest is stopped. Prints what was found, every step, what is lost (nothing) and
how to undo it; nothing is done without --yes. Content is rewritten in a copy that takes the image's place in one act; a
journal beside the image (.IMAGE.microvm-lens.json) lets the next run undo or finish what was interrupted. Nothing is
ever made smaller or deleted.

  grow IMAGE --size SIZE      lengthen the image and its filesystem; SIZE as 2048M, 4G or bytes
  backup IMAGE [--to PATH]    copy it, holes kept, and compare
  restore IMAGE --from PATH   put a copy of a backup in its place; the old content stays beside it
  move-aside IMAGE            rename it, so that the next start makes a new one
  adopt IMAGE --to PATH       move it to where the configuration looks
  relabel IMAGE --label L     give the filesystem another label
  chown IMAGE                 give it to the user microvm
  convert IMAGE               make a raw image of a qcow2, VHD or VHDX one
  complete IMAGE              undo or finish an interrupted operation; every other operation does so first

  --size SIZE, --label LABEL, --to PATH, --from PATH
  --file-only                 grow: lengthen the file, the guest grows the filesystem (xfs, btrfs: the default)
  --mount                     grow: mount an xfs or btrfs here to grow it, as root
  --yes                       run the plan
`,
  options: {
    size: { type: "string" },
    label: { type: "string" },
    to: { type: "string" },
    from: { type: "string" },
    "file-only": { type: "boolean" },
    mount: { type: "boolean" },
    yes: { type: "boolean" },
  },
  async run(args, terminal) {
    const [operation, path, ...others] = args.positionals;
    const name = names.find((each) => each === operation);
    if (name === undefined) throw new UsageError(`image takes one of ${names.join(", ")}`);
    if (path === undefined || others.length > 0) throw new UsageError(`image ${name} takes one image`);
    const { locale } = args;
    const yes = flag(args, "yes");
    const image = resolve(terminal.cwd, path);
    const left = planRecovery(realPathOf(image));
    if (left?.kind === "recovery") await recover(left, yes, locale, terminal);
    else if (left) throw new CannotDo(render(left.reason, locale));
    if (name === "complete" && left === null) terminal.out(`${render(words.nothingInterrupted(), locale)}\n`);
    if (name === "complete" || (left && !yes)) return 0;
    const planned = await plan(name, image, args, terminal);
    const { outcome, target } = planned;
    if (outcome.kind === "refusal") throw new CannotDo(render(outcome.reason, locale));
    if (outcome.kind !== "plan") {
      terminal.out(`${render(outcome.reason, locale)}\n`);
      return 0;
    }
    terminal.out(shown(outcome, locale, terminal));
    if (yes) return run(outcome, target, locale, terminal);
    terminal.out(`\n${render(words.onlyAPlan(), locale)}\n`);
    return 0;
  },
};

/** Shows what an interrupted operation left, and puts it in order where that was asked for. */
async function recover(left: Recovery, yes: boolean, locale: Locale, terminal: Terminal): Promise<void> {
  terminal.out(`${render(left.outcome, locale)}\n${stepLines(left.steps, locale)}`);
  if (!yes) {
    terminal.out(`\n${render(words.onlyAPlan(), locale)}\n`);
    return;
  }
  const failed = await runRecovery(left);
  if (failed) throw new CannotDo(render(failed, locale));
}

async function look(path: string): Promise<Target> {
  const target = await lookAtTarget(path);
  if (target.state === "absent") throw new CannotDo(`${printable(path)}: there is no such file or folder`);
  if (target.state === "unreadable") throw new CannotDo(`${printable(path)}: ${printable(target.detail)}`);
  return target.value;
}

interface Planned {
  readonly outcome: Outcome;
  readonly target: Target;
}

async function plan(
  name: Exclude<Name, "complete">,
  image: string,
  args: Arguments,
  { cwd }: Terminal,
): Promise<Planned> {
  if (name === "restore") return planRestoring(image, resolve(cwd, needed(args, name, "from")));
  const to = name === "adopt" ? needed(args, name, "to") : word(args, "to");
  const target = await look(image);
  return { target, outcome: outcomeOf(name, target, to === undefined ? null : lookAtPlace(resolve(cwd, to)), args) };
}

/** Where no image is left, a restored one is a copy of the backup to its place. */
async function planRestoring(image: string, from: string): Promise<Planned> {
  const backup = await look(from);
  if (!lookAtPlace(image).exists) return { target: backup, outcome: planBackUp(backup, lookAtPlace(image)) };
  const target = await look(image);
  return { target, outcome: planRestore(target, backup) };
}

function outcomeOf(
  name: Exclude<Name, "complete" | "restore">,
  target: Target,
  place: Place | null,
  args: Arguments,
): Outcome {
  switch (name) {
    case "grow":
      return planGrow(target, sizeOf(needed(args, name, "size")), {
        fileOnly: flag(args, "file-only"),
        mount: flag(args, "mount"),
      });
    case "relabel":
      return planRelabel(target, needed(args, name, "label"));
    case "move-aside":
      return planMoveAside(target);
    case "adopt":
      return planAdopt(target, place as Place);
    case "backup":
      return planBackUp(target, place);
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
    stepLines(plan.steps, locale).trimEnd(),
    `  ${say(words.lost())} ${plan.destroys === null ? say(words.nothingLost()) : say(plan.destroys)}`,
    `  ${say(words.undo())} ${say(plan.undo)}`,
    ...(plan.afterwards === null ? [] : [`  ${say(words.afterwards())} ${say(plan.afterwards)}`]),
    "",
  ].join("\n");
}

function stepLines(steps: readonly Step[], locale: Locale): string {
  return steps
    .map(({ argv, does }, index) => {
      const number = String(index + 1).padStart(2);
      return `  ${number}. ${render(does, locale)}\n        ${shellWords(argv)}\n`;
    })
    .join("");
}

async function run(plan: Plan, target: Target, locale: Locale, terminal: Terminal): Promise<ExitCode> {
  const breaking = new AbortController();
  const breakOff = () => breaking.abort();
  // The programs get a Ctrl-C of the terminal themselves; what they leave is put in order before this process ends.
  process.on("SIGINT", breakOff).on("SIGTERM", breakOff);
  const progress = {
    step: (index: number, { argv, does }: Step) => {
      terminal.err(`[${index + 1}/${plan.steps.length}] ${render(does, locale)}: ${shellWords(argv)}\n`);
    },
  };
  const stopped = await runPlan(plan, target, progress, breaking.signal);
  process.off("SIGINT", breakOff).off("SIGTERM", breakOff);
  if (stopped) {
    const kept = render(words.stopped({ path: printable(target.path) }), locale);
    throw new CannotDo(`${render(stopped, locale)}\n${kept}`);
  }
  terminal.out(`\n${render(words.finished(), locale)}\n`);
  return 0;
}
