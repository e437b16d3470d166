import { messages, type Text } from "../../base/text.ts";
import type { Outcome, Verdict } from "../outcome.ts";

const text = messages("outcome", {
  create: { en: "create", "zh-cn": "创建" },
  reuse: { en: "reuse", "zh-cn": "沿用" },
  recreate: { en: "recreate", "zh-cn": "重新创建" },
  grow: { en: "grow", "zh-cn": "扩展" },
  noStart: { en: "does not start", "zh-cn": "无法启动" },
  blank: { en: "boot with a blank disk", "zh-cn": "以空白磁盘启动" },
  notMount: { en: "not mount", "zh-cn": "无法挂载" },
  inRam: { en: "lands in RAM", "zh-cn": "落入内存" },
  shift: { en: "shift", "zh-cn": "设备移位" },
  share: { en: "share", "zh-cn": "共用" },
  unknown: { en: "unknown", "zh-cn": "未知" },
  starts: { en: "starts", "zh-cn": "可以启动" },
  startsBut: { en: "starts, but see below", "zh-cn": "可以启动，但请看下文" },
  doesNotStart: { en: "does not start", "zh-cn": "无法启动" },
  startUnknown: { en: "whether it starts is not known", "zh-cn": "能否启动未知" },
});

/** What the next start does with a volume, in the same words on every face. */
export const outcomeWords: Readonly<Record<Outcome, () => Text>> = {
  create: text.create,
  reuse: text.reuse,
  grow: text.grow,
  recreate: text.recreate,
  "no-start": text.noStart,
  blank: text.blank,
  "not-mount": text.notMount,
  "in-ram": text.inRam,
  shift: text.shift,
  share: text.share,
  unknown: text.unknown,
};

/** What comes of the start of a guest. */
export const verdictWords: Readonly<Record<Verdict, () => Text>> = {
  starts: text.starts,
  "starts-but": text.startsBut,
  "does-not-start": text.doesNotStart,
  unknown: text.startUnknown,
};
