import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { own } from "../action.ts";
import {
  text as common,
  freeName,
  isFree,
  likeTheImage,
  replaceBy,
  replacing,
  roomForCopy,
  untouchable,
  workingCopy,
} from "../common.ts";
import { done, type Outcome, refuse, type Target } from "../operation.ts";

const text = messages("operation.convert", {
  title: { en: "Convert {path} from {format} to raw", "zh-cn": "将 {path} 从 {format} 转换为 raw" },
  convert: { en: "write its content as a raw image", "zh-cn": "将其内容写为 raw 镜像" },
  compare: { en: "compare the contents", "zh-cn": "比较内容" },
  nothing: { en: "{path} is already raw", "zh-cn": "{path} 已经是 raw 格式" },
  backing: {
    en: "the image has a backing file, {file}, which is not followed: convert it by hand",
    "zh-cn": "该镜像基于另一个文件 {file}，不会自动跟随：请手动转换",
  },
  damaged: { en: "the image is marked as damaged", "zh-cn": "镜像自身标记为已损坏" },
  disk: {
    en: "it holds a whole disk ({type}): microvm.nix mounts volumes as filesystems, so the guest cannot mount it",
    "zh-cn": "其中是整块磁盘（{type}）：microvm.nix 把卷作为文件系统挂载，因此虚拟机无法挂载它",
  },
});

/** Makes a raw image of a qcow2, VHD or VHDX one. The old file keeps its content under another name. */
export function planConvert(target: Target): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const { container, filesystem } = target.image;
  const path = printable(target.path);
  if (container.state !== "seen") {
    const detail = container.state === "unreadable" ? printable(container.detail) : "";
    return refuse(common.unreadable({ path, detail }));
  }
  const { format, backingFile, corrupt, dirty, virtualBytes } = container.value;
  if (format === "raw") return done(text.nothing({ path }));
  // An image from a guest or from the net may name any file of the host as its base.
  if (backingFile !== null) return refuse(text.backing({ file: printable(backingFile) }));
  if (corrupt || dirty) return refuse(text.damaged());
  const room = roomForCopy(target);
  if ("kind" in room) return room;
  const fresh = workingCopy(target.path);
  const kept = freeName(target, format);
  const source = format === "vhd" ? "vpc" : format;
  const type = filesystem.state === "seen" ? filesystem.value.type : null;
  return {
    kind: "plan",
    operation: "convert",
    leaves: replacing(fresh, kept),
    title: text.title({ path, format }),
    ...room,
    checked: [isFree(target), ...room.checked],
    steps: [
      own(common.discard(), { kind: "discard", path: fresh }),
      {
        does: text.convert(),
        argv: ["qemu-img", "convert", "-f", source, "-O", "raw", target.path, fresh],
        needsBytes: target.image.allocatedBytes,
        fills: { path: fresh, bytes: target.image.allocatedBytes },
      },
      { does: text.compare(), argv: ["qemu-img", "compare", "-f", source, "-F", "raw", target.path, fresh] },
      likeTheImage(fresh, target),
      ...replaceBy(fresh, target, kept),
    ],
    destroys: null,
    undo: common.undoKept({ kept: printable(kept), path }),
    afterwards: type === "gpt" || type === "mbr" ? text.disk({ type }) : common.keeps({ path: printable(kept) }),
    verify: ({ image }) => (image.apparentBytes === virtualBytes ? null : common.notAsWanted()),
  };
}
