import { messages } from "../base/text.ts";

/** Why the interpreter does not know something. */
export const reasons = messages("shell", {
  syntax: { en: "the script has a syntax that cannot be followed", "zh-cn": "脚本中有无法解析的语法" },
  feature: { en: "{what} is not followed", "zh-cn": "不支持分析 {what}" },
  unknownCommand: {
    en: "{command} is not known and may do anything to what it is given",
    "zh-cn": "{command} 是未知命令，可能对其参数做任何操作",
  },
  anyCommand: { en: "{command} is not known and may do anything", "zh-cn": "{command} 是未知命令，可能做任何操作" },
  options: { en: "options of {command} are not followed", "zh-cn": "不支持分析 {command} 的选项" },
  tooLong: { en: "the script takes too many steps to follow", "zh-cn": "脚本步骤过多，无法继续分析" },
  variable: { en: "the variable {name} is not known", "zh-cn": "变量 {name} 的值未知" },
  output: { en: "the output of {command} is not known", "zh-cn": "{command} 的输出未知" },
  pattern: { en: "what the pattern {pattern} fits is not known", "zh-cn": "无法得知 {pattern} 匹配哪些文件" },
  directory: { en: "the working directory is not known", "zh-cn": "工作目录未知" },
  link: { en: "where the link {path} leads is not known", "zh-cn": "链接 {path} 指向何处未知" },
  path: { en: "{command} is given a path that is not known", "zh-cn": "{command} 的路径参数未知" },
  fails: { en: "{command} fails", "zh-cn": "{command} 失败" },
  mayFail: { en: "whether {command} succeeds is not known", "zh-cn": "{command} 是否成功未知" },
  exits: { en: "the script ends with status {status}", "zh-cn": "脚本以状态 {status} 退出" },
  lastFails: { en: "its last command fails", "zh-cn": "其最后一条命令失败" },
  notFound: { en: "the command {command} is not found", "zh-cn": "找不到命令 {command}" },
  unset: { en: "the variable {name} is not set", "zh-cn": "变量 {name} 未设置" },
  condition: { en: "a condition before it is not decided", "zh-cn": "之前的条件无法判定" },
  size: { en: "the size of {path} is not known", "zh-cn": "{path} 的大小未知" },
  written: { en: "{command} writes to it", "zh-cn": "{command} 会写入它" },
  ways: { en: "it depends on which way the script takes", "zh-cn": "取决于脚本走哪条分支" },
  several: { en: "several commands use it at the same time", "zh-cn": "多个命令同时使用它" },
});
