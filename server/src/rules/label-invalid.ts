import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { isSupported, labelBytes, labelLimit, type SupportedType } from "../forecast/image/filesystems.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type Subject, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan, noteSpan } from "./support/places.ts";

const id = "label-invalid";

export const text = messages(id, {
  summary: {
    en: "A label cannot work: too long for the filesystem, with characters that udev escapes, or used twice.",
    "zh-cn": "标签无法使用：对文件系统来说过长、含有 udev 会转义的字符，或被重复使用。",
  },
  why: {
    en: "The guest mounts /dev/disk/by-label/<label> with the label as it is written (nixos-modules/microvm/mounts.nix). xfs takes 12 bytes, vfat 11, btrfs 255: above that mkfs fails and leaves a blank image. ext2/3/4 take 16 and cut off the rest, so the device gets another name. udev writes ASCII characters outside letters, digits and #+-.:=@_ as \\xNN; valid UTF-8 beyond ASCII stays. Two filesystems with one label fight for one link, and `nix-store` is the label of the erofs store disk (nixos-modules/microvm/store-disk.nix).",
    "zh-cn":
      "虚拟机按书写的标签挂载 /dev/disk/by-label/<label>（nixos-modules/microvm/mounts.nix）。xfs 最多 12 字节，vfat 11，btrfs 255：超过时 mkfs 失败并留下空白镜像。ext2/3/4 最多 16 字节并截掉其余部分，因此设备名不同。udev 会把字母、数字和 #+-.:=@_ 以外的 ASCII 字符写成 \\xNN；ASCII 以外的有效 UTF-8 保持不变。两个文件系统使用同一标签会争夺同一个链接，而 `nix-store` 是 erofs store 磁盘的标签（nixos-modules/microvm/store-disk.nix）。",
  },
  tooLong: {
    en: 'the label "{label}" has {bytes} bytes and {fsType} takes {limit}: mkfs fails and leaves a blank image',
    "zh-cn": "标签“{label}”有 {bytes} 字节，而 {fsType} 最多 {limit} 字节：mkfs 会失败并留下空白镜像",
  },
  cut: {
    en: 'the label "{label}" has {bytes} bytes and {fsType} keeps {limit}: /dev/disk/by-label/{label} never appears',
    "zh-cn": "标签“{label}”有 {bytes} 字节，而 {fsType} 只保留 {limit} 字节：/dev/disk/by-label/{label} 不会出现",
  },
  tooLongThere: {
    en: 'the label "{label}" has {bytes} bytes and {fsType} takes {limit}: the guest does not find the volume at /dev/disk/by-label/{label}',
    "zh-cn":
      "标签“{label}”有 {bytes} 字节，而 {fsType} 最多 {limit} 字节：虚拟机在 /dev/disk/by-label/{label} 找不到该卷",
  },
  forbidden: {
    en: 'the label "{label}" has characters that mkfs.vfat refuses: it fails and leaves a blank image',
    "zh-cn": "标签“{label}”含有 mkfs.vfat 拒绝的字符：它会失败并留下空白镜像",
  },
  escaped: {
    en: 'udev escapes characters of the label "{label}": /dev/disk/by-label/{label} never appears',
    "zh-cn": "udev 会转义标签“{label}”中的字符：/dev/disk/by-label/{label} 不会出现",
  },
  empty: { en: "the label is empty: the guest finds no device by it", "zh-cn": "标签为空：虚拟机无法据此找到设备" },
  twice: {
    en: 'two volumes of this guest have the label "{label}": either of them may be mounted',
    "zh-cn": "该虚拟机的两个卷使用同一标签“{label}”：挂载哪一个是随机的",
  },
  storeDisk: {
    en: 'the store disk has the label "nix-store" too: either of them may be mounted',
    "zh-cn": "store 磁盘也使用标签“nix-store”：挂载哪一个是随机的",
  },
  other: { en: "the other volume with this label", "zh-cn": "使用同一标签的另一个卷" },
  setLabel: { en: 'Set label to "{label}"', "zh-cn": "将 label 设为“{label}”" },
});

interface Data extends VolumeData {
  readonly better: string | null;
}

export const labelInvalid: Rule<Data> = {
  id,
  severity: "error",
  needs: "config",
  claims: "presence",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": guestFlake(
          volumes([
            'image = "data.img"',
            'mountPoint = "/var"',
            "size = 512",
            'fsType = "xfs"',
            'label = "web-server-data"',
          ]),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'fsType = "xfs"', 'label = "web-data"']),
        ),
      },
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const { guest, volume, reasons } = forecast;
  const label = known(volume.label);
  if (label == null || label.includes("'")) return;
  const span = fieldSpan(context, guest, volume, volume.label);
  const fault = faultIn(forecast, label);
  if (fault) {
    yield* volumeFinding(labelInvalid, forecast, {
      span,
      message: fault,
      data: { better: betterLabel(forecast, label) },
    });
    return;
  }
  const twice = reasonOf(reasons, "label-twice");
  // It is said of the later one.
  if (!twice || guest.volumes.indexOf(twice.facts.other) > guest.volumes.indexOf(volume)) return;
  const at = noteSpan(twice.facts.other.at);
  yield* volumeFinding(labelInvalid, forecast, {
    span,
    message: text.twice({ label: printable(label) }),
    notes: at ? [{ text: text.other(), at }] : [],
    data: { better: null },
  });
}

/** What is wrong with the label itself. */
function faultIn({ reasons }: VolumeForecast, label: string): Text | null {
  const shown = printable(label);
  const long = (facts: { readonly fsType: SupportedType }) => ({
    label: shown,
    bytes: labelBytes(label),
    limit: labelLimit[facts.fsType],
    fsType: facts.fsType,
  });
  const cut = reasonOf(reasons, "label-cut");
  if (cut) return text.cut(long(cut.facts));
  const tooLong = reasonOf(reasons, "label-too-long");
  if (tooLong) return text.tooLong(long(tooLong.facts));
  const beyond = reasonOf(reasons, "label-beyond");
  if (beyond) return text.tooLongThere(long(beyond.facts));
  if (reasonOf(reasons, "label-forbidden")) return text.forbidden({ label: shown });
  if (reasonOf(reasons, "label-empty")) return text.empty();
  if (reasonOf(reasons, "label-escaped")) return text.escaped({ label: shown });
  return reasonOf(reasons, "label-of-store") ? text.storeDisk() : null;
}

/** The label shortened and with plain characters, where that is a label that the guest does not have yet. */
function betterLabel({ guest, volume }: Subject, label: string): string | null {
  const fsType = known(volume.fsType);
  if (!isSupported(fsType)) return null;
  const wanted =
    label === "nix-store"
      ? "nix-rw-store"
      : label.replace(fsType === "vfat" ? /[^A-Za-z0-9#@_-]+/g : /[^A-Za-z0-9#+.:=@_-]+/g, "-").replace(/^-+|-+$/g, "");
  const short = wanted.slice(0, Math.min(labelLimit[fsType], 16)).replace(/-+$/, "");
  const taken = guest.volumes.some((other) => other !== volume && known(other.label) === short);
  return short === "" || taken ? null : short;
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject || data.better === null) return;
  const fix = setField(context, subject, {
    wanted: data.subjects,
    id: "set-label",
    title: text.setLabel({ label: data.better }),
    attribute: "label",
    pick: (volume) => volume.label,
    newText: stringText(data.better),
    review: true,
  });
  if (fix) yield fix;
}
