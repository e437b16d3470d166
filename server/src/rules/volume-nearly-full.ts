import { messages, type Text } from "../base/text.ts";
import { bytesPerMiB, roughSizeWords } from "../base/words.ts";
import { type Usage, usageOf } from "../disk/images/usage.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { clearOverlay, isStoreOverlay } from "./fixes/clear-overlay.ts";
import { growOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";
import { usableFilesystem, usableImage } from "./support/usable.ts";

const id = "volume-nearly-full";

export const text = messages(id, {
  summary: {
    en: "The filesystem in the image is nearly full.",
    "zh-cn": "镜像中的文件系统即将写满。",
  },
  why: {
    en: "A full /var stops services. A store overlay that is full still mounts at the next start, on xfs read-only; where overlayfs has not made its directories yet, or no inodes are left, it does not mount. The numbers are those of `df` and `df -i` in the guest: what is kept for root is not left to services. For a running guest they are as of its last commit; where they cannot be known, nothing is said. Raising `size` does not help an image that exists.",
    "zh-cn":
      "写满的 /var 会使服务停止。写满的 store 覆盖层在下次启动时仍可挂载，在 xfs 上为只读；若 overlayfs 尚未创建其目录，或 inode 已用尽，则无法挂载。这些数字与虚拟机中的 `df` 和 `df -i` 一致：为 root 保留的空间不供服务使用。对运行中的虚拟机，数字截至其上次提交；无法得知时不作判断。提高 `size` 对已存在的镜像没有帮助。",
  },
  message: {
    en: "the filesystem is {percent} % full: {free} of {size} are free",
    "zh-cn": "文件系统已用 {percent}%：共 {size}，剩余 {free}",
  },
  inodes: {
    en: "the filesystem has used {percent} % of its inodes: {free} of {total} are left, however much space is free",
    "zh-cn": "文件系统已用 {percent}% 的 inode：共 {total} 个，剩余 {free} 个，无论还有多少空间",
  },
  commit: {
    en: "as of the guest's last commit, usually at most {seconds} s ago; what waits in its memory to be written is not counted",
    "zh-cn": "截至虚拟机的上次提交，通常最多在 {seconds} 秒前；其内存中尚待写入的数据未计入",
  },
  overlay: {
    en: "a full store overlay still mounts, unless overlayfs has not made store/ and work/ in it yet",
    "zh-cn": "写满的 store 覆盖层仍可挂载，除非 overlayfs 尚未在其中创建 store/ 和 work/",
  },
  overlayReadOnly: {
    en: "a full store overlay on xfs is mounted read-only at the next start",
    "zh-cn": "xfs 上写满的 store 覆盖层在下次启动时以只读方式挂载",
  },
  overlayInodes: {
    en: "a store overlay without free inodes does not mount at the next start: overlayfs cannot make a directory",
    "zh-cn": "没有空闲 inode 的 store 覆盖层在下次启动时无法挂载：overlayfs 无法创建目录",
  },
  path: { en: "the image is {path}", "zh-cn": "镜像位于 {path}" },
});

interface Data extends VolumeData {
  readonly imageBytes: number;
}

export const volumeNearlyFull: Rule<Data> = {
  id,
  severity: "warning",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 free=20MiB"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512"])) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 free=300MiB"],
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<Data>> {
  const { guest, volume, reasons } = forecast;
  const image = usableImage(forecast);
  const usage = image?.filesystem ? usageOf(image.filesystem) : null;
  if (!image?.filesystem || usage === null) return;
  const noInodes = reasonOf(reasons, "overlay-no-inodes");
  const message = wordsOf(forecast, usage);
  if (message === null) return;
  const inOverlay = noInodes || reasonOf(reasons, "overlay-full") || isStoreOverlay(forecast);
  const isSpace = reasonOf(reasons, "nearly-full") !== undefined && !noInodes;
  const inSpace = image.filesystem.type === "xfs" ? text.overlayReadOnly : text.overlay;
  const notes = [
    text.path({ path: image.path }),
    ...(usage.asOf === "commit" ? [text.commit({ seconds: usage.behindSeconds })] : []),
    ...(inOverlay ? [(isSpace ? inSpace : text.overlayInodes)()] : []),
  ];
  yield* volumeFinding(volumeNearlyFull, forecast, {
    span: fieldSpan(context, guest, volume, volume.sizeMiB),
    message,
    notes: notes.map((note) => ({ text: note })),
    ...(noInodes?.outcome === "no-start" ? { severity: "error" } : {}),
    data: { imageBytes: image.bytes },
  });
}

/** What runs out; null: nothing does. */
function wordsOf({ reasons }: VolumeForecast, { inodes }: Usage): Text | null {
  if (reasonOf(reasons, "overlay-no-inodes") && inodes) {
    return text.inodes({ percent: inodes.percent ?? 100, free: inodes.free, total: inodes.total });
  }
  const full = reasonOf(reasons, "nearly-full")?.facts;
  if (full) {
    const { percent, freeBytes, sizeBytes } = full;
    return text.message({ percent, free: roughSizeWords(freeBytes), size: roughSizeWords(sizeBytes) });
  }
  const used = reasonOf(reasons, "inodes-used-up")?.facts;
  return used ? text.inodes({ percent: used.percent, free: used.free, total: used.total }) : null;
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  yield* forEachImage(context, data.subjects, (each) => {
    const declared = (known(each.volume.sizeMiB) ?? 0) * bytesPerMiB;
    const bytes = usableFilesystem(context, each)?.bytes ?? data.imageBytes;
    return growOperation(context, each, declared > bytes ? declared : 2 * bytes, { whole: true });
  });
  if (isStoreOverlay(subject)) yield* clearOverlay(context, subject);
}
