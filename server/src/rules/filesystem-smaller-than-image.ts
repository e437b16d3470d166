import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { sizeWords } from "../base/words.ts";
import { growsTo } from "../forecast/image/filesystems.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { growFilesystem } from "./fixes/at-start.ts";
import { growOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "filesystem-smaller-than-image";

export const text = messages(id, {
  summary: {
    en: "The image was made longer, but the filesystem in it was not grown.",
    "zh-cn": "镜像已加长，但其中的文件系统没有扩展。",
  },
  why: {
    en: "Lengthening the file (`truncate -s`) gives the guest a longer disk; the filesystem keeps its size until it is grown too: resize2fs, xfs_growfs or `btrfs filesystem resize`, or `autoResize` in the guest. Until then the guest has no more space than before.",
    "zh-cn":
      "加长文件（`truncate -s`）会让虚拟机得到更长的磁盘；文件系统仍保持原大小，直到也被扩展：resize2fs、xfs_growfs、`btrfs filesystem resize`，或虚拟机中的 `autoResize`。在此之前，可用空间并未增加。",
  },
  message: {
    en: "the filesystem is {filesystem} ({type}), the image {image} ({format}): the guest cannot use the difference",
    "zh-cn": "文件系统为 {filesystem}（{type}），镜像为 {image}（{format}）：虚拟机无法使用两者之差",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
});

interface Data extends VolumeData {
  readonly imageBytes: number;
  readonly type: string;
}

export const filesystemSmallerThanImage: Rule<Data> = {
  id,
  severity: "information",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 2048"])) },
      disk: ["/var/lib/microvms/web/data.img raw 2048MiB ext4 fs=512MiB"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 2048"])) },
      disk: ["/var/lib/microvms/web/data.img raw 2048MiB ext4 fs=2048MiB"],
    },
  },
  perVolume,
  fixes,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const smaller = reasonOf(forecast.reasons, "filesystem-smaller");
  if (!smaller) return [];
  const { guest, volume } = forecast;
  const { path, filesystemBytes, imageBytes, type, format } = smaller.facts;
  return volumeFinding(filesystemSmallerThanImage, forecast, {
    span: fieldSpan(context, guest, volume, volume.sizeMiB),
    message: text.message({ filesystem: sizeWords(filesystemBytes), type, image: sizeWords(imageBytes), format }),
    notes: [{ text: text.path({ path: printable(path) }) }],
    data: { imageBytes, type },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  yield* forEachImage(context, data.subjects, (each) => growOperation(context, each, data.imageBytes, { whole: true }));
  if (subject && growsTo(data.type, data.imageBytes)) yield* growFilesystem(context, subject);
}
