import { printable } from "../../base/printable.ts";
import { messages } from "../../base/text.ts";
import { bytesPerMiB, sizeWords } from "../../base/words.ts";
import { isGivable, isOperable, isRelabellable, isReplaceable, isTrimmable } from "../../disk/handling.ts";
import { settled } from "../../forecast/guest/mount.ts";
import { growsTo } from "../../forecast/image/filesystems.ts";
import { containerFormat } from "../../forecast/image/observed.ts";
import type { Fix, RuleContext } from "../frame/rule.ts";
import type { ImagePlace } from "../support/each-image.ts";
import type { Subject } from "../support/finding.ts";
import { fitted } from "./titles.ts";

export const text = messages("fix.operation", {
  grow: { en: 'Grow "{image}" to {size} now…', "zh-cn": "立即将“{image}”扩展到 {size}…" },
  lengthen: {
    en: 'Lengthen "{image}" to {size} now; {type} grows later…',
    "zh-cn": "立即将“{image}”加长到 {size}，随后由虚拟机扩展 {type}…",
  },
  growMounted: {
    en: 'Grow the {type} in "{image}" to {size} now…',
    "zh-cn": "立即将“{image}”中的 {type} 扩展到 {size}…",
  },
  moveAside: { en: 'Move "{image}" aside now (starts empty)…', "zh-cn": "立即移开“{image}”（从空卷开始）…" },
  relabel: {
    en: 'Give the filesystem the label "{label}" now…',
    "zh-cn": "立即为文件系统设置标签“{label}”…",
  },
  chown: { en: 'Give "{image}" to the user microvm now…', "zh-cn": "立即将“{image}”交给用户 microvm…" },
  convert: {
    en: 'Convert "{image}" from {format} to raw now…',
    "zh-cn": "立即将“{image}”由 {format} 转换为 raw…",
  },
  trim: { en: 'Give back what "{image}" does not use now…', "zh-cn": "立即归还“{image}”未使用的空间…" },
  adopt: { en: 'Move "{image}" to where it is declared now…', "zh-cn": "立即将“{image}”移动到声明的位置…" },
});

type Operation = Extract<Fix, { kind: "operation" }>;

/**
 * Lengthens the volume's image and the filesystem in it, to `bytes` rounded up to whole MiB. Offered only for what
 * `microvm-lens image grow` can do: a raw image with ext2/3/4, or with xfs or btrfs, which grow only while mounted.
 * `whole`: a file that is longer helps nothing as long as the filesystem in it is not grown.
 */
export function* growOperation(
  context: RuleContext,
  subject: Subject,
  bytes: number,
  { whole = false } = {},
): Iterable<Operation> {
  const image = context.image(subject.guest, subject.volume);
  if (!image || containerFormat(image.seen) !== "raw" || image.seen.filesystem.state !== "seen") return;
  const { type, multipleDevices } = image.seen.filesystem.value;
  // ext grows in a copy, which takes the image's place.
  if (!(type.startsWith("ext") ? isReplaceable : isOperable)(image.seen)) return;
  const mib = Math.ceil(bytes / bytesPerMiB);
  const { host } = image.facts;
  const title = (make: typeof text.grow) =>
    fitted(printable(image.path), (name) => make({ image: name, size: sizeWords(mib * bytesPerMiB), type }));
  const words = ["grow", image.path, "--size", `${mib}M`];
  if (type === "ext2" || type === "ext3" || type === "ext4") yield operation(host, "grow", title(text.grow), words);
  if ((type !== "xfs" && type !== "btrfs") || multipleDevices) return;
  if (whole && !growsTo(type, bytes)) return;
  const { sizeBytes } = image.seen.filesystem.value;
  const isLonger = mib * bytesPerMiB > image.seen.apparentBytes;
  // What was cut off gets its length back: nothing grows.
  if (sizeBytes !== null && bytes <= sizeBytes && isLonger) yield operation(host, "grow", title(text.grow), words);
  else if (isLonger && (!whole || growsItself(context, subject)))
    yield operation(host, "grow", title(text.lengthen), words);
  else yield operation(host, "grow", title(text.growMounted), [...words, "--mount"]);
}

/** The guest grows the filesystem when it mounts it. */
function growsItself(context: RuleContext, { guest, volume }: Subject): boolean {
  return context
    .forecasts(guest)
    .flatMap(({ volumes }) => volumes.filter((each) => each.volume === volume))
    .some(({ mount }) => mount !== null && settled(mount.autoResize) === true);
}

/** Renames an image, so that the next start makes a new one. */
export function moveAsideOperation({ path, host, image }: ImagePlace): Operation[] {
  if (!isOperable(image)) return [];
  const title = fitted(printable(path), (name) => text.moveAside({ image: name }));
  return [operation(host, "move-aside", title, ["move-aside", path])];
}

/** Gives the filesystem in a raw image another label; ext4 gets it in a copy. */
export function relabelOperation({ path, host, image }: ImagePlace, label: string): Operation[] {
  if (!isRelabellable(image, label)) return [];
  const title = fitted(printable(label), (name) => text.relabel({ label: name }));
  return [operation(host, "relabel", title, ["relabel", path, "--label", label])];
}

/** Gives an image to the user microvm. */
export function chownOperation({ path, host, image }: ImagePlace): Operation[] {
  if (!isGivable(image)) return [];
  const title = fitted(printable(path), (name) => text.chown({ image: name }));
  return [operation(host, "chown", title, ["chown", path])];
}

/** Makes a raw image of another container format that stands alone and is whole. */
export function convertOperation({ path, host, image }: ImagePlace, format: string): Operation[] {
  if (!isReplaceable(image) || image.container.state !== "seen") return [];
  const { backingFile, corrupt, dirty } = image.container.value;
  if (backingFile !== null || corrupt || dirty) return [];
  const title = fitted(printable(path), (name) => text.convert({ image: name, format }));
  return [operation(host, "convert", title, ["convert", path])];
}

/** Gives the host back what the filesystem of an image does not use: where its own tool can tell without mounting. */
export function trimOperation({ path, host, image }: ImagePlace): Operation[] {
  if (!isTrimmable(image)) return [];
  const title = fitted(printable(path), (name) => text.trim({ image: name }));
  return [operation(host, "trim", title, ["trim", path])];
}

/** Moves an image to where the configuration looks for it. */
export function adoptOperation(from: string, { path, host }: Pick<ImagePlace, "path" | "host">): Operation {
  const title = fitted(printable(from), (image) => text.adopt({ image }));
  return operation(host, "adopt", title, ["adopt", from, "--to", path]);
}

function operation(host: string, id: string, title: Operation["title"], words: readonly string[]): Operation {
  return { kind: "operation", host, id, title, destroys: null, command: ["image", ...words] };
}
