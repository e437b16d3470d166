import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { sizeWords } from "../base/words.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { newImage } from "./fixes/new-image.ts";
import { growOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "filesystem-larger-than-image";

export const text = messages(id, {
  summary: {
    en: "The image was cut off: it is smaller than the filesystem in it.",
    "zh-cn": "镜像被截断：它小于其中的文件系统。",
  },
  why: {
    en: 'A kernel refuses a filesystem that says it is larger than its device (ext4: "bad geometry"). It happens when somebody runs `truncate -s` with a smaller size, or when a copy was broken off. What was beyond the end may be lost; lengthening the file again makes the rest readable.',
    "zh-cn":
      "如果文件系统声称比设备更大，内核会拒绝挂载（ext4：“bad geometry”）。用更小的大小运行 `truncate -s` 或复制中断都会造成这种情况。末尾之后的数据可能已丢失；重新加长文件可使其余部分可读。",
  },
  message: {
    en: "the filesystem is {filesystem} ({type}) and the image only {image} ({format}): the guest cannot mount it",
    "zh-cn": "文件系统为 {filesystem}（{type}），而镜像只有 {image}（{format}）：虚拟机无法挂载它",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
});

interface Data extends VolumeData {
  readonly filesystemBytes: number;
}

export const filesystemLargerThanImage: Rule<Data> = {
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
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 300"])) },
      disk: ["/var/lib/microvms/web/data.img raw 300MiB ext4 fs=400MiB"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 400"])) },
      disk: ["/var/lib/microvms/web/data.img raw 400MiB ext4 fs=400MiB"],
    },
  },
  perVolume,
  fixes,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const cutOff = reasonOf(forecast.reasons, "cut-off");
  if (!cutOff) return [];
  const { guest, volume } = forecast;
  const { path, filesystemBytes, imageBytes, type, format } = cutOff.facts;
  return volumeFinding(filesystemLargerThanImage, forecast, {
    span: fieldSpan(context, guest, volume, volume.image),
    message: text.message({ filesystem: sizeWords(filesystemBytes), type, image: sizeWords(imageBytes), format }),
    notes: [{ text: text.path({ path: printable(path) }) }],
    data: { filesystemBytes },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  yield* forEachImage(context, data.subjects, (each) => growOperation(context, each, data.filesystemBytes));
  yield* newImage(context, subject, data.subjects);
}
