import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { sizeWords } from "../base/words.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known, type Volume } from "../microvm/model.ts";
import { quoteForDisplay } from "../shell/quote.ts";
import { clearOverlay, isStoreOverlay } from "./fixes/clear-overlay.ts";
import { newImage } from "./fixes/new-image.ts";
import { moveAsideOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { imageOf, isSupplied, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "image-blank";

export const text = messages(id, {
  summary: {
    en: "The image exists and holds nothing: creating it failed, and is not tried again.",
    "zh-cn": "镜像存在但没有任何内容：创建曾失败，且不会重试。",
  },
  why: {
    en: "The start script makes the file, lengthens it and then runs mkfs (lib/volumes.nix). When mkfs fails, the blank file stays; systemd starts the guest again after five seconds (nixos-modules/host/default.nix, Restart=always), the file exists now, mkfs is skipped, and the guest gets a disk without a filesystem. Typical causes are a size below the filesystem's minimum, a label that is too long, and a full host.",
    "zh-cn":
      "启动脚本先创建文件、扩展到指定大小，再运行 mkfs（lib/volumes.nix）。若 mkfs 失败，空白文件会留下；五秒后 systemd 再次启动虚拟机（nixos-modules/host/default.nix，Restart=always），此时文件已存在，mkfs 被跳过，虚拟机得到一块没有文件系统的磁盘。常见原因是大小低于文件系统的最小值、标签过长或主机空间已满。",
  },
  message: {
    en: "the image is {size} and blank: the guest cannot mount it at {mountPoint}, and nothing formats it while the file exists",
    "zh-cn": "镜像为 {size} 且空白：虚拟机无法将其挂载到 {mountPoint}，只要文件存在就不会有任何程序格式化它",
  },
  device: {
    en: "the device is {size} and blank: the guest cannot mount it at {mountPoint}, and microvm.nix never formats a device that exists",
    "zh-cn": "设备为 {size} 且空白：虚拟机无法将其挂载到 {mountPoint}，而 microvm.nix 从不格式化已存在的设备",
  },
  format: {
    en: "format it once, by hand: {command}",
    "zh-cn": "请手动格式化一次：{command}",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
});

export const imageBlank: Rule<VolumeData> = {
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
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 200", 'fsType = "xfs"']),
        ),
      },
      disk: ["/var/lib/microvms/web/data.img raw 200MiB blank"],
    },
    good: {
      files: {
        "/flake.nix": guestFlake(
          volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", 'fsType = "xfs"']),
        ),
      },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB xfs"],
    },
  },
  perVolume,
  fixes,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const blank = reasonOf(forecast.reasons, "blank");
  if (!blank) return [];
  const { guest, volume } = forecast;
  const { path, bytes, mountPoint, device } = blank.facts;
  const say = device ? text.device : text.message;
  return volumeFinding(imageBlank, forecast, {
    span: fieldSpan(context, guest, volume, volume.image),
    message: say({ size: sizeWords(bytes), mountPoint }),
    notes: [{ text: device ? text.format({ command: mkfs(volume, path) }) : text.path({ path: printable(path) }) }],
  });
}

/** What microvm.nix would run if it formatted devices (lib/volumes.nix). */
function mkfs(volume: Volume, path: string): string {
  const type = known(volume.fsType) ?? "ext4";
  const label = known(volume.label);
  const labelled = label ? [type === "vfat" ? "-n" : "-L", label] : [];
  return printable(quoteForDisplay([`mkfs.${type}`, ...labelled, path]));
}

function* fixes({ data }: Finding<VolumeData>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  yield* forEachImage(context, data.subjects, (each, place) =>
    known(each.volume.autoCreate) === true && !isSupplied(context, each) ? moveAsideOperation(place) : [],
  );
  // What makes a blank image where there is none would make the new one blank, too.
  if (imageOf(context, subject) && !isSupplied(context, subject)) yield* newImage(context, subject, data.subjects);
  if (isStoreOverlay(subject)) yield* clearOverlay(context, subject);
}
