import { messages, type Text } from "../../base/text.ts";

const problems = messages("trace.problem", {
  absent: { en: "it does not exist", "zh-cn": "文件不存在" },
  outside: { en: "it is outside the workspace", "zh-cn": "位于工作区之外" },
  permission: { en: "permission denied", "zh-cn": "权限不足" },
  "not-a-file": { en: "it is not a file", "zh-cn": "不是文件" },
  "too-large": { en: "it is too large or too deeply nested", "zh-cn": "文件过大或嵌套过深" },
  "not-text": { en: "it is not text", "zh-cn": "不是文本文件" },
  encrypted: { en: "it is encrypted with git-crypt", "zh-cn": "已用 git-crypt 加密" },
  unreadable: { en: "reading failed", "zh-cn": "读取失败" },
});

/** Why a file cannot be had (nix/files.ts, FileProblem), in words. */
export function fileProblemText(problem: string): Text {
  return (Object.hasOwn(problems, problem) ? problems[problem as keyof typeof problems] : problems.unreadable)();
}
