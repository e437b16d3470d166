import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { isSeldomAsked, otherHypervisor } from "../forecast/refusals.ts";
import { optionNamed } from "../microvm/options/table.ts";
import type { Given, Refused } from "../microvm/refusals.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { nodeOf } from "./fixes/nodes.ts";
import { repairs } from "./fixes/types.ts";
import type { Finding, Fix, Note, Rule, RuleContext } from "./frame/rule.ts";
import { conditionNotes, eachDeclarer, lowered } from "./support/declared.ts";
import { guestFlake } from "./support/examples.ts";
import { noteSpan } from "./support/places.ts";

const id = "option-type";

export const text = messages(id, {
  summary: {
    en: "A value is not of the type of its option: evaluation fails.",
    "zh-cn": "值与选项的类型不符：求值会失败。",
  },
  why: {
    en: "Nix refuses the value as soon as the option is read (“A definition for option … is not of type …”, nixpkgs' lib/modules.nix). The types are those of microvm.nix's own declarations. A definition that loses to `mkForce`, or under a condition that does not hold, is not looked at. Options of another hypervisor than the guest's are never read, so that these mistakes weigh one step less.",
    "zh-cn":
      "一旦读取该选项，Nix 就会拒绝该值（“A definition for option … is not of type …”，nixpkgs 的 lib/modules.nix）。类型取自 microvm.nix 自己的声明。被 `mkForce` 覆盖的定义，或条件不成立的定义，不会被检查。其他虚拟机监控程序的选项从不被读取，因此这类错误低一级。",
  },
  message: {
    en: "`{option}` wants {wanted}, not {given}: evaluation fails",
    "zh-cn": "`{option}` 需要 {wanted}，而不是 {given}：求值会失败",
  },
  other: {
    en: "it is read only with the hypervisor {hypervisor}",
    "zh-cn": "仅在使用 {hypervisor} 虚拟机监控程序时才会读取它",
  },
  macvtap: {
    en: 'it is read only of interfaces of type "macvtap"',
    "zh-cn": "仅对 macvtap 类型的接口读取它",
  },
  fork: {
    en: "the type is that of upstream's microvm.nix; this flake takes a fork of it",
    "zh-cn": "此类型取自上游的 microvm.nix；该 flake 使用的是其分支版本",
  },
  string: { en: 'the string "{value}"', "zh-cn": "字符串“{value}”" },
  number: { en: "the number {value}", "zh-cn": "数字 {value}" },
  boolean: { en: "a boolean", "zh-cn": "布尔值" },
  list: { en: "a list", "zh-cn": "列表" },
  attrs: { en: "a set", "zh-cn": "属性集" },
  function: { en: "a function", "zh-cn": "函数" },
  path: { en: "a path", "zh-cn": "路径" },
  null: { en: "null", "zh-cn": "空值 null" },
  another: { en: "a value of another type", "zh-cn": "其他类型的值" },
  set: { en: "Change to {value}", "zh-cn": "改为 {value}" },
});

interface Data {
  readonly refused: Refused;
}

export const optionType: Rule<Data> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "workspace",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake('microvm.mem = "8G";\nmicrovm.hypervisor = "cloudhypervisor";') } },
    good: { files: { "/flake.nix": guestFlake('microvm.mem = 8192;\nmicrovm.hypervisor = "cloud-hypervisor";') } },
  },
  check,
  *fixes({ data: { refused }, guests }, context): Generator<Fix> {
    const node = nodeOf(refused.at);
    const facts = optionNamed(refused.option);
    if (!node || !facts || context.tree(spanOf(node).file) === null) return;
    for (const newText of repairs(node, facts, refused.given)) {
      const title = text.set({ value: newText });
      const edits = [{ span: spanOf(node), newText }];
      yield { kind: "edit", id: `set-${newText}`, title, safety: "review", edits, guests };
    }
  },
};

function* check(context: RuleContext): Iterable<Finding<Data>> {
  for (const declarer of eachDeclarer(context)) {
    for (const refused of declarer.checks.refused) {
      if (refused.kind !== "type") continue;
      const span = noteSpan(refused.at);
      if (!span || !context.isOurs(span.file)) continue;
      const { option, wanted, given, conditional } = refused;
      const fork = declarer.checks.provenance?.fork === true;
      // A fork may know more values.
      if (fork && optionNamed(option)?.values) continue;
      const other = otherHypervisor(declarer.guest, option);
      const notes: Note[] = conditionNotes(conditional);
      if (other !== null) notes.push({ text: text.other({ hypervisor: other }) });
      const seldom = isSeldomAsked(option);
      if (seldom) notes.push({ text: text.macvtap() });
      if (fork) notes.push({ text: text.fork() });
      const steps = [conditional || seldom, other !== null, declarer.lone, fork].filter(Boolean).length;
      yield {
        rule: id,
        span,
        message: text.message({ option, wanted: printable(wanted ?? "?"), given: givenWords(given) }),
        notes,
        guests: [declarer.name],
        severity: lowered("error", steps),
        data: { refused },
      };
    }
  }
}

function givenWords(given: Given | null): Text {
  if (given === null) return text.another();
  const { type, value } = given;
  if (type === "string") return value === null ? text.another() : text.string({ value: printable(String(value)) });
  if (type === "integer" || type === "float") return text.number({ value: value ?? "?" });
  return type === "unknown" ? text.another() : text[type]();
}
