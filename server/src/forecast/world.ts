import { attached } from "../base/attached.ts";
import type { HostFacts, ImageFacts, Observed } from "../disk/facts.ts";
import type { Guest, Volume } from "../microvm/model.ts";

/** One volume of one guest. */
export interface Subject {
  readonly guest: Guest;
  readonly volume: Volume;
  /** Where its image lies on the host that is spoken of, where it is of one. */
  readonly place?: VolumeOnDisk | null;
}

/** Where one volume may lie on one host, and what is there. */
export interface VolumeOnDisk {
  readonly facts: HostFacts;
  /** Absolute path, as the host would resolve it (domain.md §1.6). */
  readonly path: string;
  readonly image: Observed<ImageFacts>;
}

/** The volumes of one guest; the same objects as long as there is this guest. */
export function volumesOf(guest: Guest): readonly Subject[] {
  const before = subjectsOfGuest.get(guest);
  if (before) return before;
  const all = guest.volumes.map((volume) => ({ guest, volume }));
  subjectsOfGuest.set(guest, all);
  return all;
}

const subjectsOfGuest = attached<Guest, readonly Subject[]>();

/** What was seen of the places at which a guest's images lie or would lie. */
export interface Places {
  /** The probed hosts that may run the guest. */
  hostsOf(guest: Guest): readonly HostFacts[];
  /** Paths at which the image lies or would lie, per probed host that may run the guest. Several existing ones are all returned. Empty when nothing is known. */
  onDisk(guest: Guest, volume: Volume): readonly VolumeOnDisk[];
  /** The one place on disk where the image exists, or null when there is none, or more than one, or it is not readable. */
  image(guest: Guest, volume: Volume): (VolumeOnDisk & { readonly seen: ImageFacts }) | null;
}

/** All guests, and what was seen of them. */
export interface World extends Places {
  readonly declarations: { readonly guests: readonly Guest[] };
}
