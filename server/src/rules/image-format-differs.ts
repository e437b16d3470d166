import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import type { ContentType } from "../disk/facts.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { wordsOf } from "../forecast/words/reason-words.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { newImage } from "./fixes/new-image.ts";
import { convertOperation } from "./fixes/operations.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "image-format-differs";

export const text = messages(id, {
  summary: {
    en: "The image is not of the kind that the hypervisor or the guest takes it for.",
    "zh-cn": "镜像的类型与虚拟机监控程序或虚拟机所认为的不同。",
  },
  why: {
    en: "qemu is told `format=raw` (lib/runners/qemu.nix), and only cloud-hypervisor is told `imageType` (lib/runners/cloud-hypervisor.nix): given a qcow2 file as raw, the guest sees the container's own bytes and mounts nothing. A whole disk with a partition table, LUKS, LVM or swap is no filesystem either: microvm.nix mounts the volume itself. `autoCreate` always makes a raw image, whatever `imageType` says (lib/volumes.nix).",
    "zh-cn":
      "qemu 被告知 `format=raw`（lib/runners/qemu.nix），只有 cloud-hypervisor 会被告知 `imageType`（lib/runners/cloud-hypervisor.nix）：若把 qcow2 文件当作 raw，虚拟机看到的是容器自身的字节，无法挂载。带分区表的整盘、LUKS、LVM 或交换空间也不是文件系统：microvm.nix 直接挂载卷本身。无论 `imageType` 为何，`autoCreate` 总是创建 raw 镜像（lib/volumes.nix）。",
  },
  format: {
    en: "the image is {found}, and {hypervisor} takes it for {expected}: the guest cannot use it",
    "zh-cn": "镜像为 {found}，而 {hypervisor} 把它当作 {expected}：虚拟机无法使用它",
  },
  created: {
    en: "autoCreate makes a raw image, and {hypervisor} takes it for {expected}: the guest cannot use it",
    "zh-cn": "autoCreate 创建 raw 镜像，而 {hypervisor} 把它当作 {expected}：虚拟机无法使用它",
  },
  content: {
    en: "the image holds {found}, which cannot be mounted at {mountPoint}",
    "zh-cn": "镜像中是 {found}，不是可以挂载到 {mountPoint} 的文件系统",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
  partitions: { en: "a partition table ({type})", "zh-cn": "分区表（{type}）" },
  luks: { en: "an encrypted device (LUKS)", "zh-cn": "加密设备（LUKS）" },
  swap: { en: "swap space", "zh-cn": "交换空间" },
  member: { en: "a member of a pool ({type})", "zh-cn": "存储池成员（{type}）" },
  setType: { en: 'Set imageType to "{found}", as on disk', "zh-cn": "将 imageType 设为“{found}”，与磁盘一致" },
  setRaw: { en: 'Set imageType to "raw"', "zh-cn": "将 imageType 设为“raw”" },
});

interface Data extends VolumeData {
  readonly path: string;
  /** The container format that is there or will be; null where the content is wrong. */
  readonly format: string | null;
  readonly exists: boolean;
}

export const imageFormatDiffers: Rule<Data> = {
  id,
  severity: "error",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: {
        "/flake.nix": guestFlake(volumes(['image = "disk.qcow2"', 'mountPoint = "/var"', "autoCreate = false"])),
      },
      disk: ["/var/lib/microvms/web/disk.qcow2 qcow2 512MiB"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "disk.img"', 'mountPoint = "/var"', "autoCreate = false"])) },
      disk: ["/var/lib/microvms/web/disk.img raw 512MiB ext4"],
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const wrong = wrongIn(forecast);
  if (!wrong) return;
  const { guest, volume } = forecast;
  yield* volumeFinding(imageFormatDiffers, forecast, {
    span: fieldSpan(context, guest, volume, volume.imageType.state === "set" ? volume.imageType : volume.image),
    message: wrong.message,
    ...(reasonOf(forecast.reasons, "format")?.outcome === "reuse" ? { severity: "warning" as const } : {}),
    notes: wrong.data.exists ? [{ text: text.path({ path: printable(wrong.data.path) }) }] : [],
    data: wrong.data,
  });
}

interface Wrong {
  readonly message: Text;
  readonly data: Omit<Data, "subjects">;
}

function wrongIn({ guest, reasons }: VolumeForecast): Wrong | null {
  const hypervisor = known(guest.hypervisor) ?? "?";
  const format = reasonOf(reasons, "format")?.facts;
  if (format) {
    const { path, found, expected } = format;
    return { message: text.format({ found, hypervisor, expected }), data: { path, format: found, exists: true } };
  }
  const created = reasonOf(reasons, "created-format")?.facts;
  if (created) {
    const { path, expected } = created;
    return { message: text.created({ hypervisor, expected }), data: { path, format: "raw", exists: false } };
  }
  const content = reasonOf(reasons, "content")?.facts;
  if (content) {
    const { path, found, mountPoint } = content;
    const message = text.content({ found: contentWords(found), mountPoint });
    return { message, data: { path, format: null, exists: true } };
  }
  const other = reasonOf(reasons, "not-a-file");
  if (!other) return null;
  return { message: wordsOf(other), data: { path: other.facts.path, format: null, exists: false } };
}

/** Content that no mount takes. */
function contentWords(type: ContentType) {
  switch (type) {
    case "gpt":
    case "mbr":
      return text.partitions({ type: type.toUpperCase() });
    case "luks":
      return text.luks();
    case "swap":
      return text.swap();
    default:
      return text.member({ type: type.toUpperCase() });
  }
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  if (data.format !== null && known(subject.guest.hypervisor) === "cloud-hypervisor") {
    const fix = setField(context, subject, {
      wanted: data.subjects,
      id: "set-image-type",
      title: data.exists ? text.setType({ found: data.format }) : text.setRaw(),
      attribute: "imageType",
      pick: (volume) => volume.imageType,
      newText: stringText(data.format),
    });
    if (fix) yield fix;
  }
  const { format } = data;
  if (format !== null && format !== "raw" && data.exists) {
    yield* forEachImage(context, data.subjects, (_, place) => convertOperation(place, format));
  }
  if (data.exists) yield* newImage(context, subject, data.subjects);
}
