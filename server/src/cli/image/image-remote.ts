import { isAbsolute } from "node:path";
import { printable } from "../../base/printable.ts";
import { render, verbatim } from "../../base/text.ts";
import type { Target } from "../../operations/operation.ts";
import { imageOfOld, planDeleteOld } from "../../operations/plans/delete-old.ts";
import { lookOverSsh, type RemoteOutput, runAsRoot } from "../../operations/remote/remote.ts";
import { completeScript, isSpeakable, operationScript } from "../../operations/remote/remote-script.ts";
import { type Arguments, CannotDo, type ExitCode, flag, type Terminal, UsageError, word } from "../frame/command.ts";
import { problems } from "../frame/problems.ts";
import { words } from "../frame/words.ts";
import type { Operation } from "./image-operations.ts";
import { type OperationOnOne, outcomeOf } from "./image-plan.ts";
import { outcomeJson, planWords } from "./image-words.ts";
import { connectProgress, tellEnd } from "./progress-socket.ts";

/** What is done over ssh: what a script there can undo by the journal alone. */
const possible: readonly Operation[] = ["grow", "backup", "move-aside", "adopt", "delete-old", "complete"];

/** An operation on an image of another host: planned here, run there by its shell, as root. */
export async function imageOnHost(
  name: Operation,
  path: string,
  host: string,
  args: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  if (host === "" || host.startsWith("-")) throw new UsageError(problems.hostName({ value: printable(host) }));
  const to = word(args, "to") ?? null;
  if (!possible.includes(name)) {
    throw new CannotDo(problems.notOverSsh({ operation: name, all: possible.join(", "), host: printable(host) }));
  }
  if (flag(args, "mount")) throw new CannotDo(problems.mountOverSsh({ host: printable(host) }));
  for (const each of to === null ? [path] : [path, to]) {
    if (!isAbsolute(each)) throw new UsageError(problems.absolutePath({ path: printable(each) }));
    if (!isSpeakable(each)) throw new CannotDo(problems.at({ name: printable(each), problem: problems.unspeakable() }));
  }
  const { locale } = args;
  const yes = flag(args, "yes");
  if (name === "complete") {
    return run(completeScript(path, host, yes, locale), host, yes ? word(args, "progress") : undefined, args, terminal);
  }
  const seen = await lookOverSsh(host, path, to);
  if (seen.state === "absent")
    throw new CannotDo(
      problems.at({ name: `${printable(host)}: ${printable(path)}`, problem: problems.missingFile() }),
    );
  if (seen.state === "unreadable") throw new CannotDo(verbatim(`${printable(host)}: ${printable(seen.detail)}`));
  const { target, guests, place } = seen.value;
  const unseen = flag(args, "unseen");
  const outcome =
    name === "delete-old"
      ? planDeleteOld(target, await imageInPlace(host, target.path), unseen)
      : outcomeOf(name as OperationOnOne, target, place, args);
  if (outcome.kind === "refusal") throw new CannotDo(outcome.reason);
  if (flag(args, "json") && !yes) {
    const done = outcome.kind === "plan" ? outcome : { kind: "done" as const, reason: outcome.reason };
    terminal.out(outcomeJson(done, locale, target));
    return 0;
  }
  if (outcome.kind !== "plan") {
    terminal.out(`${render(outcome.reason, locale)}\n`);
    return tellEnd(yes ? word(args, "progress") : undefined);
  }
  terminal.out(planWords(outcome, locale, terminal));
  if (!yes) {
    terminal.out(`\n${render(words.onlyAPlanThere({ host: printable(host) }), locale)}\n`);
    return 0;
  }
  const script = operationScript({ plan: outcome, target, guests, host, locale, unseen });
  await run(script, host, word(args, "progress"), args, terminal);
  const after = await lookOverSsh(host, target.path, null);
  const wrong = after.state === "seen" ? outcome.verify(after.value.target) : null;
  if (wrong) throw new CannotDo(wrong);
  terminal.out(`\n${render(words.finished(), locale)}\n`);
  return 0;
}

/** What took the place of an old image; null where nothing is known to be there. */
async function imageInPlace(host: string, old: string): Promise<Target | null> {
  const path = imageOfOld(old);
  const seen = path === null ? null : await lookOverSsh(host, path, null);
  return seen?.state === "seen" ? seen.value.target : null;
}

/** Runs a script there, to its end; breaking off here ends the connection, at which the host undoes what was begun. */
async function run(
  script: string,
  host: string,
  progress: string | undefined,
  { locale }: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const breaking = new AbortController();
  const breakOff = () => breaking.abort();
  const follower = progress === undefined ? null : await connectProgress(progress, breakOff);
  const output: RemoteOutput = {
    interactive: terminal.interactive === true,
    out: (text) => terminal.out(text),
    err: (text) => terminal.err(text),
  };
  process.on("SIGTERM", breakOff).on("SIGHUP", breakOff);
  const failed = await runAsRoot(host, script, output, breaking.signal);
  process.off("SIGTERM", breakOff).off("SIGHUP", breakOff);
  const why = failed === null ? null : render(failed, locale);
  await follower?.end({ end: why });
  if (why !== null) throw new CannotDo(verbatim(`${printable(host)}: ${why}`));
  return 0;
}
