import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { bytesPerMiB, sizeWords } from "../../base/words.ts";
import { containerFormat } from "../../forecast/observed.ts";
import type { Fix, RuleContext } from "../rule.ts";
import type { Subject } from "../support/finding.ts";

export const text = messages("fix.operation", {
  grow: {
    en: 'Grow "{path}" and its filesystem to {size} on the host (guest stopped; nothing is lost)',
    "zh-cn": "在主机上将“{path}”及其文件系统扩展到 {size}（虚拟机需停止；不会丢失数据）",
  },
  lengthen: {
    en: 'Lengthen "{path}" to {size} on the host; the guest grows its {type} (guest stopped; nothing is lost)',
    "zh-cn": "在主机上将“{path}”加长到 {size}，由虚拟机扩展其中的 {type}（虚拟机需停止；不会丢失数据）",
  },
  growMounted: {
    en: 'Grow the {type} in "{path}" to {size}, mounted on the host (for a guest that you trust; guest stopped; nothing is lost)',
    "zh-cn": "在主机上挂载“{path}”并将其中的 {type} 扩展到 {size}（仅限可信的虚拟机；虚拟机需停止；不会丢失数据）",
  },
  moveAside: {
    en: 'Move "{path}" aside on the host, so that the next start makes a new one (the old file stays)',
    "zh-cn": "在主机上将“{path}”移开，下次启动会创建新的镜像（旧文件保留）",
  },
  relabel: {
    en: 'Give the filesystem in "{path}" the label "{label}" on the host',
    "zh-cn": "在主机上为“{path}”中的文件系统设置标签“{label}”",
  },
  chown: {
    en: 'Give "{path}" to the user microvm on the host',
    "zh-cn": "在主机上将“{path}”的所有者改为用户 microvm",
  },
  convert: {
    en: 'Convert "{path}" to raw on the host (the {format} file stays as backup)',
    "zh-cn": "在主机上将“{path}”转换为 raw（{format} 文件作为备份保留）",
  },
  adopt: {
    en: 'Move "{from}" to "{path}" on the host, where the configuration looks',
    "zh-cn": "在主机上将“{from}”移动到配置所查找的“{path}”",
  },
});

type Operation = Extract<Fix, { kind: "operation" }>;

/** An image, and the host on which it lies. */
interface Place {
  readonly path: string;
  readonly host: string;
}

/**
 * Lengthens the volume's image and the filesystem in it, to `bytes` rounded up to whole MiB. Offered only for what
 * `microvm-lens image grow` can do: a raw image with ext2/3/4, or with xfs or btrfs, which grow only while mounted.
 */
export function* growOperation(context: RuleContext, subject: Subject, bytes: number): Iterable<Operation> {
  const image = context.image(subject.guest, subject.volume);
  if (!image || containerFormat(image.seen) !== "raw" || image.seen.filesystem.state !== "seen") return;
  const { type, multipleDevices } = image.seen.filesystem.value;
  const mib = Math.ceil(bytes / bytesPerMiB);
  const { host } = image.facts;
  const names = { path: printable(image.path), size: sizeWords(mib * bytesPerMiB), type };
  const words = ["grow", image.path, "--size", `${mib}M`];
  if (type === "ext2" || type === "ext3" || type === "ext4") yield operation(host, "grow", text.grow(names), words);
  if ((type !== "xfs" && type !== "btrfs") || multipleDevices) return;
  if (mib * bytesPerMiB > image.seen.apparentBytes) yield operation(host, "grow", text.lengthen(names), words);
  else yield operation(host, "grow", text.growMounted(names), [...words, "--mount"]);
}

/** Renames an image, so that the next start makes a new one. */
export function moveAsideOperation({ path, host }: Place): Operation {
  return operation(host, "move-aside", text.moveAside({ path: printable(path) }), ["move-aside", path]);
}

/** Gives a filesystem another label. */
export function relabelOperation({ path, host }: Place, label: string): Operation {
  const title = text.relabel({ path: printable(path), label: printable(label) });
  return operation(host, "relabel", title, ["relabel", path, "--label", label]);
}

/** Gives an image to the user microvm. */
export function chownOperation({ path, host }: Place): Operation {
  return operation(host, "chown", text.chown({ path: printable(path) }), ["chown", path]);
}

/** Makes a raw image of another container format. */
export function convertOperation({ path, host }: Place, format: string): Operation {
  return operation(host, "convert", text.convert({ path: printable(path), format }), ["convert", path]);
}

/** Moves an image to where the configuration looks for it. */
export function adoptOperation(from: string, { path, host }: Place): Operation {
  const title = text.adopt({ from: printable(from), path: printable(path) });
  return operation(host, "adopt", title, ["adopt", from, "--to", path]);
}

function operation(host: string, id: string, title: Operation["title"], words: readonly string[]): Operation {
  return { kind: "operation", host, id, title, destroys: null, command: ["image", ...words] };
}
