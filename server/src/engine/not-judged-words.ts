import { messages, type Text, verbatim } from "../base/text.ts";
import type { Unreadable } from "../disk/facts.ts";
import type { Unknown } from "../nix/eval/value.ts";

/** Why something was not judged, in a word that never changes: for programs. */
export type Cause =
  | Unreadable
  | "no-state-directory"
  | "state-directory-unknown"
  | "untrusted"
  | "host-unreachable"
  | "snapshot-unusable"
  | "no-host"
  | "outside"
  | "encrypted"
  | "missing-file"
  | "unreadable-file"
  | Exclude<Unknown["why"]["reason"], "unreadable-file" | "input">;

/** What to do about it, as a terminal and as an editor say it. */
export interface ToDo {
  readonly terminal: Text;
  readonly editor: Text;
}

export const reasons = messages("not-judged", {
  absent: {
    en: "the state directory {stateDir} does not exist on {host}, so no image was looked at",
    "zh-cn": "{host} 上不存在状态目录 {stateDir}，因此没有查看任何镜像",
  },
  unreadable: {
    en: "the state directory {stateDir} of {host} cannot be read ({detail}), so no image was looked at",
    "zh-cn": "无法读取 {host} 的状态目录 {stateDir}（{detail}），因此没有查看任何镜像",
  },
  unreachable: {
    en: "{host} was not looked at: {detail}",
    "zh-cn": "没有查看 {host}：{detail}",
  },
  stateDirUnknown: {
    en: "`microvm.stateDir` of {host} is not known, so no image was looked at",
    "zh-cn": "无法得知 {host} 的 `microvm.stateDir`，因此没有查看任何镜像",
  },
  untrusted: {
    en: "{host} is not asked over ssh while the workspace is not trusted",
    "zh-cn": "工作区未受信任，不会通过 ssh 查询 {host}",
  },
  noHost: {
    en: "no host that was looked at runs {guest}",
    "zh-cn": "已查看的主机中没有运行 {guest} 的",
  },
  elsewhere: {
    en: "images of {host} are not looked at: this machine has no {stateDir}",
    "zh-cn": "没有查看 {host} 的镜像：本机没有 {stateDir}",
  },
  otherHost: {
    en: "images of {host} are not looked at: it is not among the hosts that are looked at",
    "zh-cn": "没有查看 {host} 的镜像：它不在所查询的主机之中",
  },
  image: { en: "{path} on {host} cannot be read: {detail}", "zh-cn": "无法读取 {host} 上的 {path}：{detail}" },
  content: {
    en: "the content of {path} on {host} cannot be read: {detail}",
    "zh-cn": "无法读取 {host} 上 {path} 的内容：{detail}",
  },
  field: { en: "{option} is not known: {reason}", "zh-cn": "{option} 未知：{reason}" },
  moreVolumes: {
    en: "there may be more volumes, which cannot be known: {reason}",
    "zh-cn": "可能还有其他无法得知的卷：{reason}",
  },
  because: { en: "{to} ← {from}", "zh-cn": "{to} ← {from}" },
});

const advice = messages("not-judged.to-do", {
  member: { en: "run as root or as a member of kvm", "zh-cn": "以 root 或 kvm 组成员的身份运行" },
  memberEditor: {
    en: "start the editor as a member of the group kvm, or take a snapshot as root",
    "zh-cn": "以 kvm 组成员的身份启动编辑器，或以 root 身份生成快照",
  },
  elsewhere: {
    en: "use --state-dir DIR for images elsewhere here, --host NAME for a server, or --snapshot FILE",
    "zh-cn": "镜像在本机其他位置时使用 --state-dir DIR，在服务器上时使用 --host NAME，或使用 --snapshot FILE",
  },
  elsewhereEditor: {
    en: "add the host (MicroVM Lens: Add Host…), or name a state directory or snapshot in `microvmLens.hosts`",
    "zh-cn": "添加主机（MicroVM Lens: 添加主机…），或在 `microvmLens.hosts` 中指定状态目录或快照",
  },
  named: {
    en: "use --host {host} (or as ssh calls it), --snapshot FILE of a scan there, or --state-dir DIR for images here",
    "zh-cn":
      "使用 --host {host}（或 ssh 中的名称）、在那里扫描得到的 --snapshot FILE，镜像在本机时使用 --state-dir DIR",
  },
  namedEditor: {
    en: "add host {host} (MicroVM Lens: Add Host…), or name a state directory or snapshot in `microvmLens.hosts`",
    "zh-cn": "添加主机 {host}（MicroVM Lens: 添加主机…），或在 `microvmLens.hosts` 中指定状态目录或快照",
  },
  stateDir: { en: "use --state-dir DIR", "zh-cn": "使用 --state-dir DIR" },
  stateDirEditor: {
    en: "set `stateDir` of the host in `microvmLens.hosts`",
    "zh-cn": "在 `microvmLens.hosts` 中设置该主机的 `stateDir`",
  },
  trust: { en: "trust the workspace", "zh-cn": "信任该工作区" },
  ssh: { en: "see what `ssh {host}` says", "zh-cn": "查看 `ssh {host}` 的输出" },
  snapshot: {
    en: "take the snapshot again with this version: `microvm-lens scan --json`",
    "zh-cn": "用此版本重新生成快照：`microvm-lens scan --json`",
  },
  again: { en: "try again when nothing else uses it", "zh-cn": "待其空闲后重试" },
  late: { en: "try again when it answers", "zh-cn": "待其能够响应后重试" },
  tool: { en: "install what is missing there", "zh-cn": "在那里安装缺少的程序" },
  damaged: { en: "back it up, then check it with its own tool", "zh-cn": "先备份，再用相应的工具检查" },
  byHand: { en: "look at it by hand on the host", "zh-cn": "在主机上手动查看" },
  outside: {
    en: "check the folder that holds all of it",
    "zh-cn": "检查包含全部文件的文件夹",
  },
  outsideEditor: { en: "open the folder that holds all of it", "zh-cn": "打开包含全部文件的文件夹" },
  unlock: { en: "unlock it first: `git-crypt unlock`", "zh-cn": "请先解锁：`git-crypt unlock`" },
  addFile: { en: "add the file, or take out the import", "zh-cn": "添加该文件，或删除该导入" },
  readFile: { en: "make it a text file that you may read", "zh-cn": "使其成为您有权读取的文本文件" },
  fetch: {
    en: "lock its source and fetch it: `nix flake archive`; what lies in the Nix store is read",
    "zh-cn": "锁定并获取其来源：`nix flake archive`；Nix store 中的内容会被读取",
  },
  pure: {
    en: "write the value in the configuration: a flake does not see it either",
    "zh-cn": "请把该值写入配置：flake 本身也看不到它",
  },
  smaller: { en: "check one folder or file at a time", "zh-cn": "一次只检查一个文件夹或文件" },
  syntax: { en: "correct the syntax error", "zh-cn": "修正语法错误" },
  correct: { en: "correct the error, then check again", "zh-cn": "修正该错误后再次检查" },
  ask: {
    en: "ask Nix itself: `nix eval`, or write the value where it does not depend on that",
    "zh-cn": "直接询问 Nix：`nix eval`，或改写该值使其不依赖于此",
  },
  askEditor: {
    en: "ask Nix itself (MicroVM Lens: Evaluate with Nix), or write the value where it does not depend on that",
    "zh-cn": "直接询问 Nix（MicroVM Lens: 用 Nix 求值），或改写该值使其不依赖于此",
  },
});

const both = (text: Text): ToDo => ({ terminal: text, editor: text });

/** What to do about a cause; `host`: as ssh takes it. */
export function toDo(cause: Cause, host: string): ToDo {
  switch (cause) {
    case "permission":
      return { terminal: advice.member(), editor: advice.memberEditor() };
    case "no-state-directory":
    case "no-host":
      return { terminal: advice.elsewhere(), editor: advice.elsewhereEditor() };
    case "state-directory-unknown":
      return { terminal: advice.stateDir(), editor: advice.stateDirEditor() };
    case "outside":
      return { terminal: advice.outside(), editor: advice.outsideEditor() };
    case "unsupported":
    case "undecided":
    case "unresolved-name":
      return { terminal: advice.ask(), editor: advice.askEditor() };
    case "host-unreachable":
      return both(advice.ssh({ host: verbatim(host) }));
    default:
      return both(plain[cause]());
  }
}

const plain = {
  "tool-missing": advice.tool,
  timeout: advice.late,
  busy: advice.again,
  malformed: advice.damaged,
  untrusted: advice.trust,
  "snapshot-unusable": advice.snapshot,
  encrypted: advice.unlock,
  "missing-file": advice.addFile,
  "unreadable-file": advice.readFile,
  external: advice.fetch,
  "syntax-error": advice.syntax,
  "wrong-type": advice.correct,
  throws: advice.correct,
  cycle: advice.correct,
  budget: advice.smaller,
} as const;

/** What to do about a host of the configuration that nobody looked at. */
export function toDoOfHost(host: string): ToDo {
  const named = { host: verbatim(host) };
  return { terminal: advice.named(named), editor: advice.namedEditor(named) };
}

/** An image or its content that cannot be read for a reason that has no remedy of its own. */
export function toDoOfImage(reason: Unreadable): ToDo {
  return reason === "unsupported" ? both(advice.byHand()) : toDo(reason, "");
}

/** What the configuration does not let us know; `root`: the value that all of it comes from. */
export function toDoOfConfiguration(cause: Cause, { why }: Unknown): ToDo {
  if (cause === "permission") return both(advice.readFile());
  if (why.reason === "external" && impure.test(why.what)) return both(advice.pure());
  if (why.reason === "external" && madeByNix.test(why.what)) return toDo("unsupported", "");
  return toDo(cause, "");
}

/** What the machine that evaluates has, and pure evaluation does not let a flake see. */
const impure =
  /^(?:environment variable|the environment|time of evaluation|NIX_PATH|<|home directory|.*\bthat evaluates$)/;

/** What only Nix itself makes: no source that could be fetched has it. */
const madeByNix =
  /^(?:store path|copy in the store|NixOS option|an option of NixOS|default of|the runner|version of Nix)/;
