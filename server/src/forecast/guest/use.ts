import type { ImageFacts } from "../../disk/facts.ts";
import { type Guest, known, type Volume } from "../../microvm/model.ts";
import { growsTo } from "../image/filesystems.ts";
import { fullness } from "../image/fullness.ts";
import { containerFormat, virtualBytes } from "../image/observed.ts";
import type { ImageState } from "../image/state.ts";
import { type Reason, reason } from "../reasons.ts";
import { mib } from "../words/reason-words.ts";
import type { VolumeOnDisk } from "../world.ts";
import { isLeftOut, type Mount, plain, settled } from "./mount.ts";

const step = "guest";

/** One volume when the start has come to the guest. */
export interface Use {
  readonly guest: Guest;
  readonly volume: Volume;
  readonly place: VolumeOnDisk;
  readonly mount: Mount | null;
  /** The image when the volume script looked, and after it. */
  readonly before: ImageState;
  readonly after: ImageState;
}

/**
 * mkfs leaves out a last block group or allocation group that would be too small, which is less than this: the difference
 * then means nothing.
 */
const slackBytes = mib(16);

/** What is done with the image if nothing fails: made, made anew, used, grown; and what is to be said of it beside. */
export function useOf(use: Use): readonly Reason[] {
  const { after, place } = use;
  if (after.is === "made") {
    // One of the volume script's own is told there.
    if (use.before.is !== "made") return [];
    const outcome = place.image.state === "seen" ? "recreate" : "create";
    return [reason("used", step, outcome, { bytes: after.bytes ?? 0, content: after.type })];
  }
  const isMounted = use.mount !== null && !isLeftOut(use.mount);
  if (after.is === "blank" && !isMounted) return [reason("blank-disk", step, "blank", { bytes: after.bytes ?? 0 })];
  if (after.is !== "seen") return [];
  return present(use, after);
}

function present(use: Use, state: Extract<ImageState, { readonly is: "seen" }>): readonly Reason[] {
  const { mount, volume } = use;
  const { image } = state;
  const was = virtualBytes(image);
  const bytes = state.bytes ?? was;
  if (bytes === null) return [];
  // The guest makes a filesystem in it.
  const isMounted = mount !== null && !isLeftOut(mount);
  const isEmpty = image.blank === true || image.filesystem.state === "absent";
  if (isEmpty && isMounted && settled(mount.autoFormat) === true) return [];
  if (image.blank === true && !isMounted) return [reason("blank-disk", step, "blank", { bytes })];
  const { filesystem } = image;
  const found = filesystem.state === "seen" ? filesystem.value : null;
  const reasons: Reason[] = [];
  const other = putInPlace(use, image);
  const size = found === null || found.multipleDevices ? null : found.sizeBytes;
  const format = containerFormat(image) ?? "raw";
  const grown =
    found !== null &&
    size !== null &&
    mount !== null &&
    settled(mount.autoResize) === true &&
    known(volume.readOnly) !== true &&
    growsTo(found.type, bytes) &&
    size < bytes;
  if (grown) reasons.push(reason("grown", step, "grow", { bytes, type: found.type }));
  else {
    const longer = was !== null && bytes > was;
    const outcome = other ?? (longer ? "grow" : "reuse");
    reasons.push(reason("used", step, outcome, { bytes, content: found?.type ?? "?" }));
    const maySmaller =
      mount === null || mount.autoResize.is === "known" || (found !== null && !growsTo(found.type, bytes));
    if (found !== null && size !== null && size > 0 && bytes - size >= slackBytes && maySmaller) {
      const facts = { path: use.place.path, filesystemBytes: size, imageBytes: bytes, type: found.type, format };
      reasons.push(reason("filesystem-smaller", step, null, facts));
    }
  }
  const isCutOff = size !== null && size > bytes;
  // What grows has room afterwards.
  if (found !== null && !grown) reasons.push(...fullness(volume, use.place.path, image, found));
  const declaredMiB = known(volume.sizeMiB);
  if (
    other === null &&
    declaredMiB !== undefined &&
    declaredMiB >= 1 &&
    mib(declaredMiB) !== bytes &&
    image.blank !== true &&
    !isCutOff
  ) {
    reasons.push(reason("size-ignored", step, null, { path: use.place.path, declaredMiB, imageBytes: bytes, format }));
  }
  const elsewhere = mountedElsewhere(use, found?.lastMounted ?? null);
  return elsewhere ? [...reasons, elsewhere] : reasons;
}

/** What is used is another file, which a script copied or linked there: the image is made by that. */
function putInPlace({ place }: Use, image: ImageFacts): "create" | "recreate" | null {
  const seen = place.image.state === "seen" ? place.image.value : null;
  if (seen && seen.device === image.device && seen.inode === image.inode) return null;
  return seen && seen.kind !== "unknown" ? "recreate" : "create";
}

/**
 * ext2/3/4 keep the path of the mount through which a file was first opened, which with an overlay is `/` and with a bind
 * mount its target (domain.md §4.1): it says something only where it is another volume's mount point, and nothing but that.
 */
function mountedElsewhere({ guest, volume, mount, place }: Use, last: string | null): Reason | null {
  if (mount === null || last === null || last === "/" || plain(last) === plain(mount.mountPoint)) return null;
  const other = guest.volumes.find((each) => each !== volume && plain(known(each.mountPoint) ?? "") === plain(last));
  if (!other) return null;
  return reason("mounted-elsewhere", step, null, { path: place.path, last, declared: mount.mountPoint, other });
}
