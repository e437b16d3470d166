import { printable } from "../base/printable.ts";
import { messages, type Text } from "../base/text.ts";
import { known } from "../microvm/model.ts";
import { driveLetters } from "./guest/letters.ts";
import { type Device, settled } from "./guest/mount.ts";
import { holdsOverlay } from "./guest/overlay.ts";
import { failures } from "./outcome.ts";
import type { Reason, ReasonKind } from "./reasons.ts";
import type { VolumeForecast } from "./volume-forecast.ts";
import { wordsOf } from "./words/reason-words.ts";

/** The way from a file of the host to a mount of the guest, in its order; the last two where the writable store lies on it. */
export const linkNames = ["file", "image", "device", "volume", "directories", "mount"] as const;
export type LinkName = (typeof linkNames)[number];

/** `broken`: here the way ends; `open`: what decides is not known; `unreached`: it ends before. */
export type LinkState = "whole" | "broken" | "open" | "unreached";

export interface Link {
  readonly name: LinkName;
  /** What it is for this volume: a path, a device, a mount point. Null where that is not known. */
  readonly what: string | null;
  readonly state: LinkState;
  /** What the forecast says of it. */
  readonly words: readonly Text[];
}

export const linkWords = messages("chain", {
  file: { en: "file", "zh-cn": "文件" },
  image: { en: "image", "zh-cn": "镜像" },
  device: { en: "device", "zh-cn": "设备" },
  volume: { en: "volume", "zh-cn": "卷" },
  directories: { en: "upper and work", "zh-cn": "upper 与 work" },
  mount: { en: "mount", "zh-cn": "挂载" },
  whole: { en: "whole", "zh-cn": "完好" },
  broken: { en: "broken", "zh-cn": "断开" },
  open: { en: "not known", "zh-cn": "未知" },
  unreached: { en: "not reached", "zh-cn": "未到达" },
});

/** Reasons of a kind are about one link; those that are not listed are about the image. */
const aboutOther: Readonly<Record<Exclude<LinkName, "image">, readonly ReasonKind[]>> = {
  file: [
    "fstype-unsupported",
    "option-missing",
    "not-resizable",
    "nix-refuses",
    "wrong-type",
    "definition",
    "undeclared-option",
    "refused",
    "removed",
    "cleared",
    "supplied",
    "replaced",
    "unread",
    "quote",
    "dash",
    "no-file-name",
    "directory-missing",
    "directory-unknown",
    "create-denied",
    "link-target-unknown",
    "image-missing",
    "made-by-deployment",
    "comma",
    "not-a-file",
    "not-permitted",
    "may-not-open",
    "directory-denied",
    "other-volume",
    "no-host",
    "several-places",
  ],
  device: [
    "dropped",
    "store-disk-first",
    "other-disk",
    "letter-moved",
    "label-empty",
    "label-escaped",
    "label-cut",
    "label-beyond",
    "label-twice",
    "label-of-store",
    "other-label",
    "overridden",
  ],
  volume: [
    "mount-conflict",
    "mount-point-taken",
    "below-read-only",
    "needs-recovery",
    "mounted-elsewhere",
    "nearly-full",
    "inodes-used-up",
    "guest-writes",
    "not-mounted",
  ],
  directories: ["overlay-read-only", "overlay-vfat", "overlay-no-inodes", "overlay-full", "overlay-in-ram"],
  mount: ["store-optimise", "overlay-share"],
};

const linkOf = new Map(
  Object.entries(aboutOther).flatMap(([link, kinds]) => kinds.map((kind) => [kind, link as LinkName] as const)),
);

/** The way of one volume, with what the forecast says of each link. Nothing is claimed of what lies behind a link that is not known. */
export function chainOf(forecast: VolumeForecast): readonly Link[] {
  const whats = whatsOf(forecast);
  const links: Link[] = [];
  let behind: LinkState = forecast.facts === null ? "open" : "whole";
  for (const name of linksOf(forecast)) {
    const own = forecast.reasons.filter(({ kind }) => (linkOf.get(kind) ?? "image") === name);
    const state: LinkState = behind === "unreached" ? behind : stateOf(own, behind);
    links.push({ name, what: whats[name], state, words: own.map((each) => wordsOf(each)) });
    behind = state === "broken" ? "unreached" : state;
  }
  return links;
}

/** The links that the way of a volume has: one that is not mounted ends at the device. */
function linksOf({ guest, volume, mount }: VolumeForecast): readonly LinkName[] {
  const mountPoint = mount?.mountPoint ?? known(volume.mountPoint) ?? null;
  const overlay = known(guest.writableStoreOverlay) ?? null;
  const carries = mountPoint !== null && overlay !== null && holdsOverlay(guest, mountPoint, overlay);
  return linkNames.filter((name) => {
    if (name === "volume") return mountPoint !== null;
    return carries || (name !== "directories" && name !== "mount");
  });
}

function stateOf(reasons: readonly Reason[], behind: "whole" | "open" | "broken"): LinkState {
  const ends = ({ kind, outcome }: Reason) =>
    outcome !== null && (failures.has(outcome) || outcome === "in-ram" || kind === "blank");
  if (reasons.some(ends)) return "broken";
  return reasons.some(({ outcome }) => outcome === "unknown") ? "open" : behind;
}

function whatsOf({ guest, volume, place, mount }: VolumeForecast): Readonly<Record<LinkName, string | null>> {
  const overlay = known(guest.writableStoreOverlay) ?? null;
  const { actual } = driveLetters(guest, volume);
  const attached = actual === null ? null : `/dev/vd${actual}`;
  const device = mount === null ? undefined : settled(mount.device);
  const file = place?.path ?? known(volume.image) ?? null;
  const mountPoint = mount?.mountPoint ?? known(volume.mountPoint) ?? null;
  return {
    file: file === null ? null : printable(file),
    image: null,
    device: device === undefined ? attached : (deviceWords(device) ?? attached),
    volume: mountPoint === null ? null : printable(mountPoint),
    directories: overlay === null ? null : printable(`${overlay}/store, ${overlay}/work`),
    mount: "/nix/store",
  };
}

function deviceWords(device: Device): string | null {
  if (device.by === "label") return printable(`/dev/disk/by-label/${device.label}`);
  if (device.by === "uuid") return printable(`/dev/disk/by-uuid/${device.uuid}`);
  if (device.by === "letter") return device.letter === null ? null : `/dev/vd${device.letter}`;
  return printable(device.device);
}
