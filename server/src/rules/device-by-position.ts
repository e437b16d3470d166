import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { findsByLetter } from "../forecast/hypervisor.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import type { Guest, Volume } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, firstSpan } from "./support/places.ts";

const id = "device-by-position";

export const text = messages(id, {
  summary: {
    en: "Several volumes are found by their place in the list, which changes easily.",
    "zh-cn": "多个卷按列表中的位置查找，而位置很容易改变。",
  },
  why: {
    en: "A volume without `label` is mounted as /dev/vd<letter>, the letter being its place in `microvm.volumes`, after `a` for the store disk (lib/default.nix, withDriveLetters; nixos-modules/microvm/mounts.nix). Lists from several modules are put together in module order, and a share of /nix/store takes the store disk away: then every letter moves. After `switch` in a running guest the letters of the old start still hold, and another volume is mounted. A label names the filesystem itself.",
    "zh-cn":
      "没有 `label` 的卷挂载为 /dev/vd<字母>，字母取决于其在 `microvm.volumes` 中的位置，`a` 留给 store 磁盘（lib/default.nix 的 withDriveLetters；nixos-modules/microvm/mounts.nix）。多个模块的列表按模块顺序合并，共享 /nix/store 会去掉 store 磁盘：此时所有字母都会移动。在运行中的虚拟机内 `switch` 之后，旧的字母仍然有效，因此会挂载错误的卷。标签标识文件系统本身。",
  },
  message: {
    en: "several volumes of this guest have no label and are mounted by their place in the list",
    "zh-cn": "该虚拟机有多个卷没有标签，按列表中的位置挂载",
  },
  storeDisk: {
    en: "firecracker always attaches the store disk first: this volume becomes /dev/vd{actual}, and the guest mounts /dev/vd{declared}",
    "zh-cn": "firecracker 总是先挂接 store 磁盘：该卷成为 /dev/vd{actual}，而虚拟机挂载 /dev/vd{declared}",
  },
  otherDisk: {
    en: "`{option}` is {device}, which is another disk of the guest than this volume",
    "zh-cn": "`{option}` 为 {device}，而那是虚拟机的另一块磁盘，不是此卷",
  },
  source: {
    en: "lib/runners/firecracker.nix adds the store disk whatever storeOnDisk says",
    "zh-cn": "无论 storeOnDisk 为何，lib/runners/firecracker.nix 都会添加 store 磁盘",
  },
  setLabel: { en: 'Set label to "{label}", as on disk', "zh-cn": "将 label 设为“{label}”，与磁盘一致" },
  manualTitle: { en: "Give the volumes labels, by hand", "zh-cn": "手动为卷设置标签" },
  manual: {
    en: "An existing image must carry the label before the configuration names it: label the filesystem first (`microvm-lens image relabel`), then set `label`.",
    "zh-cn":
      "现有镜像必须先带有标签，配置才能引用它：请先为文件系统设置标签（`microvm-lens image relabel`），再设置 `label`。",
  },
});

interface Data extends VolumeData {
  /** The guest's own modules name another device: a label of the volume changes nothing. */
  readonly other: boolean;
}

export const deviceByPosition: Rule<Data> = {
  id,
  severity: "hint",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "var.img"', 'mountPoint = "/var"', "size = 512"],
            ['image = "home.img"', 'mountPoint = "/home"', "size = 512"],
          ),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(
            ['image = "var.img"', 'mountPoint = "/var"', "size = 512", 'label = "web-var"'],
            ['image = "home.img"', 'mountPoint = "/home"', "size = 512", 'label = "web-home"'],
          ),
        ),
      },
    },
  },
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const guest of context.declarations.guests) {
    const forecasts = context.forecasts(guest)[0]?.volumes ?? [];
    const shifted = forecasts.filter(({ reasons }) => reasonOf(reasons, "store-disk-first"));
    for (const each of shifted) yield* behindStoreDisk(context, each);
    for (const each of forecasts) yield* otherDisk(context, each);
    if (shifted.length > 0) continue;
    const [first, ...others] = guest.volumes.filter(findsByLetter);
    if (!first || others.length === 0) continue;
    yield* volumeFinding(
      deviceByPosition,
      { guest, volume: first },
      {
        span: fieldSpan(context, guest, first, first.image),
        message: text.message(),
        also: others.map((volume) => ({ guest, volume })),
        data: { other: false },
      },
    );
  }
}

function otherDisk(context: GuestContext, { guest, volume, reasons, mount }: VolumeForecast): Finding<Data>[] {
  const other = reasonOf(reasons, "other-disk");
  if (!other) return [];
  const entry = mount && guest.fileSystems.get(mount.mountPoint);
  const span = firstSpan(context, entry?.at ?? null, volume.at, guest.at);
  const message = text.otherDisk({ option: printable(other.facts.option), device: other.facts.device });
  return volumeFinding(
    deviceByPosition,
    { guest, volume },
    { span, message, severity: "error", data: { other: true } },
  );
}

function behindStoreDisk(context: GuestContext, { guest, volume, reasons }: VolumeForecast): Finding<Data>[] {
  const shifted = reasonOf(reasons, "store-disk-first");
  if (!shifted) return [];
  return volumeFinding(
    deviceByPosition,
    { guest, volume },
    {
      span: fieldSpan(context, guest, volume, volume.mountPoint),
      message: text.storeDisk(shifted.facts),
      notes: [{ text: text.source() }],
      severity: "error",
      data: { other: false },
    },
  );
}

/** A label is offered only where the image already carries it: by any other the guest would find nothing. */
function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  if (data.other) return;
  const labels = new Map<Volume, string | null>();
  for (const { guest, volume } of data.subjects) labels.set(volume, labelOnDisk(context, guest, volume));
  const values = [...labels.values()];
  const [subject] = data.subjects;
  if (subject && data.subjects.length === 1 && values[0] && new Set(values).size === 1) {
    const fix = setField(context, subject, {
      wanted: data.subjects,
      id: "set-label",
      title: text.setLabel({ label: printable(values[0]) }),
      attribute: "label",
      pick: (volume) => volume.label,
      newText: stringText(values[0]),
      review: true,
    });
    if (fix) yield fix;
  }
  yield { kind: "manual", id: "labels", title: text.manualTitle(), advice: text.manual() };
}

function labelOnDisk(context: RuleContext, guest: Guest, volume: Volume): string | null {
  const image = context.image(guest, volume);
  return image?.seen.filesystem.state === "seen" ? image.seen.filesystem.value.label : null;
}
