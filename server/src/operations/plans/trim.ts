import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { reclaimableBytes } from "../../disk/images/usage.ts";
import { own } from "../action.ts";
import {
  text as common,
  copyTo,
  freeName,
  isFree,
  likeTheImage,
  rawFilesystem,
  replaceBy,
  replacing,
  roomForCopy,
  sizeWords,
  untouchable,
  workingCopy,
} from "../common.ts";
import { done, type Outcome, refuse, type Step, type Target } from "../operation.ts";

const text = messages("operation.trim", {
  title: {
    en: "Give back what the {type} filesystem in {path} does not use",
    "zh-cn": "归还 {path} 中 {type} 文件系统未使用的空间",
  },
  titleBytes: {
    en: "Give back {bytes} that the {type} filesystem in {path} does not use",
    "zh-cn": "归还 {path} 中 {type} 文件系统未使用的 {bytes}",
  },
  nothing: {
    en: "{path} takes no more on the host than its filesystem uses",
    "zh-cn": "{path} 在主机上占用的空间不超过其文件系统所用",
  },
  cannot: {
    en: "{type} is trimmed in the guest: fstrim MOUNTPOINT, or services.fstrim.enable",
    "zh-cn": "{type} 在虚拟机中归还空间：fstrim 挂载点，或 services.fstrim.enable",
  },
  several: {
    en: "the filesystem lies on several devices: it is trimmed in the guest",
    "zh-cn": "该文件系统跨多个设备：请在虚拟机中归还空间",
  },
  unclean: {
    en: "the filesystem was not cleanly unmounted: start and stop the guest once, or repair it, first",
    "zh-cn": "文件系统未被正常卸载：请先启动并停止一次虚拟机，或修复它",
  },
  punch: {
    en: "check the filesystem in the copy, and make holes of the blocks that it calls free",
    "zh-cn": "检查副本中的文件系统，并将其标记为空闲的块变为空洞",
  },
  copyUsed: { en: "copy the blocks that the filesystem uses", "zh-cn": "复制文件系统正在使用的块" },
  check: { en: "check the result, changing nothing", "zh-cn": "检查结果，不作更改" },
  afterwards: {
    en: "the space is free when the old image goes: microvm-lens image delete-old {kept}",
    "zh-cn": "删除旧镜像后空间才会释放：microvm-lens image delete-old {kept}",
  },
});

/** Less than this is not worth a copy: a filesystem takes and gives as much by itself. */
const worthBytes = 1 << 20;

/**
 * Makes holes where a filesystem uses nothing, so that the host gets its blocks back, in a copy that takes the image's
 * place. Which blocks are free the filesystem's own tool says, after it has checked everything: e2fsck(8) `-E discard` makes
 * holes of them, xfs_copy(8) leaves them out. A filesystem that was not unmounted cleanly is refused: what is free stands in
 * its journal, too.
 */
export function planTrim(target: Target): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const filesystem = rawFilesystem(target);
  if ("kind" in filesystem) return filesystem;
  const { type } = filesystem;
  const fresh = workingCopy(target.path);
  const steps = stepsFor(type, target, fresh);
  if (steps === null) return refuse(text.cannot({ type }));
  if (filesystem.multipleDevices) return refuse(text.several());
  if (filesystem.state !== "clean") return refuse(text.unclean());
  const path = printable(target.path);
  const bytes = reclaimableBytes(target.image);
  if (bytes !== null && bytes < worthBytes) return done(text.nothing({ path }));
  const room = roomForCopy(target);
  if ("kind" in room) return room;
  const kept = freeName(target, "before-trim");
  return {
    kind: "plan",
    operation: "trim",
    title: bytes === null ? text.title({ type, path }) : text.titleBytes({ bytes: sizeWords(bytes), type, path }),
    ...room,
    checked: [isFree(target), ...room.checked],
    steps: [...steps, ...replaceBy(fresh, target, kept)],
    leaves: replacing(fresh, kept),
    destroys: null,
    undo: common.undoKept({ kept: printable(kept), path }),
    afterwards: text.afterwards({ kept: printable(kept) }),
    verify: (after) => sameLength(after, target),
  };
}

/** Null: there is no tool that tells what such a filesystem does not use without mounting it. */
function stepsFor(type: string, target: Target, fresh: string): readonly Step[] | null {
  switch (type) {
    case "ext2":
    case "ext3":
    case "ext4":
      return [
        ...copyTo(fresh, target),
        // Only where nothing had to be corrected: of a filesystem that was clean, 1 says that it was not.
        { does: text.punch(), argv: ["e2fsck", "-f", "-p", "-E", "discard", fresh] },
        { does: text.check(), argv: ["e2fsck", "-f", "-n", fresh] },
      ];
    case "xfs": {
      const { allocatedBytes } = target.image;
      return [
        own(common.discard(), { kind: "discard", path: fresh }),
        {
          does: text.copyUsed(),
          argv: ["xfs_copy", "-d", target.path, fresh],
          needsBytes: allocatedBytes,
          fills: { path: fresh, bytes: allocatedBytes },
        },
        likeTheImage(fresh, target),
        { does: text.check(), argv: ["xfs_repair", "-n", fresh] },
      ];
    }
    default:
      return null;
  }
}

function sameLength({ image }: Target, before: Target): Text | null {
  return image.apparentBytes === before.image.apparentBytes ? null : common.notAsWanted();
}
