import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { asUpstream } from "../../shell/quote.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { imageOf, type Subject } from "../support/finding.ts";

export const text = messages("fix.on-device", {
  grow: { en: "Grow the device, by hand", "zh-cn": "手动扩展设备" },
  growAdvice: {
    en: "With the guest stopped, make the device larger on the host: `zfs set volsize={mib}M POOL/VOLUME` for a zvol, `lvextend -L {mib}m {device}` for a logical volume. Then grow the filesystem: {filesystem}",
    "zh-cn":
      "停止虚拟机后，在主机上扩大设备：zvol 用 `zfs set volsize={mib}M POOL/VOLUME`，逻辑卷用 `lvextend -L {mib}m {device}`。然后扩展文件系统：{filesystem}",
  },
  ext: {
    en: "`e2fsck -f {device}` and `resize2fs {device}`",
    "zh-cn": "`e2fsck -f {device}` 和 `resize2fs {device}`",
  },
  mounted: {
    en: "in the guest, where it is mounted, or set `autoResize`",
    "zh-cn": "在挂载它的虚拟机中进行，或设置 `autoResize`",
  },
  relabel: { en: "Label the filesystem, by hand", "zh-cn": "手动设置文件系统标签" },
  relabelAdvice: { en: "With the guest stopped: `{command}`", "zh-cn": "停止虚拟机后运行：`{command}`" },
});

/** How a zvol or logical volume grows: no file is lengthened there (domain.md §4.9). */
export function growDevice(context: RuleContext, subject: Subject, mib: number): Fix[] {
  const found = deviceOf(context, subject);
  if (!found) return [];
  const device = printable(found.word);
  const filesystem = found.type?.startsWith("ext") ? text.ext({ device }) : text.mounted();
  return [
    { kind: "manual", id: "grow-device", title: text.grow(), advice: text.growAdvice({ mib, device, filesystem }) },
  ];
}

const labellers: Readonly<Record<string, (device: string, label: string) => string>> = {
  ext2: (device, label) => `e2label ${device} ${label}`,
  ext3: (device, label) => `e2label ${device} ${label}`,
  ext4: (device, label) => `e2label ${device} ${label}`,
  xfs: (device, label) => `xfs_admin -L ${label} ${device}`,
  btrfs: (device, label) => `btrfs filesystem label ${device} ${label}`,
  vfat: (device, label) => `fatlabel ${device} ${label}`,
};

/** The command that labels a filesystem where it is. */
export function relabelDevice(context: RuleContext, subject: Subject, label: string): Fix[] {
  const found = deviceOf(context, subject);
  const labeller = found?.type ? labellers[found.type] : undefined;
  const word = asUpstream(label);
  if (!found || !labeller || word === null) return [];
  const command = printable(labeller(found.word, word));
  return [{ kind: "manual", id: "relabel-device", title: text.relabel(), advice: text.relabelAdvice({ command }) }];
}

function deviceOf(context: RuleContext, subject: Subject) {
  const image = imageOf(context, subject);
  if (image?.seen.kind !== "block-device") return null;
  const word = asUpstream(image.path);
  const { filesystem } = image.seen;
  return word === null ? null : { word, type: filesystem.state === "seen" ? filesystem.value.type : null };
}
