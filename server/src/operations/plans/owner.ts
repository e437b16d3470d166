import { dirname } from "node:path";
import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { text as common, isFree, untouchable } from "../common.ts";
import { nothingLeft, type Outcome, refuse, type Target } from "../operation.ts";

const text = messages("operation.owner", {
  title: {
    en: "Give {path} to the user microvm, who may then read and write it",
    "zh-cn": "将 {path} 的所有者改为用户 microvm，使其可以读写",
  },
  owner: { en: "owner and group as microvm.nix gives them", "zh-cn": "所有者和组与 microvm.nix 一致" },
  rights: { en: "let the owner read and write", "zh-cn": "允许所有者读写" },
  link: {
    en: "the name is a link; name the file itself if it is meant: {path}",
    "zh-cn": "该名称是链接；若确要更改文件本身，请直接指定：{path}",
  },
  undo: { en: "chown {uid}:{gid}, chmod {mode}", "zh-cn": "chown {uid}:{gid}，chmod {mode}" },
  folders: {
    en: "the folders above it have to let the user microvm through, too: {folder}",
    "zh-cn": "其上级文件夹也必须允许用户 microvm 访问：{folder}",
  },
});

/** Owner microvm:kvm, as microvm.nix's own service makes images (nixos-modules/host). */
export function planChown(target: Target): Outcome {
  const refusal = untouchable(target);
  if (refusal) return refusal;
  // Who may write the guest's folder could have put another file's name there; that file is not given away.
  if (target.viaLink) return refuse(text.link({ path: printable(target.path) }));
  if (target.image.links > 1) return refuse(common.hardLinks({ path: printable(target.path) }));
  const { uid, gid, mode } = target.image;
  return {
    kind: "plan",
    operation: "chown",
    leaves: nothingLeft,
    title: text.title({ path: printable(target.path) }),
    checked: [isFree(target)],
    steps: [
      { does: text.owner(), argv: ["chown", "--", "microvm:kvm", target.path] },
      { does: text.rights(), argv: ["chmod", "--", "u+rw", target.path] },
    ],
    destroys: null,
    undo: text.undo({ uid, gid, mode: mode.toString(8).padStart(4, "0") }),
    afterwards: text.folders({ folder: printable(dirname(target.path)) }),
    verify: () => null,
  };
}
