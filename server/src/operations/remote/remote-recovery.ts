import { type Locale, messages, render } from "../../base/text.ts";
import { workSuffix } from "../../disk/guests.ts";
import { inQuotes } from "../../shell/quote.ts";
import script from "./remote-recovery.sh";

const text = messages("operation.remote-recovery", {
  nothing: { en: "No operation was interrupted here.", "zh-cn": "此处没有被中断的操作。" },
  foreign: {
    en: "this journal is not understood, or holds names that a shell does not read back: run `microvm-lens image complete` on the host itself",
    "zh-cn": "无法理解此日志，或其中的名称无法由 shell 读取：请在该主机上执行 `microvm-lens image complete`",
  },
  alive: { en: "another operation works on it now, process", "zh-cn": "另一个操作正在处理它，进程" },
  container: {
    en: "the operation was begun in another container: run `microvm-lens image complete` there, or on the host itself",
    "zh-cn": "该操作是在另一个容器中开始的：请在该容器中或在主机本身上执行 `microvm-lens image complete`",
  },
  mounted: {
    en: "the operation had mounted the image: run `microvm-lens image complete` on the host itself",
    "zh-cn": "该操作挂载了镜像：请在该主机上执行 `microvm-lens image complete`",
  },
  elsewhere: {
    en: "the image that the journal tells of is under none of its names: nothing was touched",
    "zh-cn": "日志所述的镜像不在任何已知名称下：没有改动任何内容",
  },
  held: { en: "still in use:", "zh-cn": "仍在使用：" },
  undone: {
    en: "the interrupted operation is undone: the image is as it was before",
    "zh-cn": "被中断的操作已撤销：镜像与之前相同",
  },
  otherFile: {
    en: "undone: somebody had put another file in the image's place meanwhile, which stays; the image as it was before is under its second name:",
    "zh-cn": "已撤销：其间有人在镜像的位置放置了另一个文件，予以保留；操作之前的镜像在其第二个名称下：",
  },
  finished: {
    en: "the interrupted operation had done its work, and is finished",
    "zh-cn": "被中断的操作已完成其工作，现予收尾",
  },
});

/**
 * The script that puts in order what an interrupted operation left, remote-recovery.sh with the words that it says. The
 * assignments that remote-script.ts makes come before it.
 */
export function recoveryScript(locale: Locale): string {
  const words = Object.entries(text).map(
    ([name, say]) => `r_${name.toLowerCase()}=${inQuotes(render(say(), locale))}\n`,
  );
  return `suffix=${inQuotes(workSuffix)}\n${words.join("")}${script}`;
}
