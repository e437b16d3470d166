import type { FilesystemFacts, ImageFacts } from "../../disk/facts.ts";
import { containerFormat, virtualBytes } from "../../forecast/image/observed.ts";
import type { VolumeForecast } from "../../forecast/volume-forecast.ts";
import type { GuestContext, VolumeOnDisk } from "../frame/rule.ts";
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

/** The image that the guest gets, where the start leaves what was seen, and the hypervisor attaches it. */
export function usableImage({ place, states, reasons }: VolumeForecast): UsableImage | null {
  if (!place || states.after?.is !== "seen" || reasons.some(({ kind }) => hidden.has(kind))) return null;
  const seen = states.after.image;
  const format = containerFormat(seen);
  const bytes = states.after.bytes ?? virtualBytes(seen);
  if (format === null || bytes === null) return null;
  const filesystem = seen.filesystem.state === "seen" ? seen.filesystem.value : null;
  return { path: place.path, facts: place.facts, seen, format, bytes, filesystem };
}

/** Reasons for which the guest does not see what is in the image, or mounts something else. */
const hidden: ReadonlySet<string> = new Set(["not-a-file", "format", "format-by-guess", "overridden"]);

/** The filesystem that the guest gets to see, on the host that is spoken of or the only one. */
export function usableFilesystem(context: GuestContext, { guest, volume, place }: Subject): UsableFilesystem | null {
  const found = context.forecasts(guest).flatMap(({ facts, volumes }) => {
    if (place && place.facts !== facts) return [];
    const own = volumes.find((each) => each.volume === volume);
    const image = own ? usableImage(own) : null;
    return image !== null && hasFilesystem(image) ? [image] : [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function hasFilesystem(image: UsableImage): image is UsableFilesystem {
  return image.filesystem !== null;
}
