import { dirname } from "node:path";
import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { own } from "../action.ts";
import { text as common, copyTo, freeName, isFree, roomForCopy, untouchable, workingCopy } from "../common.ts";
import { nothingLeft, type Outcome, refuse, type Step, type Target } from "../operation.ts";

const text = messages("operation.move", {
  aside: {
    en: "Move {path} aside; the next start of its guest makes a new, empty image",
    "zh-cn": "将 {path} 移开；其虚拟机下次启动时会创建新的空镜像",
  },
  adopt: { en: "Move {from} to {to}", "zh-cn": "将 {from} 移动到 {to}" },
  backUp: { en: "Copy {path} to {to}, holes kept", "zh-cn": "将 {path} 复制到 {to}，保留空洞" },
  compare: { en: "compare it byte by byte", "zh-cn": "逐字节比较" },
  newName: { en: "give it the new name, which must be free", "zh-cn": "赋予新名称（该名称必须未被占用）" },
  oldName: { en: "take the old name away; the file stays", "zh-cn": "去掉旧名称；文件保留" },
  again: {
    en: "{path} exists again: another program created it meanwhile",
    "zh-cn": "{path} 处又有了文件：其间有人创建了它",
  },
  undo: { en: "move {to} back to {from}", "zh-cn": "将 {to} 移回 {from}" },
  undoCopy: { en: "delete the copy", "zh-cn": "删除副本" },
  exists: { en: "{path} already exists", "zh-cn": "{path} 已经存在" },
  otherDevice: {
    en: "{to} lies on another filesystem: back the image up to there instead",
    "zh-cn": "{to} 位于另一个文件系统：请改为备份到那里",
  },
  noFolder: { en: "the folder {path} does not exist", "zh-cn": "文件夹 {path} 不存在" },
  owner: { en: "check that the user microvm may write it", "zh-cn": "请确认用户 microvm 可以写入它" },
});

/** What is known of the place that an image goes to. */
export interface Place {
  readonly path: string;
  readonly exists: boolean;
  /** Device of its folder; null: there is no folder. */
  readonly device: number | null;
}

/** Renames the image within its folder. Renaming is one act of the file system: there is no half of it. */
export function planMoveAside(target: Target): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const to = freeName(target, "aside");
  return {
    kind: "plan",
    operation: "move-aside",
    leaves: { ...nothingLeft, placed: to },
    title: text.aside({ path: printable(target.path) }),
    checked: [isFree(target)],
    steps: rename(target.path, to),
    destroys: null,
    undo: text.undo({ from: printable(target.path), to: printable(to) }),
    afterwards: common.keeps({ path: printable(to) }),
    // Asked only when something is there again under the old name.
    verify: () => text.again({ path: printable(target.path) }),
  };
}

/** Renames the image to where the configuration looks for it. */
export function planAdopt(target: Target, place: Place): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const [from, to] = [printable(target.path), printable(place.path)];
  if (place.exists) return refuse(text.exists({ path: to }));
  if (place.device === null) return refuse(text.noFolder({ path: printable(dirname(place.path)) }));
  if (place.device !== target.image.device) return refuse(text.otherDevice({ to }));
  return {
    kind: "plan",
    operation: "adopt",
    leaves: { ...nothingLeft, placed: place.path },
    title: text.adopt({ from, to }),
    checked: [isFree(target)],
    steps: rename(target.path, place.path),
    destroys: null,
    undo: text.undo({ from, to }),
    afterwards: text.owner(),
    // Asked only when something is there again under the old name.
    verify: () => text.again({ path: printable(target.path) }),
  };
}

/** Copies the image, sharing blocks where the file system can (FICLONE), else keeping the holes; the copy is compared. */
export function planBackUp(target: Target, place: Place | null): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const to = place?.path ?? freeName(target, "backup");
  if (place?.exists) return refuse(text.exists({ path: printable(to) }));
  if (place && place.device === null) return refuse(text.noFolder({ path: printable(dirname(to)) }));
  const beside = place === null || place.device === target.image.device;
  const room = beside ? roomForCopy({ ...target, image: { ...target.image, links: 1 } }) : { checked: [] as const };
  if ("kind" in room) return room;
  const fresh = workingCopy(to);
  return {
    kind: "plan",
    operation: "backup",
    leaves: { ...nothingLeft, work: fresh, placed: to },
    title: text.backUp({ path: printable(target.path), to: printable(to) }),
    ...room,
    checked: [isFree(target), ...room.checked],
    steps: [
      ...copyTo(fresh, target),
      { does: text.compare(), argv: ["cmp", "--", target.path, fresh] },
      own(common.sync(), { kind: "sync", paths: [fresh] }),
      ...rename(fresh, to),
    ],
    destroys: null,
    undo: text.undoCopy(),
    afterwards: null,
    verify: () => null,
  };
}

/**
 * A rename that neither writes over anything nor turns into a copy between file systems: the file has both names for a
 * moment.
 */
function rename(from: string, to: string): Step[] {
  return [
    own(text.newName(), { kind: "link", from, to }),
    own(common.syncNames(), { kind: "sync", paths: [dirname(to)] }),
    own(text.oldName(), { kind: "unlink", path: from, other: to }),
    own(common.syncNames(), { kind: "sync", paths: [dirname(from)] }),
  ];
}
