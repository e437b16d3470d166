import { messages } from "../base/text.ts";
import { bytesPerMiB, roughSizeWords } from "../base/words.ts";
import { known } from "../microvm/model.ts";
import { clearOverlay, isStoreOverlay } from "./fixes/clear-overlay.ts";
import { growOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { eachVolume, type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";
import { usableFilesystem } from "./support/usable.ts";

const id = "volume-nearly-full";

export const text = messages(id, {
  summary: {
    en: "The filesystem in the image is nearly full.",
    "zh-cn": "镜像中的文件系统即将写满。",
  },
  why: {
    en: "A full store overlay does not mount at the next start (overlayfs cannot make its directories), and a full /var stops services. The numbers are the filesystem's own; where it does not write them while it is mounted, nothing is said about a running guest. Raising `size` does not help an image that exists.",
    "zh-cn":
      "写满的 store 覆盖层在下次启动时无法挂载（overlayfs 无法创建目录），写满的 /var 会使服务停止。数字来自文件系统自身；若其在挂载期间不写入这些数字，则不对运行中的虚拟机作判断。提高 `size` 对已存在的镜像没有帮助。",
  },
  message: {
    en: "the filesystem is {percent} % full: {free} of {size} are free",
    "zh-cn": "文件系统已用 {percent}%：共 {size}，剩余 {free}",
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
  check,
  fixes,
};

function* check(context: GuestContext): Iterable<Finding<Data>> {
  for (const subject of eachVolume(context)) {
    const { guest, volume } = subject;
    const image = usableFilesystem(context, subject);
    if (!image || known(volume.readOnly) !== false) continue;
    const { freeBytes, freeIsCurrent, sizeBytes } = image.filesystem;
    if (freeBytes === null || sizeBytes === null || !freeIsCurrent || !isNearlyFull(freeBytes, sizeBytes)) continue;
    yield* volumeFinding(volumeNearlyFull, subject, {
      span: fieldSpan(context, guest, volume, volume.sizeMiB),
      message: text.message({
        percent: Math.floor((100 * (sizeBytes - freeBytes)) / sizeBytes),
        free: roughSizeWords(freeBytes),
        size: roughSizeWords(sizeBytes),
      }),
      notes: [{ text: text.path({ path: image.path }) }],
      data: { imageBytes: image.bytes },
    });
  }
}

/** A twentieth left, or a tenth where that is under 1 GiB; on a tiny filesystem its own structures take as much. */
function isNearlyFull(freeBytes: number, sizeBytes: number): boolean {
  if (sizeBytes < 32 * bytesPerMiB) return freeBytes < bytesPerMiB;
  const left = freeBytes / sizeBytes;
  return left < 0.05 || (left < 0.1 && freeBytes < 1024 * bytesPerMiB);
}

function* fixes({ data }: Finding<Data>, context: RuleContext): Iterable<Fix> {
  const [subject] = data.subjects;
  if (!subject) return;
  yield* forEachImage(context, data.subjects, (each) => {
    const declared = (known(each.volume.sizeMiB) ?? 0) * bytesPerMiB;
    const bytes = usableFilesystem(context, each)?.bytes ?? data.imageBytes;
    return growOperation(context, each, declared > bytes ? declared : 2 * bytes);
  });
  if (isStoreOverlay(subject)) yield* clearOverlay(context, subject);
}
