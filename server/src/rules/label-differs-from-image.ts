import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { stringText } from "../nix/syntax/views.ts";
import { newImage } from "./fixes/new-image.ts";
import { relabelDevice } from "./fixes/on-device.ts";
import { relabelOperation } from "./fixes/operations.ts";
import { setField } from "./fixes/set-field.ts";
import { fitted } from "./fixes/titles.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "label-differs-from-image";

export const text = messages(id, {
  summary: {
    en: "The filesystem on disk does not have the declared label, by which the guest looks for it.",
    "zh-cn": "磁盘上的文件系统没有声明的标签，而虚拟机按该标签查找它。",
  },
  why: {
    en: "With `label` the guest mounts /dev/disk/by-label/<label> (nixos-modules/microvm/mounts.nix). The label is written only when the image is created (lib/volumes.nix). After a change the device never appears, and the guest waits 90 seconds and then fails to mount; booting may end in emergency mode.",
    "zh-cn":
      "设置 `label` 后，虚拟机挂载 /dev/disk/by-label/<label>（nixos-modules/microvm/mounts.nix）。标签只在创建镜像时写入（lib/volumes.nix）。修改之后该设备永远不会出现，虚拟机等待 90 秒后挂载失败，启动可能进入紧急模式。",
  },
  message: {
    en: 'the filesystem is labelled "{found}", the configuration says "{declared}": the guest does not find it at /dev/disk/by-label/{declared}',
    "zh-cn": "文件系统的标签为“{found}”，而配置为“{declared}”：虚拟机在 /dev/disk/by-label/{declared} 找不到它",
  },
  unlabelled: {
    en: 'the filesystem has no label, the configuration says "{declared}": the guest does not find it at /dev/disk/by-label/{declared}',
    "zh-cn": "文件系统没有标签，而配置为“{declared}”：虚拟机在 /dev/disk/by-label/{declared} 找不到它",
  },
  created: {
    en: "microvm.nix writes a label only when it creates the image, and {path} exists",
    "zh-cn": "microvm.nix 仅在创建镜像时写入标签，而 {path} 已经存在",
  },
  setLabel: { en: 'Set label to "{found}", as on disk', "zh-cn": "将 label 设为“{found}”，与磁盘一致" },
  noLabel: {
    en: "Set label to null, as on disk",
    "zh-cn": "将 label 设为 null，与磁盘一致",
  },
});

interface Data extends VolumeData {
  readonly found: string | null;
  readonly declared: string;
}

export const labelDiffersFromImage: Rule<Data> = {
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
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'label = "web-var"']),
        ),
      },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 label=data"],
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'label = "data"']),
        ),
      },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 label=data"],
    },
  },
  perVolume,
  fixes,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const other = reasonOf(forecast.reasons, "other-label");
  // A label that the filesystem cannot hold is reported by label-invalid.
  if (!other || reasonOf(forecast.reasons, "label-beyond") || reasonOf(forecast.reasons, "label-cut")) return [];
  const { guest, volume } = forecast;
  const { path, found, declared } = other.facts;
  const words = { found: printable(found ?? ""), declared: printable(declared) };
  return volumeFinding(labelDiffersFromImage, forecast, {
    span: fieldSpan(context, guest, volume, volume.label),
    message: found === null ? text.unlabelled(words) : text.message(words),
    notes: forecast.place?.image.state === "seen" ? [{ text: text.created({ path: printable(path) }) }] : [],
    data: { found, declared },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  // Where the guest waits for another label than the volume's, changing that one helps nothing.
  const isOwn = known(subject.volume.label) === data.declared;
  const fix =
    isOwn &&
    setField(context, subject, {
      wanted: data.subjects,
      id: "set-label",
      title: data.found === null ? text.noLabel() : fitted(printable(data.found), (found) => text.setLabel({ found })),
      attribute: "label",
      pick: (volume) => volume.label,
      newText: data.found === null ? "null" : stringText(data.found),
      review: true,
    });
  if (fix) yield fix;
  yield* forEachImage(context, data.subjects, (_, place) => relabelOperation(place, data.declared));
  yield* relabelDevice(context, subject, data.declared);
  if (isOwn) yield* newImage(context, subject, data.subjects);
}
