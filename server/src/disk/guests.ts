import type { GuestFacts, ImageFacts, Observed } from "./facts.ts";
import type { Holders } from "./in-use.ts";
import { type GuestDirectory, imagePath, looksLikeImage } from "./state-directory.ts";

type Images = ReadonlyMap<string, Observed<ImageFacts>>;

/**
 * What is known of one guest once its images were looked at; null for a folder that is no guest. While nothing has
 * changed, these are the very facts of the last time.
 */
export function guestFacts(guest: GuestDirectory, images: Images, holders: Holders): GuestFacts | null {
  const units = holders.units === null ? null : holders.units.has(guest.name) ? "own" : holders.units.size > 0;
  const last = remembered.get(guest);
  if (last !== undefined && last.units === units && isSame(guest, images, last.images)) return last.facts;
  const facts = gather(guest, images, holders);
  const seen = [...guest.candidates, ...guest.deployedPaths].map((path) => images.get(path));
  remembered.set(guest, { units, images: seen, facts });
  return facts;
}

interface Remembered {
  readonly units: "own" | boolean | null;
  readonly images: readonly (Observed<ImageFacts> | undefined)[];
  readonly facts: GuestFacts | null;
}

/** By the directory, which is the same object while it has not changed. */
const remembered = new WeakMap<GuestDirectory, Remembered>();

function isSame({ candidates, deployedPaths }: GuestDirectory, images: Images, last: Remembered["images"]): boolean {
  let at = 0;
  for (const path of candidates) if (images.get(path) !== last[at++]) return false;
  for (const path of deployedPaths) if (images.get(path) !== last[at++]) return false;
  return true;
}

function gather(guest: GuestDirectory, images: Images, holders: Holders): GuestFacts | null {
  const deployed = guest.deployedPaths;
  const own = guest.candidates.filter((path) => deployed.includes(path) || isImage(path, images.get(path)));
  const elsewhere = deployed.filter((path) => !own.includes(path) && images.get(path)?.state === "seen");
  // A folder that only happens to lie in the state directory is no guest.
  if (!guest.marked && own.length === 0) return null;
  const { name, directory, current, booted, managed } = guest;
  const running = runningOf(guest, [...own, ...elsewhere], images, holders);
  return {
    name,
    directory,
    current,
    booted,
    managed,
    running,
    images: [...own, ...elsewhere],
    deployed: guest.deployed,
  };
}

/** Names of copies that an operation is making end like this; nothing else is ever removed by one. */
export const workSuffix = ".microvm-lens-new";

/** True for what counts as an image among the files of a guest's directory. A copy in the making is none yet. */
export function isImage(path: string, image: Observed<ImageFacts> | undefined): boolean {
  if (image === undefined || image.state === "absent" || path.endsWith(workSuffix)) return false;
  if (image.state === "unreadable") return looksLikeImage(path, "unknown", false);
  const { kind, container, filesystem } = image.value;
  if (kind !== "regular" && kind !== "block-device") return kind === "unknown" && looksLikeImage(path, kind, false);
  const special = container.state === "seen" && container.value.format !== "raw";
  return looksLikeImage(path, kind, special || filesystem.state === "seen");
}

/** The evidence, strongest first. `booted` alone may be left over from a host that lost power. */
function runningOf(
  guest: GuestDirectory,
  paths: readonly string[],
  images: Images,
  holders: Holders,
): Observed<boolean> {
  if (holders.units?.has(guest.name)) return { state: "seen", value: true, by: `unit microvm@${guest.name}.service` };
  for (const path of paths) {
    const image = images.get(path);
    const held = image?.state === "seen" ? image.value.inUse : undefined;
    if (held?.state === "seen" && !held.by.startsWith("loop")) return { state: "seen", value: true, by: held.by };
  }
  if (guest.booted.state === "unreadable") return guest.booted;
  const unitsKnown = holders.units !== null && holders.units.size > 0;
  if (guest.booted.state === "seen" && !unitsKnown) return { state: "seen", value: true, by: "the link booted" };
  if (guest.booted.state === "seen") {
    return { state: "seen", value: false, by: "no running unit; the link booted is left over" };
  }
  return { state: "seen", value: false, by: "no link booted, no lock on its images" };
}

/** A directory that may be a guest's but cannot be read. */
export function unreadableGuest(
  stateDir: string,
  name: string,
  why: Extract<Observed<never>, { state: "unreadable" }>,
): GuestFacts {
  const directory = imagePath(stateDir, name);
  return { name, directory, current: why, booted: why, managed: "unknown", running: why, images: [], deployed: why };
}
