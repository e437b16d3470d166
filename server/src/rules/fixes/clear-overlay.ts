import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { known } from "../../microvm/model.ts";
import { asUpstream } from "../../shell/quote.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { isPutAway, type Subject } from "../support/finding.ts";
import { imageWord } from "./image-word.ts";
import { nodeOf } from "./nodes.ts";
import { guestsOf, preStartPlace, runsPreStart, volumesBinding } from "./pre-start.ts";
import { titleFor } from "./titles.ts";

export const text = messages("fix.clear-overlay", {
  title: {
    en: "Clear the overlay at every start (its data is lost)",
    "zh-cn": "每次启动时清空覆盖层（其数据会丢失）",
  },
  manualTitle: {
    en: "Clear the store overlay at every start, by hand",
    "zh-cn": "手动设置：每次启动时清空 store 覆盖层",
  },
  vfkit: {
    en: "vfkit drops `microvm.preStart` (lib/runners/vfkit.nix), so nothing in the guest's configuration can do it: delete {image} before each start with a script of your own.",
    "zh-cn":
      "vfkit 会丢弃 `microvm.preStart`（lib/runners/vfkit.nix），因此虚拟机配置无法做到：请用自己的脚本在每次启动前删除 {image}。",
  },
  noPlace: {
    en: "The guest's module cannot be edited here. Add to `microvm.preStart`: {command}",
    "zh-cn": "此处无法编辑虚拟机的模块。请在 `microvm.preStart` 中加入：{command}",
  },
});

/** True when the volume is the upper layer of the guest's writable store, as far as known. */
export function isStoreOverlay({ guest, volume }: Subject): boolean {
  const overlay = known(guest.writableStoreOverlay);
  return overlay != null && known(volume.mountPoint) === overlay;
}

/**
 * Deletes the image of the store overlay in `preStart`, which runs before the volume script (lib/runner.nix), so that it
 * is made anew. Upstream advises this for the overlay (doc/src/shares.md); it is offered for no other volume.
 */
export function clearOverlay(context: RuleContext, subject: Subject): Fix[] {
  const { guest, volume } = subject;
  const image = known(volume.image);
  if (image === undefined || !isStoreOverlay(subject) || known(volume.autoCreate) !== true) return [];
  if (image.startsWith("/dev/") || isPutAway(context, subject)) return [];
  const runs = runsPreStart(guest);
  if (runs === null) return [];
  if (!runs) return [manual(text.vfkit({ image: printable(image) }))];

  const overlay = guest.writableStoreOverlay;
  const beside = [overlay.state === "set" ? nodeOf(overlay.at) : null, volumesBinding(volume)];
  const place = preStartPlace(context, subject, beside);
  const word = place ? imageWord(context, subject, place) : null;
  if (!place || word === null) {
    const plain = asUpstream(image);
    return plain === null
      ? []
      : [manual(text.noPlace({ command: `\${config.microvm.vmHostPackages.coreutils}/bin/rm -f -- ${plain}` }))];
  }
  const guests = guestsOf(context, place.module);
  return [
    {
      kind: "edit",
      id: "clear-overlay",
      title: titleFor(text.title(), guests),
      safety: "review",
      edits: place.add([
        "# The store overlay starts empty at every start: what was built or installed inside the guest is lost.",
        `\${${place.packages.expression}.coreutils}/bin/rm -f -- ${word}`,
      ]),
      guests,
    },
  ];
}

function manual(advice: ReturnType<typeof text.vfkit>): Fix {
  return { kind: "manual", id: "clear-overlay", title: text.manualTitle(), advice };
}
