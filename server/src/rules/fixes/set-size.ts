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
  const fix = setField(context, subject, {
    id: "set-size",
    title: text.title({ size }),
    attribute: "size",
    pick: (volume) => volume.sizeMiB,
    newText: String(size),
  });
  return fix && !spoilsOthers(context, subject, bytes) ? [fix] : [];
}

/** Whether another volume takes its size from the same place and has an image of another size, or none yet. */
function spoilsOthers(context: RuleContext, subject: Subject, bytes: number): boolean {
  const field = subject.volume.sizeMiB;
  if (field.state !== "set") return false;
  for (const { guest, volume } of eachVolume(context)) {
    const other = volume.sizeMiB;
    if (volume === subject.volume || other.state !== "set") continue;
    if (other.origin.at !== field.origin.at || other.at !== field.at) continue;
    const image = context.image(guest, volume);
    if (!image || virtualBytes(image.seen) !== bytes) return true;
  }
  return false;
}
