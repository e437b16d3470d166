import { findMicrovmUser } from "./accounts.ts";
import type { GuestFacts, HostFacts, ImageFacts, Observed, ProbeRequest } from "./facts.ts";
import { deployedPaths, guestFacts, unreadableGuest } from "./guests.ts";
import { findHolders, type Holders } from "./in-use.ts";
import { lookAtImage, whileInUse } from "./look.ts";
import type { Machine, Space } from "./machine.ts";
import { type GuestDirectory, mayBeGuest, readGuestDirectory } from "./state-directory.ts";

/** What {@link observeMachine} needs to know beside the machine. */
export interface ObserveOptions {
  readonly host: string;
  readonly signal?: AbortSignal | undefined;
  readonly nowMs: number;
}

/** Gathers everything about one host. Never throws; what could not be had is said in the facts. */
export async function observeMachine(
  machine: Machine,
  request: ProbeRequest,
  options: ObserveOptions,
): Promise<HostFacts> {
  const { stateDir } = request;
  const listing = await machine.list(stateDir);
  const holders = await findHolders(machine);
  const directories: GuestDirectory[] = [];
  const unreadable: GuestFacts[] = [];
  for (const entry of listing.state === "seen" ? listing.value.filter(mayBeGuest) : []) {
    if (options.signal?.aborted) break;
    const guest = await readGuestDirectory(machine, stateDir, entry.name);
    if (guest.state === "seen") directories.push(guest.value);
    else if (guest.state === "unreadable") unreadable.push(unreadableGuest(stateDir, entry.name, guest));
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  const images = await lookAtImages(machine, holders, wantedPaths(request, directories), options.signal);
  directories.sort((a, b) => (a.name < b.name ? -1 : 1));
  const guests: GuestFacts[] = [];
  for (const directory of directories) {
    const guest = guestFacts(directory, images, holders);
    if (guest !== null) guests.push(guest);
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  dropUnwanted(images, request, guests);
  doubtImagesOf(guests.filter(isRunning), images);
  const space = await machine.space(stateDir);
  return {
    host: options.host,
    stateDir,
    takenAtMs: options.nowMs,
    stateDirectory: stateDirectoryOf(listing),
    freeBytes: pick(space, "freeBytes"),
    totalBytes: pick(space, "totalBytes"),
    guests: [...guests, ...unreadable].sort((a, b) => (a.name < b.name ? -1 : 1)),
    images,
    directories: await lookAtDirectories(machine, directoriesOf(request, guests)),
    space: await spaceByDevice(machine, images),
    microvmUser: await findMicrovmUser(machine),
  };
}

async function lookAtImages(
  machine: Machine,
  holders: Holders,
  paths: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, Observed<ImageFacts>>> {
  const images = new Map<string, Observed<ImageFacts>>();
  for (const path of paths) {
    if (signal?.aborted) {
      images.set(path, { state: "unreadable", reason: "timeout", detail: "the scan was stopped" });
      continue;
    }
    const image = lookAtImage(machine, holders, path);
    images.set(path, image instanceof Promise ? await image : image);
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  return images;
}

/** Everything asked for, every file that may be an image, and every image that a runner names. */
function wantedPaths(request: ProbeRequest, guests: readonly GuestDirectory[]): ReadonlySet<string> {
  const paths = new Set(request.paths);
  for (const guest of guests) {
    for (const path of guest.candidates) paths.add(path);
    for (const path of deployedPaths(guest)) paths.add(path);
  }
  return paths;
}

/** Candidates that turned out to be something else are not images. */
function dropUnwanted(
  images: Map<string, Observed<ImageFacts>>,
  request: ProbeRequest,
  guests: readonly GuestFacts[],
): void {
  const wanted = new Set(request.paths);
  for (const guest of guests) for (const path of guest.images) wanted.add(path);
  for (const path of images.keys()) if (!wanted.has(path)) images.delete(path);
}

function isRunning({ running }: GuestFacts): boolean {
  return running.state === "seen" && running.value;
}

/** A running guest has its volumes mounted, whether or not a lock shows it. */
function doubtImagesOf(guests: readonly GuestFacts[], images: Map<string, Observed<ImageFacts>>): void {
  for (const path of guests.flatMap((guest) => guest.images)) {
    const image = images.get(path);
    if (image?.state === "seen") images.set(path, { ...image, value: { ...image.value, ...whileInUse(image.value) } });
  }
}

function stateDirectoryOf(listing: Observed<unknown>): Observed<true> {
  if (listing.state === "seen") return { state: "seen", value: true, by: listing.by };
  return listing;
}

function pick(space: Observed<Space>, key: keyof Space): Observed<number> {
  return space.state === "seen" ? { state: "seen", value: space.value[key], by: space.by } : space;
}

/** Those asked for, the state directory and the guests' own: who may write there decides who can make an image. */
function directoriesOf(request: ProbeRequest, guests: readonly GuestFacts[]): ReadonlySet<string> {
  return new Set([...request.directories, request.stateDir, ...guests.map((guest) => guest.directory)]);
}

async function lookAtDirectories(machine: Machine, paths: Iterable<string>): Promise<HostFacts["directories"]> {
  const directories = new Map<string, Observed<{ uid: number; gid: number; mode: number }>>();
  for (const path of paths) {
    const answer = machine.stat(path);
    const stat = answer instanceof Promise ? await answer : answer;
    if (stat.state !== "seen") directories.set(path, stat);
    else if (stat.value.kind === "directory") {
      const { uid, gid, mode } = stat.value;
      directories.set(path, { state: "seen", value: { uid, gid, mode }, by: "stat" });
    } else {
      directories.set(path, { state: "unreadable", reason: "malformed", detail: "it is not a directory" });
    }
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  return directories;
}

/** One statfs for each filesystem that holds an image. */
async function spaceByDevice(
  machine: Machine,
  images: ReadonlyMap<string, Observed<ImageFacts>>,
): Promise<ReadonlyMap<number, Space>> {
  const byDevice = new Map<number, Space>();
  for (const image of images.values()) {
    if (image.state !== "seen" || image.value.kind !== "regular" || byDevice.has(image.value.device)) continue;
    const space = await machine.space(image.value.realPath);
    if (space.state === "seen") byDevice.set(image.value.device, space.value);
  }
  return byDevice;
}
