import { basename, dirname, join } from "node:path";
import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { isOperable } from "../../disk/handling.ts";
import { own } from "../action.ts";
import { text as common, isFree, sizeWords, unseenOwner, untouchable } from "../common.ts";
import { nothingLeft, type Outcome, refuse, type Target } from "../operation.ts";

const text = messages("operation.delete-old", {
  title: { en: "Delete the old image {path} ({size} on disk)", "zh-cn": "删除旧镜像 {path}（占用 {size}）" },
  notOld: {
    en: "{path} is not an old image that an operation kept: only those are deleted here (IMAGE.before-grow and the like)",
    "zh-cn": "{path} 不是操作所保留的旧镜像：此处只删除这类文件（如 IMAGE.before-grow）",
  },
  noNew: {
    en: "{path} holds no filesystem, so the old image may be the only copy: it stays",
    "zh-cn": "{path} 处没有含文件系统的镜像，旧镜像可能是唯一的一份：予以保留",
  },
  shorter: {
    en: "{path} is shorter than the old image: look at both before you delete one",
    "zh-cn": "{path} 比旧镜像短：舍弃任一之前请先检查两者",
  },
  stands: { en: "{path} has a {type} filesystem of its own", "zh-cn": "{path} 有自己的 {type} 文件系统" },
  destroys: { en: "the content of the old image", "zh-cn": "旧镜像的内容" },
  remove: { en: "delete the old image", "zh-cn": "删除旧镜像" },
  noUndo: { en: "none: what is deleted is gone", "zh-cn": "无：删除后无法恢复" },
});

/** Names that operations give to an image that another one takes the place of: `data.img.before-grow-2`, `data.img.qcow2`. */
const oldName = /^(.+)\.(?:before-(?:grow|relabel|restore|trim)|qcow2|vhd|vhdx)(?:-\d+)?$/s;

/** The image whose old content a file is by its name; null for every other file. */
export function imageOfOld(path: string): string | null {
  const image = oldName.exec(basename(path))?.[1];
  return image === undefined ? null : join(dirname(path), image);
}

/**
 * Deletes what an operation kept beside the image that took its place. Refused wherever that image is not there, holds no
 * filesystem that was seen, or is shorter: the old one may then be all there is. `image`: null where there is none;
 * `unseen`: the user wants it gone though it cannot be seen who holds it.
 */
export function planDeleteOld(target: Target, image: Target | null, unseen = false): Outcome {
  const shown = printable(target.path);
  const place = imageOfOld(target.path);
  if (place === null || target.viaLink) return refuse(text.notOld({ path: shown }));
  const refusal = untouchable(target);
  if (refusal) return refusal;
  const stop = unseenOwner(target.path, target.unseen, unseen);
  if (stop) return refuse(stop);
  const path = printable(place);
  const isThere = image !== null && image.path === place && !image.viaLink && isOperable(image.image);
  const isOther = image?.image.inode !== target.image.inode || image.image.device !== target.image.device;
  const filesystem = image?.image.filesystem;
  if (!isThere || !isOther || filesystem?.state !== "seen") return refuse(text.noNew({ path }));
  const [now, before] = [image.image, target.image].map(({ container, apparentBytes }) =>
    container.state === "seen" ? container.value.virtualBytes : apparentBytes,
  ) as [number, number];
  if (now < before) return refuse(text.shorter({ path }));
  return {
    kind: "plan",
    operation: "delete-old",
    leaves: nothingLeft,
    title: text.title({ path: shown, size: sizeWords(target.image.allocatedBytes) }),
    checked: [isFree(target), text.stands({ path, type: filesystem.value.type })],
    steps: [
      own(text.remove(), { kind: "deleteOld", path: target.path, image: place, seen: image.image }),
      own(common.syncNames(), { kind: "sync", paths: [dirname(target.path)] }),
    ],
    destroys: text.destroys(),
    undo: text.noUndo(),
    afterwards: null,
    // Asked only when something is there again under the old name.
    verify: () => common.notAsWanted(),
  };
}
