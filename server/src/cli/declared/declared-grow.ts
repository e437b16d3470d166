import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { bytesPerMiB, sizeWords } from "../../base/words.ts";
import type { GrowPolicy } from "../../microvm/model.ts";
import { lookAtTarget, realPathOf } from "../../operations/look/look.ts";
import type { Outcome, Target } from "../../operations/operation.ts";
import { planGrow } from "../../operations/plans/grow.ts";
import { planRecovery, runRecovery } from "../../operations/recover.ts";
import { runPlan } from "../../operations/run.ts";
import { breakable } from "../frame/breakable.ts";
import { type DoneVolume, doneOf, type Job } from "./job.ts";

const text = messages("cli.grow-declared", {
  would: {
    en: "{path} would be grown from {size} to the declared {declared}",
    "zh-cn": "{path} 将从 {size} 扩展到声明的 {declared}",
  },
  grown: {
    en: "{path} is grown from {size} to the declared {declared}",
    "zh-cn": "{path} 已从 {size} 扩展到声明的 {declared}",
  },
  grownKept: {
    en: "{path} is grown from {size} to the declared {declared}; the old image stays as {kept}",
    "zh-cn": "{path} 已从 {size} 扩展到声明的 {declared}；旧镜像保留为 {kept}",
  },
  longer: {
    en: "{path} has {size}, {declared} are declared: an image is never shortened",
    "zh-cn": "{path} 为 {size}，声明为 {declared}：不会缩短任何镜像",
  },
  starts: {
    en: "{path} has {size} and {declared} are declared, but it is not grown: {why}; the guest starts as it is",
    "zh-cn": "{path} 为 {size}，声明为 {declared}，但未扩展：{why}；虚拟机按原样启动",
  },
  refused: {
    en: "{path} has {size} and {declared} are declared, and it is not grown: {why}; the guest is not started",
    "zh-cn": "{path} 为 {size}，声明为 {declared}，且未扩展：{why}；虚拟机不启动",
  },
  cutOff: {
    en: "the filesystem in it is larger than the image, which was cut off",
    "zh-cn": "其中的文件系统大于镜像，镜像曾被截断",
  },
  interrupted: {
    en: "an interrupted operation on {path} is to be put in order first",
    "zh-cn": "须先处理 {path} 上被中断的操作",
  },
});

/** For whoever asks by hand, of volumes for which nothing was decided. */
const byHand: GrowPolicy = { how: "copy", mount: false, onFailure: "start" };

/**
 * Grows one image that is smaller than declared, by our own operation, and never makes one shorter. What cannot be grown
 * stays as it is; the sentence has both numbers and the reason.
 */
export async function growDeclared(job: Job): Promise<DoneVolume> {
  const { guest, volume, path, terminal } = job;
  const policy = volume.grow ?? (job.all ? byHand : null);
  const made = (more: Partial<DoneVolume>) => doneOf(job, more);
  if (policy === null || volume.sizeMiB === null) return made({});
  const toBytes = volume.sizeMiB * bytesPerMiB;
  const starting = job.starting ? guest.name : null;
  const left = planRecovery(realPathOf(path));
  const failed = (why: Text, bytes: number | null): DoneVolume => {
    const refuse = policy.onFailure === "refuse";
    const shown = {
      path: printable(path),
      size: bytes === null ? "?" : sizeWords(bytes),
      declared: sizeWords(toBytes),
    };
    return made({ state: "failed", bytes, refuse, sentence: text[refuse ? "refused" : "starts"]({ ...shown, why }) });
  };
  if (left !== null && !job.yes)
    return made({ state: "planned", sentence: text.interrupted({ path: printable(path) }) });
  const why = left === null ? null : left.kind === "recovery" ? await runRecovery(left) : left.reason;
  const seen = await lookAtTarget(path, starting);
  // What is not there is made with the declared size; what cannot be read is for the forecast to judge.
  if (seen.state !== "seen") return made({});
  const target = seen.value;
  const { container, apparentBytes } = target.image;
  const bytes = container.state === "seen" ? container.value.virtualBytes : apparentBytes;
  if (why) return bytes < toBytes ? failed(why, bytes) : made({ bytes });
  const shown = { path: printable(path), size: sizeWords(bytes), declared: sizeWords(toBytes) };
  if (bytes > toBytes) return made({ bytes, sentence: text.longer(shown) });
  // Growing would hide that a part of it is gone.
  if (isCutOff(target, bytes)) return failed(text.cutOff(), bytes);
  const outcome = outcomeOf(target, toBytes, policy);
  if (outcome.kind === "done") return made({ bytes });
  // Of the declared length already: only the filesystem in it is not, which the guest may grow.
  if (outcome.kind !== "plan") return bytes === toBytes ? made({ bytes }) : failed(outcome.reason, bytes);
  if (!job.yes) return made({ state: "planned", bytes, sentence: text.would(shown) });
  const stopped = await breakable(terminal, ({ signal }) =>
    runPlan(outcome, target, { step: () => {}, quiet: true }, signal),
  );
  if (stopped) return failed(stopped, bytes);
  const { kept } = outcome.leaves;
  const sentence = kept === null ? text.grown(shown) : text.grownKept({ ...shown, kept: printable(kept) });
  return made({ state: "done", bytes: toBytes, kept, sentence });
}

function isCutOff({ image: { filesystem } }: Target, bytes: number): boolean {
  if (filesystem.state !== "seen" || filesystem.value.multipleDevices) return false;
  return (filesystem.value.sizeBytes ?? 0) > bytes;
}

/** ext filesystems by the policy; xfs and btrfs grow while mounted only, here or in the guest. */
function outcomeOf(target: Target, toBytes: number, { how, mount }: GrowPolicy): Outcome {
  const { filesystem } = target.image;
  const type = filesystem.state === "seen" ? filesystem.value.type : null;
  const isExt = type === "ext2" || type === "ext3" || type === "ext4";
  return planGrow(target, toBytes, { unattended: true, ...(isExt ? { fileOnly: how === "in-place" } : { mount }) });
}
