import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import {
  text as common,
  copyTo,
  freeName,
  isFree,
  likeTheImage,
  replaceBy,
  replacing,
  roomForCopy,
  untouchable,
  workingCopy,
} from "../common.ts";
import { type Outcome, refuse, type Target } from "../operation.ts";

const text = messages("operation.restore", {
  title: { en: "Put a copy of {from} in the place of {path}", "zh-cn": "将 {from} 的副本放到 {path} 的位置" },
  same: { en: "{from} is the image itself", "zh-cn": "{from} 就是该镜像本身" },
  compare: { en: "compare it with the backup, byte by byte", "zh-cn": "与备份逐字节比较" },
});

/** Puts a copy of a backup in the image's place. The image keeps its content under another name, and the backup stays. */
export function planRestore(target: Target, backup: Target): Outcome {
  const refusal = untouchable(target) ?? untouchable(backup);
  if (refusal) return refusal;
  const [path, from] = [printable(target.path), printable(backup.path)];
  const { device, inode, links, blank } = backup.image;
  if (device === target.image.device && inode === target.image.inode) return refuse(text.same({ from }));
  if (blank === true) return refuse(common.blank({ path: from }));
  // Two names of the image itself would be parted; those of the backup are no matter.
  if (target.image.links > 1) return refuse(common.hardLinks({ path }));
  const room = roomForCopy({ ...target, image: { ...backup.image, links: Math.min(links, 1) } });
  if ("kind" in room) return room;
  const work = workingCopy(target.path);
  const kept = freeName(target, "before-restore");
  return {
    kind: "plan",
    operation: "restore",
    title: text.title({ from, path }),
    ...room,
    checked: [isFree(target), ...room.checked],
    leaves: replacing(work, kept),
    steps: [
      ...copyTo(work, backup),
      { does: text.compare(), argv: ["cmp", "--", backup.path, work] },
      likeTheImage(work, target),
      ...replaceBy(work, target, kept),
    ],
    destroys: null,
    undo: common.undoKept({ kept: printable(kept), path }),
    afterwards: common.keeps({ path: printable(kept) }),
    verify: ({ image }) => (image.apparentBytes === backup.image.apparentBytes ? null : common.notAsWanted()),
  };
}
