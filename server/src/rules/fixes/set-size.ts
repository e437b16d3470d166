import { messages } from "../../base/text.ts";
import { bytesPerMiB } from "../../base/words.ts";
import { virtualBytes } from "../../forecast/image/observed.ts";
import { type Field, known } from "../../microvm/model.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import { eachVolume, imageOf, type Subject } from "../support/finding.ts";
import { byHand } from "./by-hand.ts";
import { nodeOf } from "./nodes.ts";
import { setField } from "./set-field.ts";

export const text = messages("fix.set-size", {
  title: { en: "Set size to {size}, as on disk", "zh-cn": "将 size 设为 {size}，与磁盘一致" },
});

/**
 * Makes the declaration say what is on disk. Only for a whole number of MiB: `size` cannot say anything else. Never made
 * in bulk where more is declared than there is, or where the image is damaged.
 */
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
    newText: likeBefore(subject.volume.sizeMiB, size),
    review: isMore(subject, bytes) || wanted.some((each) => isDamaged(context, each)),
  });
  return fix ? [fix] : byHand(context, "set-size", text.title({ size }), "size", subject.volume.sizeMiB);
}

/** More is declared than there is: somebody wanted to grow the volume, and this edit would take that wish back. */
function isMore({ volume }: Subject, bytes: number): boolean {
  return (known(volume.sizeMiB) ?? 0) * bytesPerMiB > bytes;
}

/** What is on disk is no measure where it is broken. */
function isDamaged(context: RuleContext, subject: Subject): boolean {
  const seen = imageOf(context, subject)?.seen;
  if (seen?.container.state === "seen" && seen.container.value.corrupt) return true;
  return seen?.filesystem.state === "seen" && seen.filesystem.value.state === "errors";
}

/** Whoever counts in GiB (`2 * 1024`) goes on to do so, as far as that gives the size. */
function likeBefore(field: Field<number>, size: number): string {
  const node = field.state === "set" ? nodeOf(field.origin.at) : null;
  if (node?.kind !== "binary" || node.operator !== "*" || size % 1024 !== 0) return String(size);
  const [first, second] = [node.left, node.right].map((each) => (each.kind === "integer" ? each.text : null));
  if (second === "1024" && first) return `${size / 1024} * 1024`;
  return first === "1024" && second ? `1024 * ${size / 1024}` : String(size);
}
