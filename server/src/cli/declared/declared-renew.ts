import { lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { printable } from "../../base/printable.ts";
import { messages, type Text, verbatim } from "../../base/text.ts";
import { createWhole } from "../../files/write-file.ts";
import { lookAtTarget, realPathOf } from "../../operations/look/look.ts";
import { planMoveAside } from "../../operations/plans/move.ts";
import { removeKept } from "../../operations/plans/remove.ts";
import { planRecovery, runRecovery } from "../../operations/recover.ts";
import { runPlan } from "../../operations/run.ts";
import { breakable } from "../frame/breakable.ts";
import { type DoneVolume, doneOf, type Job } from "./job.ts";

const text = messages("cli.renew-declared", {
  would: { en: "{path} would be recreated", "zh-cn": "{path} 将重新创建" },
  removed: {
    en: "{path} is recreated by this start; the old one is removed",
    "zh-cn": "本次启动会重新创建 {path}；旧镜像已删除",
  },
  moved: {
    en: "{path} is recreated by this start; the old one is {kept}",
    "zh-cn": "本次启动会重新创建 {path}；旧镜像为 {kept}",
  },
  stays: {
    en: "{path} should be recreated and stays as it is: {why}",
    "zh-cn": "{path} 应重新创建，但保持原样：{why}",
  },
  interrupted: {
    en: "an interrupted operation on it is to be put in order first",
    "zh-cn": "须先处理其上被中断的操作",
  },
  notMade: {
    en: "nothing would create it again (autoCreate = false)",
    "zh-cn": "不会有任何东西重新创建它（autoCreate = false）",
  },
  shared: {
    en: "{others} declares it, too, and does not want it to be new",
    "zh-cn": "{others} 也声明了它，且不希望重新创建",
  },
  link: { en: "the name is a link to {path}", "zh-cn": "该名称是指向 {path} 的链接" },
  notRemoved: { en: "{path} stays: {why}", "zh-cn": "{path} 保留：{why}" },
  noSystem: {
    en: "the guest's system is not known (the link current)",
    "zh-cn": "无法得知虚拟机的系统（链接 current）",
  },
});

/**
 * Puts the image of a volume aside that is to be new at each start, or when the guest's system changed, so that
 * microvm.nix's volume script makes it again. Where that cannot be done, it stays and the guest starts with it.
 */
export async function renewDeclared(job: Job): Promise<DoneVolume> {
  const { guest, volume, path, terminal } = job;
  const made = (more: Partial<DoneVolume>) => doneOf(job, more);
  if (volume.renew === "never") return made({});
  const shown = { path: printable(path) };
  const stays = (why: Text, bytes: number | null) =>
    made({ state: "failed", bytes, sentence: text.stays({ ...shown, why }) });
  const system = systemOf(guest.directory);
  if (volume.renew === "change" && system === null) return stays(text.noSystem(), null);
  const broken = planRecovery(realPathOf(path));
  if (broken !== null && !job.yes) return stays(text.interrupted(), null);
  const unsettled = broken === null ? null : broken.kind === "recovery" ? await runRecovery(broken) : broken.reason;
  if (unsettled) return stays(unsettled, null);
  const seen = await lookAtTarget(path, job.starting ? guest.name : null);
  if (seen.state === "absent") {
    if (job.yes) remember(path, volume.renew, system);
    return made({});
  }
  if (seen.state === "unreadable") return stays(verbatim(printable(seen.detail)), null);
  const target = seen.value;
  const bytes = target.image.apparentBytes;
  if (volume.renew === "change") {
    const before = systemBefore(path);
    // Of an image that was never looked at, nobody knows which system made it.
    if (before === null && job.yes) remember(path, volume.renew, system);
    if (before === null || before === system) return made({ bytes });
  }
  if (job.others.length > 0) return stays(text.shared({ others: job.others.map(printable).join(", ") }), bytes);
  if (!volume.autoCreate) return stays(text.notMade(), bytes);
  // Whoever may write the guest's folder could have put a link to any file there, and root would take that away.
  if (target.viaLink) return stays(text.link({ path: printable(target.path) }), bytes);
  const outcome = planMoveAside(target);
  if (outcome.kind !== "plan") return stays(outcome.reason, bytes);
  if (!job.yes) return made({ state: "planned", bytes, sentence: text.would(shown) });
  const stopped = await breakable(terminal, ({ signal }) =>
    runPlan(outcome, target, { step: () => {}, quiet: true }, signal),
  );
  if (stopped) return stays(stopped, bytes);
  remember(path, volume.renew, system);
  const kept = outcome.leaves.placed as string;
  if (volume.renewKeepDays > 0)
    return made({ state: "done", kept, sentence: text.moved({ ...shown, kept: printable(kept) }) });
  const left = removeKept(kept, { dev: target.image.device, ino: target.image.inode });
  if (left === null) return made({ state: "done", sentence: text.removed(shown) });
  return made({ state: "done", kept, sentence: text.notRemoved({ path: printable(kept), why: left }) });
}

/** The runner that the next start runs, which is another one where anything of the guest's system changed. */
function systemOf(directory: string): string | null {
  try {
    return readlinkSync(join(directory, "current"));
  } catch {
    return null;
  }
}

/** Beside the image, because it says something of this very file. */
function markPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.microvm-lens-system`);
}

function systemBefore(path: string): string | null {
  try {
    const mark = markPath(path);
    return lstatSync(mark).isFile() ? readFileSync(mark, "utf8").trim() : null;
  } catch {
    return null;
  }
}

/** What cannot be written down makes nothing anew: the image then counts as one of which nobody knows. */
function remember(path: string, renewal: string, system: string | null): void {
  if (renewal !== "change" || system === null) return;
  try {
    // Not written over: the folder is the user microvm's, who could have put a link to another file there.
    rmSync(markPath(path), { force: true });
    createWhole(markPath(path), Buffer.from(`${system}\n`));
  } catch {
    // The folder is not there yet, or may not be written.
  }
}
