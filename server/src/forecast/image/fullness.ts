import { bytesPerMiB } from "../../base/words.ts";
import type { FilesystemFacts, ImageFacts } from "../../disk/facts.ts";
import { type Usage, usageOf } from "../../disk/images/usage.ts";
import { known, type Volume } from "../../microvm/model.ts";
import { type Reason, reason } from "../reasons.ts";
import { virtualBytes } from "./observed.ts";

const step = "guest";

/** What is nearly used up in the filesystem that a guest writes to: space, or inodes. A count that may be an old one says nothing. */
export function fullness(volume: Volume, path: string, image: ImageFacts, filesystem: FilesystemFacts): Reason[] {
  const usage = usageOf(filesystem);
  if (usage === null || usage.asOf === "hint" || known(volume.readOnly) !== false) return [];
  const { usedBytes, availableBytes, totalBytes, percent, inodes } = usage;
  const imageBytes = virtualBytes(image) ?? 0;
  if (isNearlyFull(availableBytes, usedBytes + availableBytes)) {
    const sizes = { freeBytes: availableBytes, sizeBytes: totalBytes, imageBytes };
    return [reason("nearly-full", step, null, { path, percent: percent ?? 100, ...sizes })];
  }
  if (inodes === null || !runsOut(inodes)) return [];
  const { total, free } = inodes;
  return [reason("inodes-used-up", step, null, { path, percent: inodes.percent ?? 100, free, total, imageBytes })];
}

/** A twentieth left, or a tenth where that is under 1 GiB; on a tiny filesystem its own structures take as much. */
function isNearlyFull(freeBytes: number, sizeBytes: number): boolean {
  if (sizeBytes < 32 * bytesPerMiB) return freeBytes < bytesPerMiB;
  const left = freeBytes / sizeBytes;
  return left < 0.05 || (left < 0.1 && freeBytes < 1024 * bytesPerMiB);
}

function runsOut({ free, total }: NonNullable<Usage["inodes"]>): boolean {
  return total > 0 && free / total < 0.05;
}
