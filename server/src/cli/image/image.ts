import { resolve } from "node:path";
import { type Locale, render } from "../../base/text.ts";
import { realPathOf } from "../../operations/look/look.ts";
import { planRecovery, type Recovery, runRecovery } from "../../operations/recover.ts";
import { declaredOptions } from "../declared/declared.ts";
import { imageOfDeclared } from "../declared/image-declared.ts";
import { CannotDo, type Command, flag, type Terminal, UsageError, word } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { nearest } from "../frame/suggest.ts";
import { words } from "../frame/words.ts";
import { operations } from "./image-operations.ts";
import { planHere } from "./image-plan.ts";
import { imageOnHost } from "./image-remote.ts";
import { runHere } from "./image-run.ts";
import { outcomeJson, planWords, recoveryWords } from "./image-words.ts";
import { tellEnd } from "./progress-socket.ts";

export const image: Command = {
  name: "image",
  summary: "operations on one image: prints the plan, --yes runs it",
  usage: "image OPERATION IMAGE [OPTION…]",
  help: `
Works on an image whose guest is stopped, of this machine or with --host of another. Prints what was found, every step, what is lost (nothing) and
how to undo it; nothing is done without --yes. Content is rewritten in a copy that takes the image's place in one act; a
journal beside the image (.IMAGE.microvm-lens.json) lets the next run undo or finish what was interrupted. Nothing is
ever made smaller, and only delete-old deletes.

  grow IMAGE --size SIZE      lengthen the image and its filesystem; SIZE as 2048M or 4G
  backup IMAGE [--to PATH]    copy it, holes kept, and compare
  grow --declared FILE [GUEST]    grow what is smaller than real Nix wrote down, by the policy of each volume
  renew --declared FILE [GUEST]   put aside what is to be new at each start, or when the guest's system changed
  restore IMAGE --from PATH   put a copy of a backup in its place; the old content stays beside it
  move-aside IMAGE            rename it, so that the next start makes a new one
  adopt IMAGE --to PATH       move it to where the configuration looks
  relabel IMAGE --label L     give the filesystem another label
  chown IMAGE                 give it to the user microvm
  convert IMAGE               make a raw image of a qcow2, VHD or VHDX one
  trim IMAGE                  give the host back what the filesystem does not use (ext2/3/4, xfs)
  delete-old IMAGE.before-…   delete what an operation kept, where the image in its place is whole
  complete IMAGE              undo or finish an interrupted operation; every other operation does so first

  --size SIZE, --label LABEL, --to PATH, --from PATH
  --file-only                 grow: lengthen the file, the guest grows the filesystem (xfs, btrfs: the default)
  --mount                     grow: mount an xfs or btrfs here to grow it, as root
  --declared FILE             grow, renew: what services.microvm-lens wrote (docs/schemas/declared.schema.json)
  --all                       with --declared: volumes without a policy, too
  --starting                  with --declared: called by the unit of the guest, which counts as stopped until it is up
  --host NAME                 grow, backup, move-aside, adopt, delete-old, complete: on this host, over ssh, as root there (sudo asks here)
  --unseen                    delete-old: go on where it cannot be seen who holds the old image (in a container, or not as root)
  --yes                       run the plan
  --json                      print the plan as JSON
  --progress SOCKET           with --yes: tell a program that listens there how far it is; it may answer "cancel"
`,
  options: {
    size: { type: "string" },
    label: { type: "string" },
    to: { type: "string" },
    from: { type: "string" },
    "file-only": { type: "boolean" },
    mount: { type: "boolean" },
    ...declaredOptions,
    all: { type: "boolean" },
    starting: { type: "boolean" },
    host: { type: "string" },
    unseen: { type: "boolean" },
    yes: { type: "boolean" },
    json: { type: "boolean" },
    progress: { type: "string" },
  },
  async run(args, terminal) {
    const [operation, path, ...others] = args.positionals;
    const name = operations.find((each) => each === operation);
    if (name === undefined) {
      const problem = problems.imageOperation({ all: operations.join(", ") });
      const other = operation === undefined ? null : nearest(operation, operations);
      throw new UsageError(other === null ? problem : problems.didYouMean({ problem, other }));
    }
    if (name === "renew" || (name === "grow" && word(args, "declared") !== undefined)) {
      return imageOfDeclared(name, args, terminal);
    }
    for (const other of ["declared", "all", "starting"]) {
      if (args.values[other] !== undefined) throw new UsageError(problems.withDeclared({ operation: name, other }));
    }
    if (path === undefined || others.length > 0) throw new UsageError(problems.oneImage({ operation: name }));
    const { locale } = args;
    const yes = flag(args, "yes");
    const json = flag(args, "json") && !yes;
    const host = word(args, "host");
    if (host !== undefined && host !== "local") return imageOnHost(name, path, host, args, terminal);
    const image = resolve(terminal.cwd, path);
    const ended = () => tellEnd(yes ? word(args, "progress") : undefined);
    const left = planRecovery(realPathOf(image));
    if (left?.kind === "recovery") await recover(left, yes, json, locale, terminal);
    else if (left) throw new CannotDo(left.reason);
    if (name === "complete" && left === null) {
      const nothing = words.nothingInterrupted();
      terminal.out(json ? outcomeJson({ kind: "done", reason: nothing }, locale) : `${render(nothing, locale)}\n`);
    }
    if (name === "complete" || (left && !yes)) return ended();
    const { outcome, target } = await planHere(name, image, args, terminal.cwd);
    if (outcome.kind === "refusal") throw new CannotDo(outcome.reason);
    if (json) {
      const done = outcome.kind === "plan" ? outcome : { kind: "done" as const, reason: outcome.reason };
      terminal.out(outcomeJson(done, locale, target));
      return 0;
    }
    if (outcome.kind !== "plan") {
      terminal.out(`${render(outcome.reason, locale)}\n`);
      return ended();
    }
    terminal.out(planWords(outcome, locale, terminal));
    if (yes) return runHere(outcome, target, word(args, "progress"), locale, terminal);
    terminal.out(`\n${render(words.onlyAPlan(), locale)}\n`);
    return 0;
  },
};

/** Shows what an interrupted operation left, and puts it in order where that was asked for. */
async function recover(left: Recovery, yes: boolean, json: boolean, locale: Locale, terminal: Terminal): Promise<void> {
  if (json) {
    terminal.out(outcomeJson(left, locale));
    return;
  }
  terminal.out(recoveryWords(left, locale));
  if (!yes) {
    terminal.out(`\n${render(words.onlyAPlan(), locale)}\n`);
    return;
  }
  const failed = await runRecovery(left);
  if (failed) throw new CannotDo(failed);
}
