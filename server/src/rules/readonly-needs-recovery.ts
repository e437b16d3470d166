import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import type { Finding, GuestContext, Rule } from "./frame/rule.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";

const id = "readonly-needs-recovery";

export const text = messages(id, {
  summary: {
    en: "A read-only volume holds a filesystem that was not cleanly unmounted: it is not mounted.",
    "zh-cn": "只读卷中的文件系统未正常卸载：无法挂载。",
  },
  why: {
    en: 'To mount such a filesystem the kernel replays its journal, which needs writing. On a device that is attached read-only (lib/runners/qemu.nix) ext4 refuses ("recovery required on readonly filesystem"), xfs and btrfs too. Images come into this state when a guest is killed, or when they are copied while it runs.',
    "zh-cn":
      "挂载此类文件系统时，内核需要重放日志，这要求可写。在只读挂接的设备上（lib/runners/qemu.nix）ext4 会拒绝（“recovery required on readonly filesystem”），xfs 和 btrfs 也一样。虚拟机被强行终止，或在运行时复制镜像，都会造成这种状态。",
  },
  byHand: {
    en: "Start the guest once with `readOnly = false`, so that its kernel replays the journal, and stop it cleanly. Or run `e2fsck -p IMAGE` on the host while nobody holds the image (ext4).",
    "zh-cn":
      "用 `readOnly = false` 启动一次虚拟机，使其内核重放日志，然后正常关闭。或在没有进程占用镜像时在主机上运行 `e2fsck -p IMAGE`（ext4）。",
  },
  message: {
    en: "the {type} was not cleanly unmounted and the volume is read-only: the kernel cannot replay the journal and refuses to mount it",
    "zh-cn": "{type} 未正常卸载，而卷是只读的：内核无法重放日志，会拒绝挂载",
  },
  repair: {
    en: "replay it once on the host, with the guest stopped: e2fsck -p {path} for ext3 and ext4, a mount for xfs and btrfs",
    "zh-cn": "请停止虚拟机后在主机上重放一次：ext3、ext4 用 e2fsck -p {path}，xfs、btrfs 挂载一次即可",
  },
});

const example = volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 512", "readOnly = true"]);

export const readonlyNeedsRecovery: Rule<VolumeData> = {
  id,
  severity: "error",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(example) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4 state=needs-recovery"],
    },
    good: {
      files: { "/flake.nix": guestFlake(example) },
      disk: ["/var/lib/microvms/web/data.img raw 512MiB ext4"],
    },
  },
  perVolume,
};

function perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const dirty = reasonOf(forecast.reasons, "needs-recovery");
  if (!dirty) return [];
  const { guest, volume } = forecast;
  return volumeFinding(readonlyNeedsRecovery, forecast, {
    span: fieldSpan(context, guest, volume, volume.readOnly),
    message: text.message({ type: dirty.facts.type }),
    notes: [{ text: text.repair({ path: printable(dirty.facts.path) }) }],
  });
}
