import { basename, dirname } from "node:path";
import { printable } from "../../base/printable.ts";
import { type Locale, messages, render, type Text } from "../../base/text.ts";
import { deviceNumbers } from "../../disk/local/file-stat.ts";
import { inQuotes, quoteForDisplay } from "../../shell/quote.ts";
import type { SeenFile } from "../action.ts";
import { journalPath } from "../journal.ts";
import type { Plan, Step, Target } from "../operation.ts";
import library from "./remote-library.sh";
import { recoveryScript } from "./remote-recovery.ts";

const text = messages("operation.remote", {
  changed: {
    en: "the image is no longer the file that the plan was made for: nothing further was done",
    "zh-cn": "镜像已不是制定计划时的文件：没有继续执行",
  },
  inUse: { en: "the image is in use:", "zh-cn": "镜像正在使用：" },
  running: { en: "stop this guest first, which is running:", "zh-cn": "请先停止正在运行的虚拟机：" },
  space: { en: "there is no longer enough space for a copy", "zh-cn": "已没有足够空间存放副本" },
  failed: { en: "failed (exit code):", "zh-cn": "失败（退出码）：" },
  taken: {
    en: "somebody took the old image while the new one was put in its place; the old one is in place again.",
    "zh-cn": "在放入新镜像时有进程占用了旧镜像；旧镜像已放回原位。",
  },
  moving: {
    en: "somebody took the image while it was moved; it has its old name again.",
    "zh-cn": "移动镜像时有进程占用了它；已恢复原名称。",
  },
  missing: { en: "this program is missing on the host:", "zh-cn": "主机上缺少此程序：" },
  kernel: {
    en: "the host's kernel does not tell who has a file open (Linux 5.14 does)",
    "zh-cn": "主机内核不提供文件打开者信息（需要 Linux 5.14）",
  },
  journal: {
    en: "an interrupted operation left something there: first `microvm-lens image complete {path} --host {host}`",
    "zh-cn": "之前被中断的操作留下了内容：请先执行 `microvm-lens image complete {path} --host {host}`",
  },
  noJournal: { en: "could not write the journal beside the image", "zh-cn": "无法在镜像旁写入日志" },
  unseen: {
    en: "processes outside of this container may hold the old image and cannot be seen; --unseen goes on all the same",
    "zh-cn": "无法看到此容器之外的进程是否占用旧镜像；--unseen 则仍然继续",
  },
  written: {
    en: "the old image was written to after the one in its place was made: look at both",
    "zh-cn": "旧镜像在其替代镜像创建之后又被写入：请检查两者",
  },
  interrupted: { en: "interrupted", "zh-cn": "已中断" },
  complete: {
    en: "not undone: `microvm-lens image complete {path} --host {host}` puts it in order",
    "zh-cn": "尚未撤销：`microvm-lens image complete {path} --host {host}` 可恢复",
  },
  undone: { en: "everything is as it was before", "zh-cn": "一切恢复原状" },
  done: { en: "done", "zh-cn": "完成" },
});

/** Everything that the script of one operation needs to know. */
export interface RemoteOperation {
  readonly plan: Plan;
  readonly target: Target;
  /** Names of the guests whose unit may use the image. */
  readonly guests: readonly string[];
  readonly host: string;
  readonly locale: Locale;
  /** An old image is deleted even where it cannot be seen who holds it. */
  readonly unseen?: boolean;
}

/**
 * The plan as a script for the shell of another host: the same steps, and before each the same questions as run.ts asks
 * here. It is run as root. Throws for steps that are not run there (mounting).
 */
export function operationScript({ plan, target, guests, host, locale, unseen }: RemoteOperation): string {
  const { path, image } = target;
  const { leaves, steps } = plan;
  const { major, minor } = deviceNumbers(image.device);
  const hex = (number: number) => number.toString(16).padStart(2, "0");
  const assign = {
    image: path,
    id: identity(image),
    ino: String(image.inode),
    // btrfs and others give stat(2) a device of their own (major 0), which differs from the one in /proc/locks.
    device: major === 0 ? "" : `${hex(major)}:${hex(minor)}`,
    before: fingerprint(image),
    journal: journalPath(path),
    work: leaves.work ?? "",
    kept: leaves.kept ?? "",
    placed: leaves.placed ?? "",
    operation: plan.operation,
    unseen: unseen ? "1" : "",
    guests: guests.map((guest) => `${guest}\n`).join(""),
    ...phrases({ path, host, locale }),
  };
  const programs = new Set(steps.flatMap(({ own, argv: [program] }) => (own ? [] : [program])));
  let inPlace = true;
  const lines = steps.map((step, index) => {
    const before = inPlace ? "ready\n" : "";
    inPlace =
      inPlace &&
      !["replace", "deleteOld"].includes(step.own?.kind ?? "") &&
      !(step.own?.kind === "unlink" && step.own.path === path);
    const shown = `${index + 1}/${steps.length}`;
    const does = inQuotes(`${render(step.does, locale)}: ${quoteForDisplay(step.argv)}`);
    return `${before}step ${shown} ${does}\n${stepLines(step, target, leaves.work)}`;
  });
  return [
    assignments(assign),
    library,
    programs.size > 0 ? `need ${[...programs].map(inQuotes).join(" ")}\n` : "",
    `begin ${inQuotes(journalText(plan, target))}\n`,
    ...lines,
    "finish\n",
  ].join("");
}

function identity({ device, inode }: SeenFile): string {
  return `${device}:${inode}`;
}

/** Identity, size and time of a file, as stat(1) writes them in UTC, to the millisecond. */
function fingerprint(file: SeenFile): string {
  const time = new Date(file.modifiedMs).toISOString().replace("T", " ").slice(0, -1);
  return `${identity(file)} ${file.apparentBytes} ${time}`;
}

/** The script that undoes or finishes what was interrupted; without `act` it only tells what it would do. */
export function completeScript(path: string, host: string, act: boolean, locale: Locale): string {
  const assign = { image: path, journal: journalPath(path), act: act ? "1" : "", ...phrases({ path, host, locale }) };
  return assignments(assign) + recoveryScript(locale);
}

function phrases({ path, host, locale }: { path: string; host: string; locale: Locale }): Record<string, string> {
  const say = (what: Text) => render(what, locale);
  const names = { path: quoteForDisplay([path]), host: quoteForDisplay([host]) };
  return {
    t_changed: say(text.changed()),
    t_inuse: say(text.inUse()),
    t_running: say(text.running()),
    t_space: say(text.space()),
    t_failed: say(text.failed()),
    t_taken: say(text.taken()),
    t_moving: say(text.moving()),
    t_missing: say(text.missing()),
    t_kernel: say(text.kernel()),
    t_journal: say(text.journal(names)),
    t_nojournal: say(text.noJournal()),
    t_unseen: say(text.unseen()),
    t_written: say(text.written()),
    t_interrupted: say(text.interrupted()),
    t_complete: say(text.complete(names)),
    t_undone: say(text.undone()),
    t_done: say(text.done()),
  };
}

function stepLines(step: Step, { path }: Target, work: string | null): string {
  const { own } = step;
  const codes = (step.success ?? [0]).join(" ");
  if (!own) {
    const room = step.needsBytes === undefined ? "" : `room ${step.needsBytes}\n`;
    const takenOver = work !== null && step.fills?.path === work ? 'workid=$(idof "$work")\n' : "";
    const again = step.writesImage ? "state=$(opened)\n" : "";
    // What only reads the image is given the open file: the name may lead elsewhere a moment later.
    const words = step.argv.map((word) => (word === path && !step.writesImage ? '"/proc/$$/fd/9"' : inQuotes(word)));
    return `copied\n${room}run ${inQuotes(codes)} ${words.join(" ")}\n${takenOver}${again}`;
  }
  switch (own.kind) {
    case "discard":
      return `discard ${inQuotes(own.path)}\n`;
    case "link":
      return `run 0 ln -T -- ${inQuotes(own.from)} ${inQuotes(own.to)}\n`;
    case "unlink":
      return `unlinkone ${inQuotes(own.path)} ${inQuotes(own.other)}\n`;
    case "replace":
      return `copied\nswap ${inQuotes(own.from)}\n`;
    case "lengthen":
      return `copied\nlengthen ${inQuotes(own.path)} ${own.bytes}\n${own.path === path ? "state=$(opened)\n" : ""}`;
    case "sync":
      return own.paths.map((each) => `run 0 sync -- ${inQuotes(each)}\n`).join("");
    case "deleteOld":
      return `deleteold ${inQuotes(own.image)} ${inQuotes(fingerprint(own.seen))}\n`;
    case "makeFolder":
    case "removeFolder":
      throw new Error("this is not done over ssh");
  }
}

/** The journal as journal.ts writes it, up to the process, which only the host knows. */
function journalText({ operation, leaves }: Plan, { path, image }: Target): string {
  const journal = {
    version: 1,
    operation,
    image: {
      path,
      device: image.device,
      inode: image.inode,
      bytes: image.apparentBytes,
      modifiedMs: image.modifiedMs,
    },
    ...leaves,
    process: {},
  };
  return JSON.stringify(journal, null, 2).replace(/\{\}\n\}$/, "{");
}

function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${inQuotes(value)}\n`)
    .join("");
}

/** Whether the shells on the way carry this path as it is. */
export function isSpeakable(path: string): boolean {
  return path.startsWith("/") && printable(path) === path && basename(path) !== "" && dirname(path) !== "/";
}
