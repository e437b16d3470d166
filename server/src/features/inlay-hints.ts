import type { InlayHint, Range } from "vscode-languageserver";
import { messages, render, type Text } from "../base/text.ts";
import { roughSizeWords, sizeWords } from "../base/words.ts";
import type { ImageFacts } from "../disk/facts.ts";
import { outcomeWords } from "../forecast/words/outcome-words.ts";
import { outcomeOn } from "./next-start.ts";
import { guestBytes, usedPercent } from "./overview-data.ts";
import { fieldsIn, type VolumeUse } from "./session/locate.ts";
import type { Question } from "./session/session.ts";

const text = messages("inlay-hint", {
  one: { en: "{size} on disk", "zh-cn": "磁盘上为 {size}" },
  used: { en: "{size} on disk, {percent} % used", "zh-cn": "磁盘上为 {size}，已用 {percent}%" },
  blank: { en: "{size} on disk, blank", "zh-cn": "磁盘上为 {size}，空白" },
  next: { en: "{label}; next start: {outcome}", "zh-cn": "{label}；下次启动：{outcome}" },
  same: { en: "{count} images, {size} each on disk", "zh-cn": "{count} 个镜像，磁盘上各为 {size}" },
  between: {
    en: "{count} images, {smallest} to {largest} on disk",
    "zh-cn": "{count} 个镜像，磁盘上为 {smallest} 至 {largest}",
  },
});

/** The rule that judges what the hints tell: who turns it off wants to hear nothing about it. */
const rule = "size-differs-from-image";

/** What is on disk, at the end of each `size` in the range. */
export function inlayHints(question: Question, range: Range): InlayHint[] {
  const { session, snapshot, path } = question;
  const tree = snapshot.tree(path);
  if (!tree || !session.settings["inlayHints.enable"] || session.settings.rules[rule] === "off") return [];
  const from = tree.lines.offset(range.start);
  const to = tree.lines.offset(range.end);
  return fieldsIn(snapshot, path, "sizeMiB").flatMap(({ span, uses }): InlayHint[] => {
    if (span.end < from || span.start > to) return [];
    const label = hintLabel(question, uses);
    if (!label) return [];
    return [{ position: tree.lines.position(span.end), label: render(label, session.locale), paddingLeft: true }];
  });
}

function hintLabel({ snapshot }: Question, uses: readonly VolumeUse[]): Text | null {
  const there = uses.filter(({ guest, volume }) => snapshot.context.image(guest, volume) !== null);
  const images = there.flatMap(({ guest, volume }) => snapshot.context.image(guest, volume)?.seen ?? []);
  const [first] = images;
  const outcomes = there.map(({ guest, volume }) => outcomeOn(snapshot, guest, volume));
  const [outcome] = outcomes;
  if (!first) return null;
  const label = images.length === 1 ? oneLabel(first) : manyLabel(images);
  const isSaid = outcome == null || outcome === "reuse" || outcome === "blank" || outcome === "unknown";
  if (isSaid || outcomes.some((each) => each !== outcome)) return label;
  return text.next({ label, outcome: outcomeWords[outcome]() });
}

function manyLabel(images: readonly ImageFacts[]): Text {
  const sizes = images.map(guestBytes);
  const smallest = Math.min(...sizes);
  const largest = Math.max(...sizes);
  const count = images.length;
  if (smallest === largest) return text.same({ count, size: sizeWords(smallest) });
  return text.between({ count, smallest: roughSizeWords(smallest), largest: roughSizeWords(largest) });
}

function oneLabel(image: ImageFacts): Text {
  const size = sizeWords(guestBytes(image));
  if (image.blank === true) return text.blank({ size });
  const percent = usedPercent(image);
  return percent === null ? text.one({ size }) : text.used({ size, percent });
}
