import { attached } from "../../base/attached.ts";
import type { FilesystemFacts, ImageFacts } from "../../disk/facts.ts";
import { acceptsFormat } from "../../forecast/formats.ts";
import { containerFormat, virtualBytes } from "../../forecast/observed.ts";
import { known } from "../../microvm/model.ts";
import type { GuestContext, VolumeOnDisk } from "../rule.ts";
import type { Subject } from "./finding.ts";

/** An image that the guest gets to see as it is, with the numbers that rules compare. */
export interface UsableImage {
  readonly path: string;
  readonly facts: VolumeOnDisk["facts"];
  readonly seen: ImageFacts;
  readonly format: string;
  /** What the guest sees as its disk. */
  readonly bytes: number;
  /** What is in it, where that could be read. */
  readonly filesystem: FilesystemFacts | null;
}

/** A usable image with a filesystem in it. */
export type UsableFilesystem = UsableImage & { readonly filesystem: FilesystemFacts };

/**
 * The volume's image where there is exactly one, it could be read, the hypervisor takes it in its format, and it is still
 * there when the guest starts. Null otherwise: then nothing can be said about what is in it.
 */
export function usableImage(context: GuestContext, subject: Subject): UsableImage | null {
  const image = context.image(subject.guest, subject.volume);
  if (!image) return null;
  const before = cache.get(subject);
  if (before?.of === image) return before.usable;
  const usable = judged(subject, image);
  cache.set(subject, { of: image, usable });
  return usable;
}

type OnlyImage = NonNullable<ReturnType<GuestContext["image"]>>;

/** Several rules ask for the same volume, one after the other. */
const cache = attached<Subject, { readonly of: OnlyImage; readonly usable: UsableImage | null }>();

function judged({ guest, volume }: Subject, image: OnlyImage): UsableImage | null {
  if (volume.transient || mountsOther({ guest, volume })) return null;
  const format = containerFormat(image.seen);
  const bytes = virtualBytes(image.seen);
  if (format === null || bytes === null || acceptsFormat(guest, volume, format) !== true) return null;
  const filesystem = image.seen.filesystem.state === "seen" ? image.seen.filesystem.value : null;
  return { path: image.path, facts: image.facts, seen: image.seen, format, bytes, filesystem };
}

/**
 * The guest mounts another device at the volume's mount point than the volume itself (`fileSystems.<path>.device`), for
 * instance what it opens with LUKS: then what is in the image is no affair of the mount.
 */
export function mountsOther({ guest, volume }: Subject): boolean {
  const device = guest.fileSystems.get(known(volume.mountPoint) ?? "")?.device;
  return device !== undefined && device.state !== "missing";
}

/** An image with something in it is there on one of the hosts, or may be: mkfs is not run again. */
export function isMade(context: GuestContext, { guest, volume }: Subject): boolean {
  if (volume.transient) return false;
  return context
    .onDisk(guest, volume)
    .some(({ image }) => image.state === "unreadable" || (image.state === "seen" && image.value.blank !== true));
}

/** The same where a filesystem was seen in it. */
export function usableFilesystem(context: GuestContext, subject: Subject): UsableFilesystem | null {
  const image = usableImage(context, subject);
  return image !== null && hasFilesystem(image) ? image : null;
}

function hasFilesystem(image: UsableImage): image is UsableFilesystem {
  return image.filesystem !== null;
}

/** The filesystem's size by its own superblock; null when it has none, or spans several devices and cannot be compared. */
export function ownSize({ sizeBytes, multipleDevices }: FilesystemFacts): number | null {
  return multipleDevices ? null : sizeBytes;
}
