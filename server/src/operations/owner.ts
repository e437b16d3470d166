import { dirname } from "node:path";
import { printable } from "../base/printable.ts";
import { messages } from "../base/text.ts";
import { text as common, untouchable } from "./common.ts";
import type { Outcome, Target } from "./operation.ts";

const text = messages("operation.owner", {
  title: {
    en: "Give {path} to the user microvm, who may then read and write it",
    "zh-cn": "将 {path} 的所有者改为用户 microvm，使其可以读写",
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
  const { uid, gid, mode } = target.image;
  return {
    kind: "plan",
    title: text.title({ path: printable(target.path) }),
    checked: [common.free()],
    steps: [
      { argv: ["chown", "--no-dereference", "--", "microvm:kvm", target.path] },
      { argv: ["chmod", "--", "u+rw", target.path] },
    ],
    destroys: null,
    undo: text.undo({ uid, gid, mode: mode.toString(8).padStart(4, "0") }),
    afterwards: text.folders({ folder: printable(dirname(target.path)) }),
    verify: () => null,
  };
}
