import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import type { HostFacts } from "../../disk/facts.ts";
import { isGuestDirectory } from "../../forecast/directories.ts";
import {
  cutsLabel,
  isSupported,
  labelBytes,
  labelLimit,
  minimumMiB,
  udevKeeps,
  vfatForbids,
} from "../../forecast/filesystems.ts";
import { directoryOf, microvmMay } from "../../forecast/observed.ts";
import { known, type Volume } from "../../microvm/model.ts";
import type { PlanAction } from "./shape.ts";

export const text = messages("plan.creation", {
  unknownField: { en: "the value of `{field}` is not known", "zh-cn": "`{field}` 的值未知" },
  unsupported: {
    en: 'microvm.nix cannot make a "{fsType}" filesystem: evaluation fails',
    "zh-cn": "microvm.nix 无法创建“{fsType}”文件系统：求值会失败",
  },
  noSize: { en: "`size` is missing: evaluation fails", "zh-cn": "缺少 `size`：求值会失败" },
  quote: {
    en: "a single quote in `{field}` breaks microvm.nix's start script",
    "zh-cn": "`{field}` 中的单引号会破坏 microvm.nix 的启动脚本",
  },
  noDirectory: { en: "the directory {directory} does not exist", "zh-cn": "目录 {directory} 不存在" },
  notDeployed: {
    en: "the guest was never deployed to this host, and what deploys it may make the directory {directory}",
    "zh-cn": "该虚拟机从未部署到此主机，部署时可能会创建目录 {directory}",
  },
  noPermission: {
    en: "the user microvm may not create files in {directory}",
    "zh-cn": "用户 microvm 无权在 {directory} 中创建文件",
  },
  noSpace: {
    en: "the host has {free} bytes left, too little for mkfs.{fsType}",
    "zh-cn": "主机仅剩 {free} 字节，不足以运行 mkfs.{fsType}",
  },
  tooSmall: {
    en: "mkfs.{fsType} needs at least {minimum} MiB and the configuration says {size} MiB: mkfs fails and leaves a blank image",
    "zh-cn": "mkfs.{fsType} 至少需要 {minimum} MiB，而配置为 {size} MiB：mkfs 会失败并留下空白镜像",
  },
  labelTooLong: {
    en: 'the label "{label}" has {bytes} bytes and {fsType} takes {limit}: mkfs fails and leaves a blank image',
    "zh-cn": "标签“{label}”有 {bytes} 字节，而 {fsType} 最多 {limit} 字节：mkfs 会失败并留下空白镜像",
  },
  labelForbidden: {
    en: 'the label "{label}" has characters that mkfs.vfat refuses: it fails and leaves a blank image',
    "zh-cn": "标签“{label}”含有 mkfs.vfat 拒绝的字符：它会失败并留下空白镜像",
  },
  labelCut: {
    en: 'mkfs.{fsType} cuts the label "{label}" after {limit} bytes, so /dev/disk/by-label/{label} never appears',
    "zh-cn": "mkfs.{fsType} 会把标签“{label}”截断为 {limit} 字节，因此 /dev/disk/by-label/{label} 不会出现",
  },
  labelEscaped: {
    en: 'udev writes the label "{label}" with escapes, so /dev/disk/by-label/{label} never appears',
    "zh-cn": "udev 会转义标签“{label}”中的字符，因此 /dev/disk/by-label/{label} 不会出现",
  },
  create: { en: "created with {size} MiB, {fsType}", "zh-cn": "将创建 {size} MiB 的 {fsType} 镜像" },
});

/** What comes of creating the image of a volume. */
export interface Outcome {
  readonly action: Extract<PlanAction, "create" | "fail-to-create" | "not-mount" | "unknown">;
  readonly text: Text;
  readonly rule: string | null;
  readonly leaves: "nothing" | "blank image" | null;
}

/**
 * Follows lib/volumes.nix of microvm.nix: `touch`, `chattr`, `truncate -s <size>M`, `mkfs.<fsType> -L <label>` under
 * `set -eou pipefail`, in the order in which its steps can fail. `path` is absolute on the host of `facts`. `deployed`: the
 * guest has a directory there; before that, what deploys it may make others as well.
 */
export function creationOutcome(volume: Volume, path: string, facts: HostFacts, deployed: boolean): Outcome {
  const fsType = known(volume.fsType);
  if (fsType === undefined) return undecided("fsType");
  if (!isSupported(fsType))
    return failure(text.unsupported({ fsType: printable(fsType) }), "fstype-unsupported", "nothing");
  if (volume.sizeMiB.state === "missing") return failure(text.noSize(), "required-option-missing", "nothing");

  const label = known(volume.label);
  if (label === undefined) return undecided("label");
  if (label?.includes("'")) return failure(text.quote({ field: "label" }), "unsafe-name", "nothing");
  if (path.includes("'")) return failure(text.quote({ field: "image" }), "unsafe-name", "nothing");

  const directory = directoryOf(path);
  const parent = facts.directories.get(directory);
  if (parent?.state === "absent" && !deployed) {
    // Its own directory is made by install-microvm-<guest> (nixos-modules/host/default.nix).
    if (!isGuestDirectory(directory, facts)) {
      const why = text.notDeployed({ directory: printable(directory) });
      return { action: "unknown", text: why, rule: null, leaves: null };
    }
  } else if (parent?.state === "absent") {
    return failure(text.noDirectory({ directory: printable(directory) }), "image-directory-missing", "nothing");
  }
  if (parent?.state === "seen" && microvmMay(facts, parent.value, 3) === false) {
    return failure(text.noPermission({ directory: printable(directory) }), "image-not-writable", "nothing");
  }

  const size = known(volume.sizeMiB);
  const mkfsExtraArgs = known(volume.mkfsExtraArgs);
  if (size === undefined) return undecided("size");
  if (size <= 0) return failure(text.tooSmall({ fsType, size, minimum: 1 }), "size-below-minimum", "blank image");
  if (mkfsExtraArgs === undefined) return undecided("mkfsExtraArgs");
  const minimum = minimumMiB(fsType, mkfsExtraArgs);
  if (minimum === null) return undecided("mkfsExtraArgs");
  if (size < minimum) return failure(text.tooSmall({ fsType, size, minimum }), "size-below-minimum", "blank image");

  if (label !== null) {
    const bytes = labelBytes(label);
    const limit = labelLimit[fsType];
    const shown = printable(label);
    if (bytes > limit && !cutsLabel(fsType)) {
      return failure(text.labelTooLong({ label: shown, bytes, limit, fsType }), "label-invalid", "blank image");
    }
    if (fsType === "vfat" && vfatForbids(label)) {
      return failure(text.labelForbidden({ label: shown }), "label-invalid", "blank image");
    }
    if (known(volume.mountPoint) !== null) {
      if (bytes > limit)
        return {
          action: "not-mount",
          text: text.labelCut({ label: shown, limit, fsType }),
          rule: "label-invalid",
          leaves: null,
        };
      if (!udevKeeps(label))
        return { action: "not-mount", text: text.labelEscaped({ label: shown }), rule: "label-invalid", leaves: null };
    }
  }
  if (facts.freeBytes.state === "seen" && facts.freeBytes.value === 0) {
    return failure(text.noSpace({ free: 0, fsType }), "host-overcommitted", "blank image");
  }
  return { action: "create", text: text.create({ size, fsType }), rule: null, leaves: null };
}

function failure(why: Text, rule: string, leaves: "nothing" | "blank image"): Outcome {
  return { action: "fail-to-create", text: why, rule, leaves };
}

function undecided(field: string): Outcome {
  return { action: "unknown", text: text.unknownField({ field }), rule: null, leaves: null };
}
