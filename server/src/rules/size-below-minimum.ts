import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { setField } from "./fixes/set-field.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "size-below-minimum";

export const text = messages(id, {
  summary: {
    en: "The size is smaller than the filesystem can be: creating the image fails and leaves a blank file.",
    "zh-cn": "大小低于文件系统的最小值：创建镜像会失败并留下空白文件。",
  },
  why: {
    en: "The start script lengthens the file first and then runs mkfs (lib/volumes.nix). mkfs.xfs needs 300 MiB, mkfs.btrfs 109 (16 with --mixed), the others 1. When it fails, the blank file stays, and the next start takes it for a finished image (see image-blank).",
    "zh-cn":
      "启动脚本先扩展文件，再运行 mkfs（lib/volumes.nix）。mkfs.xfs 需要 300 MiB，mkfs.btrfs 需要 109（使用 --mixed 时为 16），其余为 1。失败后空白文件会留下，下次启动会把它当作已完成的镜像（参见 image-blank）。",
  },
  message: {
    en: "the configuration says {size} MiB and mkfs.{fsType} needs at least {minimum} MiB: it fails and leaves a blank image",
    "zh-cn": "配置为 {size} MiB，而 mkfs.{fsType} 至少需要 {minimum} MiB：它会失败并留下空白镜像",
  },
  setRoom: { en: "Set size to {size}", "zh-cn": "将 size 设为 {size}" },
  setSize: {
    en: "Set size to {size}, the least that {fsType} takes",
    "zh-cn": "将 size 设为 {size}，即 {fsType} 的最小值",
  },
});

interface Data extends VolumeData {
  readonly minimum: number;
  readonly fsType: string;
}

export const sizeBelowMinimum: Rule<Data> = {
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
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 200", 'fsType = "xfs"']),
        ),
      },
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'fsType = "xfs"']),
        ),
      },
    },
  },
  perVolume,
  fixes,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const small = reasonOf(forecast.reasons, "too-small");
  if (!small) return [];
  const { guest, volume } = forecast;
  const { sizeMiB, fsType, minimum } = small.facts;
  return volumeFinding(sizeBelowMinimum, forecast, {
    span: fieldSpan(context, guest, volume, volume.sizeMiB),
    message: text.message({ size: sizeMiB, fsType, minimum }),
    data: { minimum, fsType },
  });
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  // A megabyte is a minimum that nobody wants.
  const size = data.minimum > 1 ? data.minimum : 1024;
  const say = data.minimum > 1 ? text.setSize : text.setRoom;
  const fix = setField(context, subject, {
    wanted: data.subjects,
    id: "set-size",
    title: say({ size, fsType: data.fsType }),
    attribute: "size",
    pick: (volume) => volume.sizeMiB,
    newText: String(size),
  });
  if (fix) yield fix;
}
