import { resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import { verbatim } from "../../base/text.ts";
import { bytesPerMiB, roughSizeWords } from "../../base/words.ts";
import { lookAtPlace, lookAtTarget } from "../../operations/look/look.ts";
import type { Outcome, Target } from "../../operations/operation.ts";
import { planConvert } from "../../operations/plans/convert.ts";
import { imageOfOld, planDeleteOld } from "../../operations/plans/delete-old.ts";
import { planGrow } from "../../operations/plans/grow.ts";
import { type Place, planAdopt, planBackUp, planMoveAside } from "../../operations/plans/move.ts";
import { planChown } from "../../operations/plans/owner.ts";
import { planRelabel } from "../../operations/plans/relabel.ts";
import { planRestore } from "../../operations/plans/restore.ts";
import { planTrim } from "../../operations/plans/trim.ts";
import { type Arguments, CannotDo, flag, UsageError, word } from "../frame/command.ts";
import { missingWords } from "../frame/missing.ts";
import { problems } from "../frame/problems.ts";
import type { Operation } from "./image-operations.ts";

/** What an operation would do, and the image that it was planned for. */
export interface Planned {
  readonly outcome: Outcome;
  readonly target: Target;
}

/** Plans an operation on an image of this machine, by the options of the command line. Throws what is wrong with them. */
export async function planHere(
  name: Exclude<Operation, "complete" | "renew">,
  image: string,
  args: Arguments,
  cwd: string,
): Promise<Planned> {
  if (name === "delete-old") return planDeleting(image, flag(args, "unseen"));
  if (name === "restore") return planRestoring(image, resolve(cwd, needed(args, name, "from")));
  const to = name === "adopt" ? needed(args, name, "to") : word(args, "to");
  const target = await look(image);
  const place = to === undefined ? null : lookAtPlace(resolve(cwd, to));
  return { target, outcome: outcomeOf(name, target, place, args) };
}

/** Operations that are planned by looking at one image alone. */
export type OperationOnOne = Exclude<Operation, "complete" | "renew" | "restore" | "delete-old">;

/** What one operation on one image would do; `place` is where `--to` leads. */
export function outcomeOf(name: OperationOnOne, target: Target, place: Place | null, args: Arguments): Outcome {
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
    case "trim":
      return planTrim(target);
    case "chown":
      return planChown(target);
  }
}

async function look(path: string): Promise<Target> {
  const target = await lookAtTarget(path);
  if (target.state === "absent")
    throw new CannotDo(problems.at({ name: printable(path), problem: missingWords(path) }));
  if (target.state === "unreadable") throw new CannotDo(verbatim(`${printable(path)}: ${printable(target.detail)}`));
  return target.value;
}

/** Where no image is left, a restored one is a copy of the backup to its place. */
async function planRestoring(image: string, from: string): Promise<Planned> {
  const backup = await look(from);
  if (!lookAtPlace(image).exists) return { target: backup, outcome: planBackUp(backup, lookAtPlace(image)) };
  const target = await look(image);
  return { target, outcome: planRestore(target, backup) };
}

async function planDeleting(path: string, unseen: boolean): Promise<Planned> {
  const target = await look(path);
  const image = imageOfOld(target.path);
  const now = image === null ? null : await lookAtTarget(image);
  return { target, outcome: planDeleteOld(target, now?.state === "seen" ? now.value : null, unseen) };
}

function needed(args: Arguments, operation: Operation, option: string): string {
  const value = word(args, option);
  if (value === undefined) throw new UsageError(problems.imageOption({ operation, option }));
  return value;
}

const units = "BKMGT";

/** `2048M`, `4G`, `1T`, or bytes as `512B`: a number alone means MiB to some and bytes to others. */
function sizeOf(written: string): number {
  const found = /^(\d{1,15})([BKMGT])$/.exec(written);
  const bytes = found ? Number(found[1]) * 1024 ** units.indexOf(found[2] as string) : Number.NaN;
  if (/^\d{1,9}$/.test(written)) {
    const mib = roughSizeWords(Number(written) * bytesPerMiB);
    throw new UsageError(problems.sizeWithoutUnit({ value: written, mib, bytes: roughSizeWords(Number(written)) }));
  }
  if (!found || !Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new UsageError(problems.sizeWritten({ value: printable(written) }));
  }
  return bytes;
}
