import { execa } from "execa";
import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { untouchable } from "./common.ts";
import { lookAtTarget } from "./look.ts";
import type { Plan, Step, Target } from "./operation.ts";
import { shellWords } from "./shell-words.ts";

const text = messages("operation.run", {
  changed: {
    en: "{path} is not the file any more that the plan was made for: nothing further was done",
    "zh-cn": "{path} 已不是制定计划时的文件：没有继续执行",
  },
  failed: { en: "`{step}` failed ({how})", "zh-cn": "`{step}` 失败（{how}）" },
  missing: { en: "`{program}` is not installed", "zh-cn": "未安装 `{program}`" },
});

/** What is told of a running operation. */
export interface Progress {
  step(index: number, step: Step): void;
}

/**
 * Runs a plan's steps in order. Before each one the image is looked at again: it has to be the same file, in nobody's
 * hands. Returns null, or why it stopped; what is there then is described by the plan (the image itself is only ever
 * replaced in one act). Output of the programs goes to this process' stderr.
 */
export async function runPlan(plan: Plan, target: Target, progress: Progress): Promise<Text | null> {
  for (const [index, step] of plan.steps.entries()) {
    const stop = await changedSince(target, plan, index);
    if (stop) return stop;
    progress.step(index, step);
    const failed = await runStep(step);
    if (failed) return failed;
  }
  const after = await lookAtTarget(target.path);
  return after.state === "seen" ? plan.verify(after.value) : null;
}

/** Why the next step must not be run, or null. After the image was replaced or moved, its place is not ours to judge. */
async function changedSince({ path, image }: Target, plan: Plan, index: number): Promise<Text | null> {
  if (plan.steps.slice(0, index).some(({ argv }) => argv[0] === "mv")) return null;
  const now = await lookAtTarget(path);
  const same = now.state === "seen" && now.value.image.device === image.device && now.value.image.inode === image.inode;
  if (!same) return text.changed({ path: printable(path) });
  return untouchable(now.value)?.reason ?? null;
}

async function runStep({ argv, success = [0] }: Step): Promise<Text | null> {
  const [program, ...words] = argv;
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const result = await execa(program, words, {
    reject: false,
    stdin: "ignore",
    stdout: process.stderr,
    stderr: "inherit",
    env: { PATH: path, LC_ALL: "C" },
  });
  if (result.code === "ENOENT") return text.missing({ program });
  if (result.exitCode !== undefined && success.includes(result.exitCode)) return null;
  const how = result.signal === undefined ? `exit code ${result.exitCode ?? "?"}` : result.signal;
  return text.failed({ step: shellWords(argv), how });
}
