import { closeSync, constants, fstatSync, linkSync, lstatSync, openSync, renameSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { type Action, act, syncPath } from "./action.ts";
import { text as common, sizeWords, untouchable } from "./common.ts";
import { beginJournal, endJournal } from "./journal.ts";
import { findHolders } from "./look/holders.ts";
import { lookAtTarget } from "./look/look.ts";
import { sameFile } from "./look/same-file.ts";
import type { Plan, Step, Target } from "./operation.ts";
import { failedAct, interrupted, runProgram } from "./program.ts";
import { planRecoveryOfOwn, runRecovery } from "./recover.ts";

const text = messages("operation.run", {
  changed: {
    en: "{path} is no longer the file that the plan was made for: nothing further was done",
    "zh-cn": "{path} 已不是制定计划时的文件：没有继续执行",
  },
  journal: {
    en: "could not write the journal beside {path}: {detail}",
    "zh-cn": "无法在 {path} 旁写入日志：{detail}",
  },
  begunMeanwhile: {
    en: "another operation on {path} has begun: nothing was done",
    "zh-cn": "对 {path} 的另一操作已经开始：没有执行任何操作",
  },
  takenMeanwhile: {
    en: "somebody took the old image while the new one was put in its place ({by}): the old one is in place again",
    "zh-cn": "在放入新镜像时有进程占用了旧镜像（{by}）：旧镜像已放回原位",
  },
  otherOwner: {
    en: "{path} belongs to the user {uid}, and a new image would not: run it as root",
    "zh-cn": "{path} 属于用户 {uid}，而新镜像将不属于该用户：请以 root 身份运行",
  },
  takenMoving: {
    en: "somebody took the image while it was moved ({by}): it has its old name again",
    "zh-cn": "移动镜像时有进程占用了它（{by}）：已恢复原名称",
  },
  writtenTo: { en: "it was written to", "zh-cn": "它被写入" },
  andThen: { en: "{why}. {next}", "zh-cn": "{why}。{next}" },
});

/** What is told of a running operation. */
export interface Progress {
  step(index: number, step: Step): void;
  /** How far the step has come that runs, from 0 to 1; only for steps that fill a file. */
  part?(fraction: number): void;
  /** What programs say is told only when one fails. */
  readonly quiet?: boolean;
}

/** A copy of a large image takes minutes: it is looked at this often. */
const lookMs = 250;

/**
 * Runs a plan's steps in order. The image is opened once, and before each step it is looked at again: its name has to
 * lead to that very file, unchanged, in nobody's hands. A journal beside the image, on the disk before the first step,
 * lets the next run put in order what a crash leaves; a step that fails or is broken off is put in order right away.
 * Returns null, or why it stopped. Output of the programs goes to this process' stderr.
 */
export async function runPlan(
  plan: Plan,
  target: Target,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Text | null> {
  const { uid } = target.image;
  // Only root makes a file that belongs to somebody else.
  if (plan.leaves.kept !== null && ![0, uid].includes(process.getuid?.() ?? 0)) {
    return text.otherOwner({ path: printable(target.path), uid });
  }
  const opened = open(target);
  if (opened === null) return text.changed({ path: printable(target.path) });
  try {
    beginJournal(plan, target);
  } catch (error) {
    closeSync(opened.fd);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return text.begunMeanwhile({ path: printable(target.path) });
    return text.journal({ path: printable(target.path), detail: code ?? printable(message) });
  }
  try {
    const stopped = await runSteps(plan, target, opened, progress, signal);
    if (stopped) return await putInOrder(target.path, stopped);
    try {
      endJournal(target.path);
    } catch (error) {
      return failedAct(["sync", "--", dirname(target.path)], error);
    }
    const after = await lookAtTarget(target.path, target.starting);
    return after.state === "seen" ? plan.verify(after.value) : null;
  } finally {
    closeSync(opened.fd);
  }
}

/** The image as it was when the plan was made; size and time are taken anew after our own steps. */
interface Opened {
  readonly fd: number;
  size: number;
  modified: number;
}

async function runSteps(
  { steps, leaves: { work } }: Plan,
  target: Target,
  opened: Opened,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Text | null> {
  let inPlace = true;
  let copy: Stats | null = null;
  for (const [index, step] of steps.entries()) {
    if (signal?.aborted) return interrupted();
    const stop = inPlace && !step.whileMounted ? await notAsBefore(target, opened, step) : null;
    if (stop) return stop;
    // Programs open the copy by its name: it has to be the file that was made, not a link that somebody put there.
    if (copy && work !== null && step.argv.includes(work) && !isSame(copy, work)) {
      return text.changed({ path: printable(work) });
    }
    progress.step(index, step);
    const failed = await runStep(onDescriptor(step, target, opened), progress, signal);
    if (failed) return failed;
    if (copy === null && work !== null && !step.own) copy = lstatSync(work, { throwIfNoEntry: false }) ?? null;
    const { own } = step;
    if (own?.kind === "deleteOld") inPlace = false;
    if (own?.kind === "replace" || (own?.kind === "unlink" && own.path === target.path)) {
      const taken = takenMeanwhile(opened);
      if (taken) return putBack(own, taken);
      // From here on the name leads elsewhere or nowhere, which is not ours to judge.
      inPlace = false;
    }
    const lengthened = step.own?.kind === "lengthen" && step.own.path === target.path;
    if (step.writesImage || lengthened) Object.assign(opened, stateOf(opened.fd));
  }
  return null;
}

/**
 * The step with the descriptor that was looked at in the place of the image's name, which may lead elsewhere a moment
 * later. What writes into the image opens it by its name, as it always does.
 */
function onDescriptor(step: Step, { path }: Target, { fd }: Opened): Step {
  if (step.own || step.writesImage || step.whileMounted) return step;
  const [program, ...words] = step.argv;
  const place = `/proc/${process.pid}/fd/${fd}`;
  return { ...step, argv: [program, ...words.map((word) => (word === path ? place : word))] };
}

async function runStep(step: Step, progress: Progress, signal: AbortSignal | undefined): Promise<Text | null> {
  if (!step.own) {
    const { part } = progress;
    const looking = step.fills && part ? setInterval(() => part(filled(step)), lookMs) : undefined;
    try {
      return await runProgram(step, signal, progress.quiet);
    } finally {
      clearInterval(looking);
    }
  }
  try {
    act(step.own);
    return null;
  } catch (error) {
    return failedAct(step.argv, error);
  }
}

function filled({ fills }: Step): number {
  if (fills === undefined || fills.bytes === 0) return 0;
  const blocks = lstatSync(fills.path, { throwIfNoEntry: false })?.blocks ?? 0;
  return Math.min((blocks * 512) / fills.bytes, 1);
}

function open({ path, image }: Target): Opened | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const stats = fstatSync(fd);
  const same =
    stats.isFile() && stats.dev === image.device && stats.ino === image.inode && stats.size === image.apparentBytes;
  if (same && Math.floor(stats.mtimeMs) === image.modifiedMs) return { fd, ...stateOf(fd) };
  closeSync(fd);
  return null;
}

function isSame(copy: Stats, path: string): boolean {
  const now = lstatSync(path, { throwIfNoEntry: false });
  return now?.isFile() === true && sameFile(now, copy);
}

function stateOf(fd: number): Pick<Opened, "size" | "modified"> {
  const { size, mtimeMs } = fstatSync(fd);
  return { size, modified: mtimeMs };
}

/** Why the next step must not be run, or null. */
async function notAsBefore({ path, starting }: Target, opened: Opened, step: Step): Promise<Text | null> {
  const named = lstatSync(path, { throwIfNoEntry: false });
  const same = named !== undefined && sameFile(named, fstatSync(opened.fd)) && !isChanged(opened);
  const now = await lookAtTarget(path, starting);
  if (!same || now.state !== "seen" || now.value.path !== path) return text.changed({ path: printable(path) });
  const refusal = untouchable(now.value);
  if (refusal) return refusal.reason;
  const { freeBytes } = now.value;
  if (step.needsBytes === undefined || freeBytes === null || step.needsBytes <= freeBytes) return null;
  return common.noSpace({ needed: sizeWords(step.needsBytes), free: sizeWords(freeBytes) });
}

function isChanged({ fd, size, modified }: Opened): boolean {
  const now = stateOf(fd);
  return now.size !== size || now.modified !== modified;
}

/** Whether the old image was opened or written between the last look and the moment when the new one took its name. */
function takenMeanwhile(opened: Opened): Text | null {
  return findHolders(fstatSync(opened.fd)).found[0] ?? (isChanged(opened) ? text.writtenTo() : null);
}

/** The old image gets its name back: a new one in its place holds nothing that the old one does not. */
function putBack(own: Extract<Action, { readonly kind: "replace" | "unlink" }>, by: Text): Text {
  const path = own.kind === "replace" ? own.to : own.path;
  try {
    if (own.kind === "replace") renameSync(own.kept, path);
    else linkSync(own.other, path);
    syncPath(dirname(path));
  } catch (error) {
    return failedAct(["mv", "--", own.kind === "replace" ? own.kept : own.other, path], error);
  }
  return own.kind === "replace" ? text.takenMeanwhile({ by }) : text.takenMoving({ by });
}

/** Cleans up after a failed step, and says how that went. */
async function putInOrder(path: string, why: Text): Promise<Text> {
  const recovery = planRecoveryOfOwn(path);
  if (recovery === null) return why;
  if (recovery.kind !== "recovery") return text.andThen({ why, next: recovery.reason });
  const failed = await runRecovery(recovery);
  return failed ? text.andThen({ why, next: failed }) : why;
}
