import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { bytesPerMiB, sizeWords } from "../../base/words.ts";
import type { ImageFacts } from "../../disk/facts.ts";
import { isSupported, mounts } from "../../forecast/filesystems.ts";
import { acceptsFormat, expectedFormat } from "../../forecast/formats.ts";
import { containerFormat, virtualBytes } from "../../forecast/observed.ts";
import { known } from "../../microvm/model.ts";
import type { Subject } from "../support/finding.ts";
import type { PlanAction } from "./shape.ts";

export const text = messages("plan.reading", {
  unreadable: { en: "the content of the image could not be read: {detail}", "zh-cn": "无法读取镜像内容：{detail}" },
  unknownField: { en: "the value of `{field}` is not known", "zh-cn": "`{field}` 的值未知" },
  format: {
    en: "the image is {found} and the hypervisor is told that it is {expected}",
    "zh-cn": "镜像格式为 {found}，而虚拟机监控程序被告知为 {expected}",
  },
  blank: {
    en: "the image is {size} and blank: an earlier mkfs failed, and it is not run again while the file exists",
    "zh-cn": "镜像为 {size} 且空白：此前的 mkfs 失败了，只要文件存在就不会再次运行",
  },
  blankUnmounted: { en: "the guest gets a blank disk of {size}", "zh-cn": "虚拟机会得到一块 {size} 的空白磁盘" },
  type: {
    en: "the image holds {found} and is mounted as {declared}",
    "zh-cn": "镜像内容为 {found}，却按 {declared} 挂载",
  },
  nothing: {
    en: "the image holds no filesystem that is known, and is mounted as {declared}",
    "zh-cn": "镜像中没有已知的文件系统，却按 {declared} 挂载",
  },
  label: {
    en: 'the filesystem is labelled "{found}" and the guest waits for /dev/disk/by-label/{declared}',
    "zh-cn": "文件系统的标签为“{found}”，而虚拟机等待 /dev/disk/by-label/{declared}",
  },
  noLabel: {
    en: "the filesystem has no label and the guest waits for /dev/disk/by-label/{declared}",
    "zh-cn": "文件系统没有标签，而虚拟机等待 /dev/disk/by-label/{declared}",
  },
  truncated: {
    en: "the filesystem has {filesystem} and the image only {size}",
    "zh-cn": "文件系统大小为 {filesystem}，而镜像只有 {size}",
  },
  reuse: { en: "used as it is: {size}, {content}", "zh-cn": "按原样使用：{size}，{content}" },
  reuseIgnored: {
    en: "used as it is: {size}, {content}; the declared {declared} MiB are ignored",
    "zh-cn": "按原样使用：{size}，{content}；声明的 {declared} MiB 被忽略",
  },
});

export interface Reading {
  readonly action: Extract<PlanAction, "reuse" | "blank" | "not-mount" | "unknown">;
  readonly text: Text;
  readonly rule: string | null;
}

/** What the guest makes of an image that is there: whether it finds the device and can mount what is on it. */
export function reading({ guest, volume }: Subject, image: ImageFacts): Reading {
  const found = containerFormat(image);
  if (found === null) return unknown(text.unreadable({ detail: detailOf(image) }));
  const accepted = acceptsFormat(guest, volume, found);
  if (accepted === null) return unknown(text.unknownField({ field: "imageType" }));
  if (!accepted)
    return failing(text.format({ found, expected: expectedFormat(guest, volume) ?? "raw" }), "image-format-differs");

  const bytes = virtualBytes(image);
  if (bytes === null) return unknown(text.unreadable({ detail: detailOf(image) }));
  const size = sizeWords(bytes);
  const mountPoint = known(volume.mountPoint);
  if (image.blank === true) {
    if (mountPoint === null) return { action: "blank", text: text.blankUnmounted({ size }), rule: null };
    return { action: "blank", text: text.blank({ size }), rule: "image-blank" };
  }
  const { filesystem } = image;
  const content = filesystem.state === "seen" ? filesystem.value.type : "?";
  const declared = known(volume.sizeMiB);
  const reuse: Reading =
    declared === undefined || declared * bytesPerMiB === bytes
      ? { action: "reuse", text: text.reuse({ size, content }), rule: null }
      : { action: "reuse", text: text.reuseIgnored({ size, content, declared }), rule: "size-differs-from-image" };
  if (mountPoint === null) return reuse;
  if (mountPoint === undefined) return unknown(text.unknownField({ field: "mountPoint" }));
  if (filesystem.state === "unreadable") return unknown(text.unreadable({ detail: detailOf(image) }));

  const fsType = known(volume.fsType);
  const label = known(volume.label);
  if (fsType === undefined) return unknown(text.unknownField({ field: "fsType" }));
  if (filesystem.state === "absent") {
    if (!isSupported(fsType)) return unknown(text.unreadable({ detail: fsType }));
    return failing(text.nothing({ declared: fsType }), "fstype-differs-from-image");
  }
  if (!mounts(fsType, filesystem.value.type)) {
    return failing(
      text.type({ found: filesystem.value.type, declared: printable(fsType) }),
      "fstype-differs-from-image",
    );
  }
  if (label === undefined) return unknown(text.unknownField({ field: "label" }));
  if (label !== null && label !== filesystem.value.label) {
    const shown = printable(label);
    const why =
      filesystem.value.label === null
        ? text.noLabel({ declared: shown })
        : text.label({ found: printable(filesystem.value.label), declared: shown });
    return failing(why, "label-differs-from-image");
  }
  const { sizeBytes, multipleDevices, type } = filesystem.value;
  if (sizeBytes !== null && sizeBytes > bytes && !multipleDevices && type !== "vfat") {
    return failing(text.truncated({ filesystem: sizeWords(sizeBytes), size }), "filesystem-larger-than-image");
  }
  return reuse;
}

function failing(why: Text, rule: string): Reading {
  return { action: "not-mount", text: why, rule };
}

function unknown(why: Text): Reading {
  return { action: "unknown", text: why, rule: null };
}

function detailOf(image: ImageFacts): string {
  if (image.container.state === "unreadable") return printable(image.container.detail);
  return image.filesystem.state === "unreadable" ? printable(image.filesystem.detail) : "";
}
