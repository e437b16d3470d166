import { type Locale, messages, render, type Text, verbatim } from "../../base/text.ts";
import type { Severity } from "../../rules/frame/rule.ts";

/** What the command line itself says; findings bring their own words. */
export const words = messages("cli", {
  note: { en: "note:", "zh-cn": "说明：" },
  fix: { en: "fix:", "zh-cn": "修复：" },
  fixToReview: { en: "fix (review):", "zh-cn": "修复（请先检查）：" },
  fixOnHost: { en: "fix (on the host):", "zh-cn": "修复（在主机上）：" },
  fixByHand: { en: "by hand:", "zh-cn": "手动处理：" },
  guests: { en: "guests: {names}", "zh-cn": "虚拟机：{names}" },
  errorOne: { en: "1 error", "zh-cn": "1 个错误" },
  errorMany: { en: "{count} errors", "zh-cn": "{count} 个错误" },
  warningOne: { en: "1 warning", "zh-cn": "1 个警告" },
  warningMany: { en: "{count} warnings", "zh-cn": "{count} 个警告" },
  informationOne: { en: "1 note", "zh-cn": "1 条信息" },
  informationMany: { en: "{count} notes", "zh-cn": "{count} 条信息" },
  hintOne: { en: "1 hint", "zh-cn": "1 条提示" },
  hintMany: { en: "{count} hints", "zh-cn": "{count} 条提示" },
  guestOne: { en: "1 guest", "zh-cn": "1 台虚拟机" },
  guestMany: { en: "{count} guests", "zh-cn": "{count} 台虚拟机" },
  summary: { en: "{list} in {guests}", "zh-cn": "{guests}：{list}" },
  nothingFound: { en: "Nothing to report in {guests}.", "zh-cn": "已检查 {guests}，未发现问题。" },
  image: { en: "image", "zh-cn": "镜像" },
  mountPoint: { en: "mounted at", "zh-cn": "挂载点" },
  nextStart: { en: "next start", "zh-cn": "下次启动" },
  declared: { en: "declared", "zh-cn": "声明" },
  onDisk: { en: "on disk", "zh-cn": "磁盘上" },
  onHost: { en: "on {host}", "zh-cn": "位于 {host}" },
  ifAny: { en: "conditional", "zh-cn": "有条件" },
  noVolumes: { en: "no volumes", "zh-cn": "没有卷" },
  moreVolumes: { en: "… and maybe more volumes, which cannot be known", "zh-cn": "……可能还有其他无法得知的卷" },
  noChanges: {
    en: "The next start does the same as with {revision}.",
    "zh-cn": "下次启动的行为与 {revision} 相同。",
  },
  noLonger: { en: "no longer declared; the file stays on disk", "zh-cn": "不再声明；文件仍留在磁盘上" },
  nothingToFix: { en: "Nothing can be fixed safely.", "zh-cn": "没有可以安全修复的内容。" },
  fixed: { en: "fixed {file}", "zh-cn": "已修复 {file}" },
  wrote: { en: "wrote {file}", "zh-cn": "已写入 {file}" },
  checked: { en: "checked:", "zh-cn": "已检查：" },
  lost: { en: "lost:", "zh-cn": "丢失：" },
  nothingLost: { en: "nothing", "zh-cn": "无" },
  undo: { en: "undo:", "zh-cn": "撤销：" },
  afterwards: { en: "afterwards:", "zh-cn": "之后：" },
  onlyAPlan: {
    en: "This is the plan; nothing was done. --yes runs it, as a user who may (usually root).",
    "zh-cn": "这只是计划，尚未执行任何操作。使用 --yes 执行，需要有权限的用户（通常是 root）。",
  },
  onlyAPlanThere: {
    en: "This is the plan; nothing was done. --yes runs it on {host}, as root; sudo asks in this terminal.",
    "zh-cn": "这只是计划，尚未执行任何操作。使用 --yes 在 {host} 上以 root 执行；sudo 会在此终端中询问。",
  },
  nothingInterrupted: { en: "No operation was interrupted here.", "zh-cn": "此处没有被中断的操作。" },
  finished: { en: "Done.", "zh-cn": "完成。" },
  stopped: {
    en: "Stopped there. Until the step that puts a file in its place, {path} is as it was; run it again to start over.",
    "zh-cn": "已在该处停止。在移动文件到位的步骤之前，{path} 保持原样；可重新运行，从头开始。",
  },
  moreReasons: { en: "and {count} more; --json tells all", "zh-cn": "以及另外 {count} 项；--json 会全部列出" },
  andNotJudged: { en: "{sentence}, {rest}.", "zh-cn": "{sentence}，{rest}。" },
  nothingAsFar: { en: "Nothing to report in {guests}, {rest}.", "zh-cn": "已检查 {guests}，未发现问题，{rest}。" },
  noGuestsAsFar: { en: "No microVM guests were found, {rest}.", "zh-cn": "没有找到 microVM 虚拟机，{rest}。" },
  only: { en: "Also: {rest}.", "zh-cn": "另有：{rest}。" },
  notJudged: { en: "not judged:", "zh-cn": "未能判断：" },
  notJudgedTitle: { en: "not judged", "zh-cn": "未能判断" },
  noGuestsFound: {
    en: "No microVM guests were found; not everything could be evaluated.",
    "zh-cn": "没有找到 microVM 虚拟机；并非所有内容都能求值。",
  },
  noGuests: {
    en: "No microVM guests are declared here.",
    "zh-cn": "此处没有声明任何 microVM 虚拟机。",
  },
});

/** A number of things in words: English has a word of its own for one. */
export function counted(what: Severity | "guest", count: number): Text {
  return count === 1 ? words[`${what}One`]() : words[`${what}Many`]({ count });
}

/** A list in a sentence. */
export function listed(texts: readonly Text[], locale: Locale): Text {
  return verbatim(texts.map((text) => render(text, locale)).join(locale === "en" ? ", " : "、"));
}

/** What to say where there is no guest: whether there is none, or none was found. */
export function withoutGuests({ complete }: { readonly complete: boolean }): Text {
  return complete ? words.noGuests() : words.noGuestsFound();
}
