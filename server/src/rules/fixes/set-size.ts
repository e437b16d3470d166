import { messages } from "../../base/text.ts";
import type { Fix, RuleContext } from "../rule.ts";
import { eachVolume, type Subject } from "../support/finding.ts";
import { virtualBytes } from "../support/observed.ts";
import { bytesPerMiB } from "../support/words.ts";
import { setField } from "./set-field.ts";

export const text = messages("fix.set-size", {
  title: { en: "Set size to {size}, as on disk", "zh-cn": "将 size 设为 {size}，与磁盘一致" },
});

/** Makes the declaration say what is on disk. Only for a whole number of MiB: `size` cannot say anything else. */
export function setSize(context: RuleContext, subject: Subject, bytes: number): Fix[] {
  const size = bytes / bytesPerMiB;
  if (!Number.isInteger(size) || size < 1) return [];
  // Other volumes that take their size from there may follow if theirs is the same on disk, or if they have no image yet.
  const wanted = eachVolume(context).filter(({ guest, volume }) => {
    const image = context.image(guest, volume);
    return image !== null && virtualBytes(image.seen) === bytes;
  });
  const fix = setField(context, subject, {
    wanted,
    id: "set-size",
    title: text.title({ size }),
    attribute: "size",
    pick: (volume) => volume.sizeMiB,
    newText: String(size),
  });
  return fix ? [fix] : [];
}
