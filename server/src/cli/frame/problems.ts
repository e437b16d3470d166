import { messages } from "../../base/text.ts";

/** Why the command line cannot do its job. */
export const problems = messages("cli-problem", {
  at: { en: "{name}: {problem}", "zh-cn": "{name}：{problem}" },
  seeHelp: { en: "See `microvm-lens --help`.", "zh-cn": "参见 `microvm-lens --help`。" },
  bug: {
    en: "this is a bug of MicroVM Lens, please report it:",
    "zh-cn": "这是 MicroVM Lens 的缺陷，请报告：",
  },
  noCommand: {
    en: 'unknown command "{name}"; the commands are {all}',
    "zh-cn": "没有“{name}”这个命令；可用的有 {all}",
  },
  noCommandSuggested: {
    en: 'unknown command "{name}"; did you mean {other}?',
    "zh-cn": "没有“{name}”这个命令；是否指 {other}？",
  },
  didYouMean: { en: "{problem}; did you mean {other}?", "zh-cn": "{problem}；是否指 {other}？" },
  whichShell: { en: "completions takes one of {all}", "zh-cn": "completions 需要以下之一：{all}" },
  unknownOption: { en: "unknown option '{option}'", "zh-cn": "未知选项“{option}”" },
  needsValue: { en: "option '{option}' needs a value", "zh-cn": "选项“{option}”需要一个值" },
  takesNoValue: { en: "option '{option}' takes no value", "zh-cn": "选项“{option}”不接受值" },
  unexpected: { en: "unexpected argument '{word}'", "zh-cn": "多余的参数“{word}”" },
  oneOf: { en: '--{name} is one of {all}, not "{value}"', "zh-cn": "--{name} 只能是 {all} 之一，而不是“{value}”" },
  onlySarif: {
    en: "--with-allowed goes with --format sarif",
    "zh-cn": "--with-allowed 只能与 --format sarif 一起使用",
  },
  hostName: { en: '--host takes a name, not "{value}"', "zh-cn": "--host 需要一个名称，而不是“{value}”" },
  ruleLevel: { en: '--set takes RULE={all}, not "{value}"', "zh-cn": "--set 需要 RULE={all}，而不是“{value}”" },
  sizeWritten: {
    en: '--size takes a size with a unit such as 2048M or 4G (K, M, G, T, or B for bytes), not "{value}"',
    "zh-cn": "--size 需要 2048M、4G 这样带单位的大小（K、M、G、T，或表示字节的 B），而不是“{value}”",
  },
  sizeWithoutUnit: {
    en: "--size {value} has no unit: {value}M would be {mib}, {value}B would be {bytes}",
    "zh-cn": "--size {value} 没有单位：{value}M 为 {mib}，{value}B 为 {bytes}",
  },
  noRuleListed: {
    en: 'unknown rule "{id}"; `microvm-lens explain` lists all rules',
    "zh-cn": "没有“{id}”这条规则；`microvm-lens explain` 会列出全部规则",
  },
  noRuleSuggested: {
    en: 'unknown rule "{id}"; did you mean {other}? `microvm-lens explain` lists all rules',
    "zh-cn": "没有“{id}”这条规则（是否指 {other}？）；`microvm-lens explain` 会列出全部规则",
  },
  oneRule: { en: "explain takes one rule", "zh-cn": "explain 只接受一条规则" },
  explainBootNeeds: {
    en: "explain-boot needs a guest and --log FILE",
    "zh-cn": "explain-boot 需要虚拟机名与 --log FILE",
  },
  needsDeclared: { en: "{command} needs --declared FILE", "zh-cn": "{command} 需要 --declared FILE" },
  notDeclared: {
    en: "is not what services.microvm-lens writes down: {why}",
    "zh-cn": "不是 services.microvm-lens 写出的文件：{why}",
  },
  declaredAlone: {
    en: "--declared goes without {other}",
    "zh-cn": "--declared 不能与 {other} 一起使用",
  },
  withDeclared: {
    en: "--{other} goes with `image grow --declared FILE` and `image renew --declared FILE`, not with {operation}",
    "zh-cn": "--{other} 用于 `image grow --declared FILE` 与 `image renew --declared FILE`，不能用于 {operation}",
  },
  trendNoPath: {
    en: "trend takes a path only with --record: otherwise it reads what was remembered",
    "zh-cn": "trend 仅在使用 --record 时接受路径：否则读取已记录的内容",
  },
  notBoth: { en: "--{one} and --{other} exclude each other", "zh-cn": "--{one} 与 --{other} 互斥" },
  metricsNoPath: {
    en: "metrics takes no path: it reads what real Nix wrote down (--declared FILE)",
    "zh-cn": "metrics 不接受路径：它读取真正的 Nix 写出的内容（--declared FILE）",
  },
  pruneNoPath: {
    en: "prune takes no path: it reads what real Nix wrote down (--declared FILE)",
    "zh-cn": "prune 不接受路径：它读取真正的 Nix 写出的内容（--declared FILE）",
  },
  daysWritten: { en: '--{name} takes a number of days, not "{value}"', "zh-cn": "--{name} 需要天数，而不是“{value}”" },
  notReplaced: {
    en: "another program changed it meanwhile, or it has several names: it is left as it is",
    "zh-cn": "其间被其他程序修改，或有多个名称：保持原样",
  },
  oneGuest: { en: "{command} takes one guest", "zh-cn": "{command} 需要一台虚拟机" },
  noGuestNamed: { en: 'unknown guest "{name}"; the guests are {all}', "zh-cn": "没有名为“{name}”的虚拟机；现有 {all}" },
  noGuests: { en: "no guests were found", "zh-cn": "没有找到虚拟机" },
  scanNoPath: { en: "scan takes no path: it reads no configuration", "zh-cn": "scan 不接受路径：它不读取配置" },
  lspNoPath: {
    en: "lsp takes no path: the editor names its folders",
    "zh-cn": "lsp 不接受路径：文件夹由编辑器给出",
  },
  reportNeedsFile: { en: "report needs --html FILE", "zh-cn": "report 需要 --html FILE" },
  imageOperation: { en: "image takes one of {all}", "zh-cn": "image 需要以下操作之一：{all}" },
  oneImage: { en: "image {operation} takes one image", "zh-cn": "image {operation} 只接受一个镜像" },
  imageOption: { en: "image {operation} needs --{option}", "zh-cn": "image {operation} 需要 --{option}" },
  notOverSsh: {
    en: "image {operation} is not done over ssh ({all} are): run it on {host} itself",
    "zh-cn": "image {operation} 不能通过 ssh 执行（{all} 可以）：请在 {host} 上直接运行",
  },
  mountOverSsh: {
    en: "--mount is not done over ssh: run it on {host} itself",
    "zh-cn": "--mount 不能通过 ssh 执行：请在 {host} 上直接运行",
  },
  absolutePath: {
    en: 'with --host, a path is absolute: "{path}" is not',
    "zh-cn": "使用 --host 时路径必须是绝对路径：“{path}”不是",
  },
  unspeakable: { en: "such a name is not sent over ssh", "zh-cn": "这样的名称不会通过 ssh 发送" },
  oneFolder: { en: "--against works on one folder at a time", "zh-cn": "--against 一次只处理一个文件夹" },
  gitRevision: {
    en: '--against takes a git revision, not "{value}"',
    "zh-cn": "--against 需要一个 git 版本，而不是“{value}”",
  },
  noRevision: { en: '"{value}" is not a revision of {folder}', "zh-cn": "“{value}”不是 {folder} 的版本" },
  notUnpacked: { en: "the revision could not be unpacked: {words}", "zh-cn": "无法解开该版本：{words}" },
  noGit: { en: "--against needs git, which is not installed", "zh-cn": "--against 需要 git，但没有安装" },
  silentFailure: { en: "it failed without a message", "zh-cn": "它没有说明原因就失败了" },
  changedMeanwhile: { en: "{file} was changed meanwhile; run it again", "zh-cn": "{file} 在此期间被修改；请重新运行" },
  neither: { en: "is not a folder or a regular file", "zh-cn": "既不是文件夹也不是文件" },
  notNix: {
    en: "is not a Nix file (its name does not end in .nix)",
    "zh-cn": "不是 Nix 文件（文件名不以 .nix 结尾）",
  },
  tooLarge: {
    en: "too large ({size} bytes, at most {largest} are read)",
    "zh-cn": "太大（{size} 字节，最多读取 {largest} 字节）",
  },
  utf16: { en: "the text is UTF-16, and Nix reads UTF-8 only", "zh-cn": "文本是 UTF-16，而 Nix 只读取 UTF-8" },
  zeroByte: { en: "not text (it contains a zero byte)", "zh-cn": "不是文本（含有零字节）" },
  notUtf8: { en: "the text is not UTF-8", "zh-cn": "文本不是 UTF-8" },
  notSnapshot: {
    en: "is not a snapshot of `microvm-lens scan --json`: {why}",
    "zh-cn": "不是 `microvm-lens scan --json` 的快照：{why}",
  },
  noStateDirectory: {
    en: "the state directory {path} does not exist",
    "zh-cn": "状态目录 {path} 不存在",
  },
  hostsDone: { en: "{done} of {all} hosts, {host} is done", "zh-cn": "已完成 {done}/{all} 台主机：{host}" },
  missing: { en: "no such file or directory", "zh-cn": "没有这样的文件或文件夹" },
  missingFolder: {
    en: "{folder} has no folder {name}",
    "zh-cn": "{folder} 中没有文件夹 {name}",
  },
  missingFile: { en: "no such file", "zh-cn": "没有这样的文件" },
  forbidden: { en: "no permission to read it", "zh-cn": "没有读取权限" },
  forbiddenToWrite: { en: "no permission to write it", "zh-cn": "没有写入权限" },
  loop: { en: "too many symbolic links", "zh-cn": "符号链接过多" },
  longName: { en: "the name is too long", "zh-cn": "名称太长" },
  noSpace: { en: "no space left on the device", "zh-cn": "设备上没有剩余空间" },
  readOnly: { en: "the file system is read-only", "zh-cn": "文件系统是只读的" },
  isMounted: { en: "something is mounted at this very file", "zh-cn": "有东西正好挂载在该文件上" },
  changedNow: { en: "it was changed meanwhile", "zh-cn": "它在此期间被修改" },
  severalNames: {
    en: "it has several hard links, which writing would separate; it was not changed",
    "zh-cn": "它有多个名称（硬链接），写入会使它们不再是同一个文件；已保持原样",
  },
  otherOwner: {
    en: "writing it as this user would change its owner or group; it was not changed",
    "zh-cn": "它属于其他用户或用户组，以当前用户写入会改变其归属；已保持原样",
  },
  isFolder: { en: "it is a folder", "zh-cn": "它是一个文件夹" },
});
