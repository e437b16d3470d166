import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import type { Fix } from "../rule.ts";
import { bytesPerMiB, sizeWords } from "../support/words.ts";

export const text = messages("fix.operation", {
  grow: {
    en: 'Grow "{path}" and its filesystem to {size} on the host (guest stopped; nothing is lost)',
    "zh-cn": "在主机上将“{path}”及其文件系统扩展到 {size}（虚拟机需停止；不会丢失数据）",
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

/** Lengthens an image and the filesystem in it. `bytes` is rounded up to whole MiB. */
export function growOperation(path: string, bytes: number): Operation {
  const size = Math.ceil(bytes / bytesPerMiB);
  const title = text.grow({ path: printable(path), size: sizeWords(size * bytesPerMiB) });
  return operation("grow", title, ["grow", path, "--size", `${size}M`]);
}

/** Renames an image, so that the next start makes a new one. */
export function moveAsideOperation(path: string): Operation {
  return operation("move-aside", text.moveAside({ path: printable(path) }), ["move-aside", path]);
}

/** Gives a filesystem another label. */
export function relabelOperation(path: string, label: string): Operation {
  const title = text.relabel({ path: printable(path), label: printable(label) });
  return operation("relabel", title, ["relabel", path, "--label", label]);
}

/** Gives an image to the user microvm. */
export function chownOperation(path: string): Operation {
  return operation("chown", text.chown({ path: printable(path) }), ["chown", path]);
}

/** Makes a raw image of another container format. */
export function convertOperation(path: string, format: string): Operation {
  return operation("convert", text.convert({ path: printable(path), format }), ["convert", path]);
}

/** Moves an image to where the configuration looks for it. */
export function adoptOperation(from: string, path: string): Operation {
  const title = text.adopt({ from: printable(from), path: printable(path) });
  return operation("adopt", title, ["adopt", from, "--to", path]);
}

function operation(id: string, title: Operation["title"], words: readonly string[]): Operation {
  return { kind: "operation", id, title, destroys: null, command: ["image", ...words] };
}
