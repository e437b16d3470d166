import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { heldOn } from "../forecast/conditions/judge.ts";
import { unresizable } from "../forecast/evaluation.ts";
import { isRequired } from "../forecast/refusals.ts";
import type { Guest } from "../microvm/model.ts";
import type { Refused } from "../microvm/refusals.ts";
import type { Finding, Note, Rule, RuleContext } from "./frame/rule.ts";
import { conditionNotes, type Declarer, eachDeclarer, lowered } from "./support/declared.ts";
import { guestFlake } from "./support/examples.ts";
import { firstSpan, noteSpan } from "./support/places.ts";

const id = "evaluation-fails";

export const text = messages(id, {
  summary: {
    en: "Nix refuses this configuration, or warns about it.",
    "zh-cn": "Nix 会拒绝此配置，或对其发出警告。",
  },
  why: {
    en: "What asserts.nix, the runners of the hypervisors (lib/runners) and other modules of microvm.nix throw, assert and warn about, in their own words: shares that a hypervisor cannot have, tags, sockets and interfaces that are used twice, interface names over 15 bytes, and so on; also definitions that contradict each other, and options of shares, interfaces and devices that are required. A condition whose value is not known accuses nobody, and a fork of microvm.nix may have other asserts and runners.",
    "zh-cn":
      "asserts.nix、各虚拟机监控程序的 runner（lib/runners）以及 microvm.nix 其他模块会抛出、断言或警告的内容，使用其原文：虚拟机监控程序不支持的共享，重复的标签、套接字和网络接口，超过 15 字节的接口名等；还包括相互矛盾的定义，以及共享、接口和设备的必需选项。值未知的条件不会引发报告；microvm.nix 的分支版本可能有不同的断言和 runner，因此不作判断。",
  },
  byHand: {
    en: "Do what the message says: the words are those of microvm.nix. `microvm-lens inspect` shows what each option is.",
    "zh-cn": "按消息所说处理：其内容来自 microvm.nix。`microvm-lens inspect` 显示各选项的值。",
  },
  refuses: {
    en: "evaluation fails: {says}",
    "zh-cn": "求值会失败：{says}",
  },
  warns: { en: "Nix warns: {says}", "zh-cn": "Nix 会警告：{says}" },
  source: { en: "says {source} of microvm.nix", "zh-cn": "出自 microvm.nix 的 {source}" },
  missing: {
    en: "evaluation fails: `{option}` is required, and is not given here",
    "zh-cn": "求值会失败：`{option}` 是必需的，但此处没有给出",
  },
  resize: {
    en: "evaluation fails: `autoResize` of {mountPoint} is not supported for {fsType}, says nixos/modules/tasks/filesystems.nix of nixpkgs",
    "zh-cn":
      "求值会失败：{mountPoint} 的 `autoResize` 不支持 {fsType}（nixpkgs 的 nixos/modules/tasks/filesystems.nix）",
  },
  conflict: {
    en: "evaluation fails: `{option}` has definitions that contradict each other",
    "zh-cn": "求值会失败：`{option}` 的定义相互矛盾",
  },
});

export const evaluationFails: Rule<null> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: { files: { "/flake.nix": guestFlake(example("9p")) } },
    good: { files: { "/flake.nix": guestFlake(example("virtiofs")) } },
  },
  check,
};

function* check(context: RuleContext): Iterable<Finding<null>> {
  for (const declarer of eachDeclarer(context)) {
    for (const refused of declarer.checks.refused) yield* aboutRefused(context, declarer, refused);
    if (declarer.guest) yield* resizing(context, declarer, declarer.guest);
    if (!declarer.guest?.settings) continue;
    for (const one of heldOn(declarer.guest)) {
      const span = firstSpan(context, ...one.places, declarer.at);
      if (!span) continue;
      const { row, says, conditional } = one;
      const given = { says: printable(says) };
      const steps = (conditional ? 1 : 0) + (declarer.lone ? 1 : 0);
      yield {
        rule: id,
        span,
        message: row.kind === "warns" ? text.warns(given) : text.refuses(given),
        notes: [...conditionNotes(conditional), { text: text.source({ source: row.source }) }],
        guests: [declarer.name],
        severity: lowered(row.kind === "warns" ? "warning" : "error", steps),
        data: null,
      };
    }
  }
}

/** Mounts with `autoResize` of a filesystem that cannot be grown. */
function* resizing(context: RuleContext, { lone }: Declarer, guest: Guest): Generator<Finding<null>> {
  for (const volume of guest.volumes) {
    for (const { facts } of unresizable(guest, volume)) {
      const entry = guest.fileSystems.get(facts.mountPoint);
      const span = firstSpan(context, entry?.at ?? null, volume.at, guest.at);
      if (!span) continue;
      const words = { mountPoint: printable(facts.mountPoint), fsType: printable(facts.fsType) };
      const severity = lowered("error", lone ? 1 : 0);
      yield { rule: id, span, message: text.resize(words), notes: [], guests: [guest.name], severity, data: null };
    }
  }
}

function* aboutRefused(context: RuleContext, { name, at, lone }: Declarer, refused: Refused): Generator<Finding<null>> {
  const { kind, option, conditional } = refused;
  const isMissing = kind === "missing" && isRequired(option);
  if (!isMissing && kind !== "conflict" && kind !== "declaration" && kind !== "module") return;
  const span = isMissing ? firstSpan(context, refused.at, at) : noteSpan(refused.at);
  if (!span || !context.isOurs(span.file)) return;
  const notes: Note[] = conditionNotes(conditional);
  yield {
    rule: id,
    span,
    message: isMissing ? text.missing({ option }) : text.conflict({ option }),
    notes,
    guests: [name],
    severity: lowered("error", (conditional ? 1 : 0) + (lone ? 1 : 0)),
    data: null,
  };
}

function example(proto: string): string {
  return `microvm.hypervisor = "cloud-hypervisor";
microvm.shares = [ {
  tag = "ro-store";
  source = "/nix/store";
  mountPoint = "/nix/.ro-store";
  proto = "${proto}";
} ];`;
}
