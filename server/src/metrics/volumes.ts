import { isOptional } from "../forecast/guest/guest-mount.ts";
import { virtualBytes } from "../forecast/image/observed.ts";
import { failures, type Outcome, type Verdict } from "../forecast/outcome.ts";
import { reasonOf } from "../forecast/reasons.ts";
import type { GuestForecast, VolumeForecast } from "../forecast/volume-forecast.ts";
import { known } from "../microvm/model.ts";

/** In what an image differs from what is declared. */
export const differences = ["size", "type", "label"] as const;
export type Difference = (typeof differences)[number];

/** The numbers of one declared volume; null: not known. Sizes in bytes. */
export interface VolumeNumbers {
  readonly guest: string;
  readonly image: string;
  /** Where the image lies, or would; null: not known. */
  readonly path: string | null;
  readonly mountPoint: string | null;
  readonly declaredBytes: number | null;
  /** What the guest sees as its disk; null also where there is no image. */
  readonly virtualBytes: number | null;
  /** What the image takes on the host. */
  readonly allocatedBytes: number | null;
  readonly filesystemBytes: number | null;
  readonly usedBytes: number | null;
  /** To everybody but root. */
  readonly availableBytes: number | null;
  readonly inodes: { readonly total: number; readonly free: number } | null;
  readonly differs: ReadonlySet<Difference>;
  readonly outcome: Outcome;
  /** The volume will not be there for the guest as it should be. */
  readonly broken: boolean;
}

export interface GuestNumbers {
  readonly guest: string;
  readonly verdict: Verdict;
  readonly volumes: readonly VolumeNumbers[];
}

/** The numbers of a guest on its host. */
export function numbersOf({ guest, verdict, volumes }: GuestForecast): GuestNumbers {
  return { guest: guest.name, verdict, volumes: volumes.map((each) => volumeNumbers(guest.name, each)) };
}

function volumeNumbers(guest: string, forecast: VolumeForecast): VolumeNumbers {
  const { volume, place, outcome, mount } = forecast;
  const image = place?.image.state === "seen" ? place.image.value : null;
  const filesystem = image?.filesystem.state === "seen" ? image.filesystem.value : null;
  const space = filesystem?.space.state === "seen" ? filesystem.space.value : null;
  const declaredMiB = known(volume.sizeMiB);
  const declaredBytes = declaredMiB === undefined ? null : declaredMiB * 1024 * 1024;
  const bytes = image && virtualBytes(image);
  const differs = new Set<Difference>();
  if (declaredBytes !== null && bytes !== null && bytes !== declaredBytes) differs.add("size");
  if (reasonOf(forecast.reasons, "other-type") || reasonOf(forecast.reasons, "no-filesystem")) differs.add("type");
  if (reasonOf(forecast.reasons, "other-label")) differs.add("label");
  return {
    guest,
    image: known(volume.image) ?? "",
    path: place?.path ?? null,
    mountPoint: known(volume.mountPoint) ?? null,
    declaredBytes,
    virtualBytes: bytes,
    allocatedBytes: image?.allocatedBytes ?? null,
    filesystemBytes: space?.totalBytes ?? filesystem?.sizeBytes ?? null,
    usedBytes: space && space.totalBytes - space.freeBytes,
    availableBytes: space?.availableBytes ?? null,
    inodes: space?.inodes ?? null,
    differs,
    outcome,
    broken: isBroken(forecast) && (mount === null || !isOptional(mount)),
  };
}

/** The volume will not be there for its guest as it should be. */
export function isBroken({ outcome, mount }: VolumeForecast): boolean {
  return failures.has(outcome) || outcome === "in-ram" || (outcome === "blank" && mount !== null);
}

/** Percent of a volume or of its inodes in use, the higher of both, as `df` counts; null: not known. */
export function fullPercent({ usedBytes, availableBytes, inodes }: VolumeNumbers): number | null {
  const parts = [
    usedBytes === null || availableBytes === null || usedBytes + availableBytes === 0
      ? null
      : usedBytes / (usedBytes + availableBytes),
    inodes === null || inodes.total === 0 ? null : (inodes.total - inodes.free) / inodes.total,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : Math.ceil(Math.max(...parts) * 100);
}
