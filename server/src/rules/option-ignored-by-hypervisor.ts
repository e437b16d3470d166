import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { type Field, type Guest, known, type Volume } from "../microvm/model.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { removeBinding } from "../nix/syntax/edits.ts";
import { nodeOf } from "./fixes/nodes.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { bindingPlace, fieldSpan, firstSpan } from "./support/places.ts";

const id = "option-ignored-by-hypervisor";

export const text = messages(id, {
  summary: {
    en: "An option of the volume has no effect with this hypervisor.",
    "zh-cn": "卷的某个选项对该虚拟机监控程序无效。",
  },
  why: {
    en: "Each runner in lib/runners takes only some options of a volume. `serial` is dropped by alioth, firecracker, kvmtool and vfkit; `direct` by alioth, firecracker and vfkit; `readOnly` by vfkit, which gives the guest a writable disk; `imageType` by all but cloud-hypervisor; and vfkit runs its own `preStart` instead of `microvm.preStart`. Some of them warn while building, vfkit says nothing.",
    "zh-cn":
      "lib/runners 中的每个运行脚本只接受卷的部分选项。`serial` 会被 alioth、firecracker、kvmtool 和 vfkit 丢弃；`direct` 会被 alioth、firecracker 和 vfkit 丢弃；`readOnly` 会被 vfkit 丢弃，虚拟机得到的是可写磁盘；`imageType` 只有 cloud-hypervisor 使用；vfkit 会运行自己的 `preStart` 而不是 `microvm.preStart`。有些会在构建时警告，vfkit 则没有任何提示。",
  },
  message: {
    en: "{hypervisor} ignores `{option}` ({source})",
    "zh-cn": "{hypervisor} 会忽略 `{option}`（{source}）",
  },
  writable: {
    en: "{hypervisor} ignores `readOnly` ({source}): the guest can write to this volume",
    "zh-cn": "{hypervisor} 会忽略 `readOnly`（{source}）：虚拟机可以写入该卷",
  },
  remove: { en: "Remove `{option}`, which has no effect", "zh-cn": "删除不起作用的 `{option}`" },
});

interface Data extends VolumeData {
  readonly option: string;
  readonly field: Field<unknown>;
}

export const optionIgnoredByHypervisor: Rule<Data> = {
  id,
  severity: "warning",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: { files: { "/flake.nix": guestFlake(example("vfkit")) } },
    good: { files: { "/flake.nix": guestFlake(example("qemu")) } },
  },
  check,
  fixes,
};

/** Which hypervisors drop which option: lib/runners/<hypervisor>.nix. */
const ignored: readonly {
  option: string;
  by(hypervisor: string): boolean;
  field(volume: Volume): Field<unknown>;
  used(value: unknown): boolean;
}[] = [
  {
    option: "serial",
    by: among("alioth", "firecracker", "kvmtool", "vfkit"),
    field: (volume) => volume.serial,
    used: (value) => value !== null,
  },
  {
    option: "direct",
    by: among("alioth", "firecracker", "vfkit"),
    field: (volume) => volume.direct,
    used: (value) => value === true,
  },
  { option: "readOnly", by: among("vfkit"), field: (volume) => volume.readOnly, used: (value) => value === true },
  {
    option: "imageType",
    by: (hypervisor) => hypervisor !== "cloud-hypervisor",
    field: (volume) => volume.imageType,
    used: (value) => value !== "raw",
  },
];

function among(...names: readonly string[]): (hypervisor: string) => boolean {
  return (hypervisor) => names.includes(hypervisor);
}

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    const hypervisor = known(guest.hypervisor);
    if (hypervisor === undefined) continue;
    const source = `lib/runners/${hypervisor}.nix`;
    yield* preStart(context, guest, hypervisor, source);
    for (const volume of guest.volumes) {
      for (const { option, by, field, used } of ignored) {
        const given = field(volume);
        if (given.state !== "set" || !by(hypervisor) || !used(given.value)) continue;
        const words = { hypervisor, option, source };
        yield* volumeFinding(
          optionIgnoredByHypervisor,
          { guest, volume },
          {
            span: fieldSpan(context, guest, volume, given),
            message: option === "readOnly" ? text.writable(words) : text.message(words),
            data: { option, field: given },
          },
        );
      }
    }
  }
}

function* preStart(context: GuestContext, guest: Guest, hypervisor: string, source: string): Generator<Finding<Data>> {
  const field = guest.preStart;
  if (hypervisor !== "vfkit" || field.state !== "set" || field.value.trim() === "") return;
  const span = firstSpan(context, field.at, guest.at);
  if (!span) return;
  const option = "microvm.preStart";
  const message = text.message({ hypervisor: printable(hypervisor), option, source });
  yield { rule: id, span, message, notes: [], guests: [guest.name], data: { subjects: [], option, field } };
}

/** Only an attribute of the volume itself is removed: it takes nothing with it. */
function* fixes({ data, guests }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const binding = nodeOf(bindingPlace(data.field));
  if (data.subjects.length === 0 || binding?.kind !== "binding") return;
  const tree = context.tree(spanOf(binding).file);
  const edits = tree ? removeBinding(tree, binding) : [];
  if (edits.length === 0) return;
  yield { kind: "edit", id: "remove", title: text.remove({ option: data.option }), safety: "review", edits, guests };
}

function example(hypervisor: string): string {
  return `microvm.hypervisor = "${hypervisor}";
microvm.volumes = [ {
  image = "data.img";
  mountPoint = "/data";
  size = 512;
  readOnly = true;
} ];`;
}
