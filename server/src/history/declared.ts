import type { HostFacts, ImageFacts, Observed } from "../disk/facts.ts";
import { usageOf } from "../disk/images/usage.ts";
import type { VolumeOnDisk } from "../forecast/world.ts";
import type { Declarations, Guest, Volume } from "../microvm/model.ts";
import type { Sample } from "./samples.ts";

/** Where the volumes of the configuration lie, as the engine knows it. */
export interface Located {
  readonly declarations: Declarations;
  readonly hosts: readonly HostFacts[];
  onDisk(guest: Guest, volume: Volume): readonly VolumeOnDisk[];
}

/** What is to be remembered of the declared volumes of one host: of those whose numbers are known. Pure. */
export function samplesOn(facts: HostFacts, { declarations, onDisk }: Located): readonly Sample[] {
  const at = Math.floor(facts.takenAtMs / 1000);
  return declarations.guests.flatMap((guest) =>
    guest.volumes.flatMap((volume) =>
      onDisk(guest, volume).flatMap((place) => {
        return place.facts === facts ? (sampleOf(guest.name, place.path, place.image, at) ?? []) : [];
      }),
    ),
  );
}

/** Null: there is no image, or how full it is is not known. A count that may be an old one (FAT) is as good as none. */
export function sampleOf(guest: string, path: string, image: Observed<ImageFacts>, at: number): Sample | null {
  if (image.state !== "seen") return null;
  const filesystem = image.value.filesystem;
  const usage = filesystem.state === "seen" ? usageOf(filesystem.value) : null;
  if (usage === null || usage.asOf === "hint") return null;
  return {
    at,
    guest,
    image: path,
    usedBytes: usage.usedBytes,
    availableBytes: usage.availableBytes,
  };
}
