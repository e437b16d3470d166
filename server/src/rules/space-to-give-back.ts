import { messages } from "../base/text.ts";
import { roughSizeWords } from "../base/words.ts";
import { muchToGiveBack, reclaimableBytes } from "../disk/images/usage.ts";
import type { VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";
import { trimOperation } from "./fixes/operations.ts";
import type { Finding, Fix, GuestContext, Rule, RuleContext } from "./frame/rule.ts";
import { forEachImage } from "./support/each-image.ts";
import { guestFlake, volumes } from "./support/examples.ts";
import { type VolumeData, volumeFinding } from "./support/finding.ts";
import { fieldSpan } from "./support/places.ts";
import { usableImage } from "./support/usable.ts";

const id = "space-to-give-back";

export const text = messages(id, {
  summary: {
    en: "Much is free in the guest and still taken on the host.",
    "zh-cn": "大量空间在虚拟机中空闲，但仍占用主机。",
  },
  why: {
    en: "Images are sparse: they grow as the guest writes, and what it deletes stays taken on the host until the guest says that it is free (discard). With QEMU that reaches the file, because microvm.nix attaches volumes with `discard=unmap` (lib/runners/qemu.nix); other hypervisors may not pass it on: `lsblk -D` in the guest shows 0 as DISC-MAX then. When the host runs full, QEMU silently pauses the guest; other hypervisors give it I/O errors.",
    "zh-cn":
      "镜像是稀疏的：随虚拟机写入而增长，而删除的内容会一直占用主机，直到虚拟机声明其空闲（discard）。使用 QEMU 时该声明会传到文件，因为 microvm.nix 以 `discard=unmap` 挂接卷（lib/runners/qemu.nix）；其他虚拟机监控程序可能不传递：此时虚拟机中 `lsblk -D` 的 DISC-MAX 为 0。主机写满时，QEMU 的虚拟机会被静默暂停，其他的则遇到 I/O 错误。",
  },
  byHand: {
    en: "In the guest, `services.fstrim.enable = true;` gives it back once a week, `fstrim -a` now. While the guest is stopped, `microvm-lens image trim IMAGE` does it on the host.",
    "zh-cn":
      "在虚拟机中，`services.fstrim.enable = true;` 每周归还一次，`fstrim -a` 立即归还。虚拟机停止时，可在主机上使用 `microvm-lens image trim IMAGE`。",
  },
  message: {
    en: "{bytes} are free in the guest and still taken on the host, of {taken} that the image takes",
    "zh-cn": "镜像占用 {taken}，其中 {bytes} 在虚拟机中空闲，但仍占用主机",
  },
  inGuest: {
    en: "services.fstrim.enable = true in the guest gives it back once a week, `fstrim -a` now",
    "zh-cn": "在虚拟机中设置 services.fstrim.enable = true 可每周归还一次，`fstrim -a` 立即归还",
  },
  perhaps: {
    en: "whether {hypervisor} passes it on, `lsblk -D` in the guest shows: not where DISC-MAX is 0",
    "zh-cn": "{hypervisor} 是否传递，可在虚拟机中用 `lsblk -D` 查看：DISC-MAX 为 0 时不传递",
  },
});

/** Half of what the image takes: less comes and goes with what a guest does. */
const muchOfTaken = 0.5;

export const spaceToGiveBack: Rule<VolumeData> = {
  id,
  severity: "hint",
  needs: "host",
  claims: "presence",
  of: "image",
  scope: "guest",
  docs: {
    summary: text.summary(),
    why: text.why(),
    byHand: text.byHand(),
    bad: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 20480"])) },
      disk: ["/var/lib/microvms/web/data.img raw 20GiB ext4 free=18GiB allocated=14GiB"],
    },
    good: {
      files: { "/flake.nix": guestFlake(volumes(['image = "data.img"', 'mountPoint = "/var"', "size = 20480"])) },
      disk: ["/var/lib/microvms/web/data.img raw 20GiB ext4 free=18GiB allocated=2GiB"],
    },
  },
  perVolume,
  fixes,
};

function* perVolume(context: GuestContext, forecast: VolumeForecast): Iterable<Finding<VolumeData>> {
  const { guest, volume } = forecast;
  const image = usableImage(forecast);
  const bytes = image && reclaimableBytes(image.seen);
  if (!image || bytes === null || bytes < muchToGiveBack || bytes < muchOfTaken * image.seen.allocatedBytes) return;
  const hypervisor = known(guest.hypervisor);
  const notes = [
    text.inGuest(),
    ...(hypervisor === undefined || hypervisor === "qemu" ? [] : [text.perhaps({ hypervisor })]),
  ];
  yield* volumeFinding(spaceToGiveBack, forecast, {
    span: fieldSpan(context, guest, volume, volume.sizeMiB),
    message: text.message({ bytes: roughSizeWords(bytes), taken: roughSizeWords(image.seen.allocatedBytes) }),
    notes: notes.map((note) => ({ text: note })),
    data: {},
  });
}

function* fixes({ data }: Finding<VolumeData>, context: RuleContext): Iterable<Fix> {
  yield* forEachImage(context, data.subjects, (_, place) => trimOperation(place));
}
