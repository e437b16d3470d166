import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { isUnclean, labelLimits, plainLabel } from "../../disk/handling.ts";
import { own } from "../action.ts";
import {
  text as common,
  copyTo,
  freeName,
  isFree,
  rawFilesystem,
  replaceBy,
  replacing,
  roomForCopy,
  untouchable,
  workingCopy,
} from "../common.ts";
import { done, nothingLeft, type Outcome, refuse, type Step, type Target } from "../operation.ts";

const text = messages("operation.relabel", {
  title: {
    en: 'Give the {type} filesystem in {path} the label "{label}"',
    "zh-cn": "为 {path} 中的 {type} 文件系统设置标签“{label}”",
  },
  write: { en: "write the label into the superblock", "zh-cn": "将标签写入超级块" },
  nothing: { en: 'the label is already "{label}"', "zh-cn": "标签已经是“{label}”" },
  tooLong: {
    en: 'the label "{label}" has {bytes} bytes, and {type} takes {limit}',
    "zh-cn": "标签“{label}”有 {bytes} 字节，而 {type} 最多 {limit} 字节",
  },
  cannot: { en: "labelling {type} is not supported", "zh-cn": "不知道如何为 {type} 设置标签" },
  unclean: {
    en: "the filesystem was not cleanly unmounted: start and stop the guest once, or repair it, first",
    "zh-cn": "文件系统未被正常卸载：请先启动并停止一次虚拟机，或修复它",
  },
  unsafe: {
    en: 'the label "{label}" cannot work: /dev/disk/by-label takes only letters, digits and #+-.:=@_ as they are',
    "zh-cn": "标签“{label}”无法使用：/dev/disk/by-label 只原样保留字母、数字和 #+-.:=@_",
  },
  undo: { en: 'relabel it to "{before}"', "zh-cn": "将标签改回“{before}”" },
});

/**
 * Writes the label into the superblock, with the filesystem's own tool; nothing else changes. For ext4 this is done in a
 * copy: tune2fs(8) writes the label and the checksum of the superblock one after the other, and between the two no tool
 * reads the filesystem any more.
 */
export function planRelabel(target: Target, label: string): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const filesystem = rawFilesystem(target);
  if ("kind" in filesystem) return filesystem;
  const { type } = filesystem;
  const limit = labelLimits.get(type);
  const shown = printable(label);
  if (limit === undefined) return refuse(text.cannot({ type }));
  const bytes = new TextEncoder().encode(label).length;
  if (bytes > limit) return refuse(text.tooLong({ label: shown, bytes, type, limit }));
  if (!plainLabel.test(label)) return refuse(text.unsafe({ label: shown }));
  if (filesystem.label === label) return done(text.nothing({ label: shown }));
  if (isUnclean(filesystem)) return refuse(text.unclean());
  const path = printable(target.path);
  const plan = {
    kind: "plan",
    operation: "relabel",
    title: text.title({ type, path, label: shown }),
    destroys: null,
    verify: ({ image }: Target) =>
      image.filesystem.state === "seen" && image.filesystem.value.label === label ? null : common.notAsWanted(),
  } as const;
  if (type !== "ext4") {
    const write: Step = { does: text.write(), argv: argvOf(type, target.path, label), writesImage: true };
    return {
      ...plan,
      leaves: nothingLeft,
      checked: [isFree(target)],
      steps: [write, own(common.sync(), { kind: "sync", paths: [target.path] })],
      undo: text.undo({ before: printable(filesystem.label ?? "") }),
      afterwards: null,
    };
  }
  const room = roomForCopy(target);
  if ("kind" in room) return room;
  const fresh = workingCopy(target.path);
  const kept = freeName(target, "before-relabel");
  return {
    ...plan,
    leaves: replacing(fresh, kept),
    ...room,
    checked: [isFree(target), ...room.checked],
    steps: [
      ...copyTo(fresh, target),
      { does: text.write(), argv: argvOf(type, fresh, label) },
      ...replaceBy(fresh, target, kept),
    ],
    undo: common.undoKept({ kept: printable(kept), path }),
    afterwards: common.keeps({ path: printable(kept) }),
  };
}

function argvOf(type: string, path: string, label: string): Step["argv"] {
  switch (type) {
    case "xfs":
      // xfs_admin(8) is a script that hands its arguments to `eval`; this is the program that it would run.
      return ["xfs_db", "-x", "-p", "xfs_admin", "-c", `label ${label}`, path];
    case "btrfs":
      return ["btrfs", "filesystem", "label", path, label];
    case "vfat":
      return ["fatlabel", path, label];
    default:
      return ["tune2fs", "-L", label, path];
  }
}
