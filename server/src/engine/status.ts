import { messages, type Text, verbatim } from "../base/text.ts";
import type { HostFacts } from "../disk/facts.ts";

const texts = messages("status", {
  absent: {
    en: "{host}: the state directory {stateDir} does not exist, so nothing is said about disks",
    "zh-cn": "{host}：状态目录 {stateDir} 不存在，因此不对磁盘做任何判断",
  },
  unreadable: {
    en: "{host}: the state directory {stateDir} cannot be read ({detail}), so nothing is said about disks",
    "zh-cn": "{host}：无法读取状态目录 {stateDir}（{detail}），因此不对磁盘做任何判断",
  },
  stateDirUnknown: {
    en: "{host}: `microvm.stateDir` cannot be known; set `stateDir` in `microvmLens.hosts`",
    "zh-cn": "{host}：无法得知 `microvm.stateDir`；请在 `microvmLens.hosts` 中设置 `stateDir`",
  },
  untrusted: {
    en: "{host}: not asked over ssh while the workspace is not trusted",
    "zh-cn": "{host}：工作区未受信任，不会通过 ssh 查询",
  },
});

/** One line about a host whose disks were not judged, or null when they were. */
export function hostStatus(facts: HostFacts): Text | null {
  const { host, stateDir, stateDirectory } = facts;
  if (stateDirectory.state === "seen") return null;
  const args = { host: verbatim(host), stateDir: verbatim(stateDir) };
  if (stateDirectory.state === "absent") return texts.absent(args);
  return texts.unreadable({ ...args, detail: verbatim(stateDirectory.detail) });
}

export function stateDirUnknown(host: string): Text {
  return texts.stateDirUnknown({ host: verbatim(host) });
}

export function notTrusted(host: string): Text {
  return texts.untrusted({ host: verbatim(host) });
}
