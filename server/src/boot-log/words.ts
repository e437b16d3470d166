import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import type { Event, OverlayFault } from "./events.ts";

const text = messages("boot-log", {
  mountFailed: { en: "{where} did not mount", "zh-cn": "{where} 未能挂载" },
  deviceMissing: {
    en: "the guest waited for {device} and it did not appear",
    "zh-cn": "虚拟机等待 {device}，但它没有出现",
  },
  checkFailed: {
    en: "the check of the filesystem on {device} found damage that it could not repair",
    "zh-cn": "对 {device} 上文件系统的检查发现了无法修复的损坏",
  },
  content: {
    en: "{device} does not hold the filesystem that the guest mounts: it is blank or of another type",
    "zh-cn": "{device} 上没有虚拟机要挂载的文件系统：它是空白的，或是别的内容",
  },
  short: {
    en: "the filesystem on {device} is larger than the device: the image was cut off",
    "zh-cn": "{device} 上的文件系统比设备大：镜像被截断了",
  },
  journal: {
    en: "{device} is read-only, and its filesystem was not cleanly unmounted: the journal cannot be replayed",
    "zh-cn": "{device} 是只读的，而其文件系统没有正常卸载：日志无法重放",
  },
  damaged: { en: "the filesystem on {device} is damaged", "zh-cn": "{device} 上的文件系统已损坏" },
  features: {
    en: "the filesystem below the upper directory lacks what overlayfs needs",
    "zh-cn": "upper 目录所在的文件系统缺少 overlayfs 需要的功能",
  },
  work: {
    en: "overlayfs cannot use the upper or the work directory",
    "zh-cn": "overlayfs 无法使用 upper 或 work 目录",
  },
  space: {
    en: "no space or no inodes are left for the overlay's work directory",
    "zh-cn": "没有空间（或 inode）留给 overlay 的 work 目录",
  },
  readOnly: { en: "the upper directory lies on a read-only filesystem", "zh-cn": "upper 目录位于只读文件系统上" },
  layer: { en: "a layer of the overlay is missing: {path}", "zh-cn": "overlay 的一层不存在：{path}" },
  directory: {
    en: "the overlay's upper and work directories could not be created",
    "zh-cn": "无法创建 overlay 的 upper 与 work 目录",
  },
  file: {
    en: "the file could not be created or opened on the host: {why}",
    "zh-cn": "无法在主机上创建或打开该文件：{why}",
  },
  mkfs: {
    en: "mkfs failed, and the image that it leaves blank is not formatted again: {why}",
    "zh-cn": "mkfs 失败，留下的空白镜像不会再被格式化：{why}",
  },
  format: {
    en: "the hypervisor takes the image for another format: {why}",
    "zh-cn": "虚拟机监控程序把镜像当作另一种格式：{why}",
  },
});

const overlayWords: Readonly<Record<Exclude<OverlayFault, "path">, "features" | "work" | "space" | "readOnly">> = {
  features: "features",
  work: "work",
  space: "space",
  "read-only": "readOnly",
};

/** What an event says, in one sentence; null for those that say nothing went wrong. */
export function eventWords(event: Event): Text | null {
  switch (event.is) {
    case "mount-failed":
      return text.mountFailed({ where: printable(event.where) });
    case "device-missing":
      return text.deviceMissing({ device: printable(event.device) });
    case "check-failed":
      return text.checkFailed({ device: printable(event.device) });
    case "filesystem":
      return text[event.wrong]({ device: printable(`/dev/${event.device}`) });
    case "overlay":
      if (event.wrong === "path") return text.layer({ path: printable(event.path ?? "?") });
      return text[overlayWords[event.wrong]]();
    case "directory":
      return text.directory();
    case "file":
    case "mention":
      return text.file({ why: printable(event.why) });
    case "mkfs":
      return text.mkfs({ why: printable(event.why) });
    case "format":
      return text.format({ why: printable(event.why) });
    default:
      return null;
  }
}
