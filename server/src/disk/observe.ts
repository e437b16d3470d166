import { posix } from "node:path";
import type { FileKind, GuestFacts, HostFacts, ImageFacts, Observed, ProbeRequest } from "./facts.ts";
import { guestFacts, unreadableGuest } from "./guests.ts";
import type { FileStat } from "./images/image.ts";
import { findHolders, type Holders } from "./in-use.ts";
import { findMicrovmUser } from "./local/accounts.ts";
import { lookAtImage, whileInUse } from "./look.ts";
import type { DirectoryEntry, Machine, Space } from "./machine.ts";
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
  // Takes long, but only waits; needed no sooner than the images.
  const holding = findHolders(machine);
  const listing = await machine.list(stateDir);
  const entries = listing.state === "seen" ? listing.value.filter(mayBeGuest) : [];
  await sortInTurns(machine, entries);
  const directories: GuestDirectory[] = [];
  const unreadable: GuestFacts[] = [];
  for (const { name } of entries) {
    if (options.signal?.aborted) break;
    const answer = readGuestDirectory(machine, stateDir, name);
    const guest = answer instanceof Promise ? await answer : answer;
    if (guest.state === "seen") directories.push(guest.value);
    else if (guest.state === "unreadable") unreadable.push(unreadableGuest(stateDir, name, guest));
    const pause = machine.breathe(answer instanceof Promise ? afterLongWork : 1);
    if (pause !== null) await pause;
  }
  const wanted = await wantedPaths(machine, request, directories);
  const holders = await holding;
  const images = await lookAtImages(machine, holders, wanted, options.signal);
  const guests: GuestFacts[] = [];
  for (const directory of directories) {
    const guest = guestFacts(directory, images, holders);
    if (guest !== null) guests.push(guest);
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  await machine.breathe(afterLongWork);
  dropUnwanted(images, request, directories, guests);
  await machine.breathe(afterLongWork);
  doubtImagesOf(guests.filter(isRunning), images);
  const space = await machine.space(stateDir);
  const owners = await lookAtDirectories(machine, request, directories, guests, images);
  return {
    host: options.host,
    stateDir,
    takenAtMs: options.nowMs,
    stateDirectory: stateDirectoryOf(listing),
    freeBytes: pick(space, "freeBytes"),
    totalBytes: pick(space, "totalBytes"),
    guests: unreadable.length === 0 ? guests : [...guests, ...unreadable].sort(byName),
    images,
    directories: owners,
    space: await spaceByDevice(machine, images),
    microvmUser: await findMicrovmUser(machine, stateDir, owners.get(stateDir)),
  };
}

/** Asks for a turn at once when it is time. */
const afterLongWork = Number.POSITIVE_INFINITY;
/** So many are sorted in a fraction of a millisecond. */
const sortedAtOnce = 512;

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** Sorts by name without holding the event loop: what is sorted in parts is soon sorted as a whole. */
async function sortInTurns(machine: Machine, entries: DirectoryEntry[]): Promise<void> {
  for (let part = sortedAtOnce; part < entries.length; part += sortedAtOnce) {
    const sorted = entries.slice(part - sortedAtOnce, part).sort(byName);
    for (const [i, entry] of sorted.entries()) entries[part - sortedAtOnce + i] = entry;
    await machine.breathe(afterLongWork);
  }
  entries.sort(byName);
}

async function lookAtImages(
  machine: Machine,
  holders: Holders,
  paths: ReadonlyMap<string, FileKind>,
  signal: AbortSignal | undefined,
): Promise<Map<string, Observed<ImageFacts>>> {
  const images = new Map<string, Observed<ImageFacts>>();
  for (const [path, listedAs] of paths) {
    if (signal?.aborted) {
      images.set(path, { state: "unreadable", reason: "timeout", detail: "the scan was stopped" });
      continue;
    }
    const image = lookAtImage(machine, holders, path, listedAs);
    images.set(path, image instanceof Promise ? await image : image);
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  return images;
}

/**
 * Everything asked for, every file that may be an image, and every image that a runner names; with what a listing said
 * that it is.
 */
async function wantedPaths(
  machine: Machine,
  request: ProbeRequest,
  guests: readonly GuestDirectory[],
): Promise<ReadonlyMap<string, FileKind>> {
  const paths = new Map<string, FileKind>();
  for (const path of request.paths) {
    paths.set(path, "unknown");
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  for (const guest of guests) {
    const { candidates, special } = guest;
    for (const path of candidates) paths.set(path, special.has(path) ? "unknown" : "regular");
    for (const path of guest.deployedPaths) if (!paths.has(path)) paths.set(path, "unknown");
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  return paths;
}

/** Candidates that turned out to be something else are not images. */
function dropUnwanted(
  images: Map<string, Observed<ImageFacts>>,
  request: ProbeRequest,
  directories: readonly GuestDirectory[],
  guests: readonly GuestFacts[],
): void {
  const unwanted: string[] = [];
  let at = 0;
  for (const directory of directories) {
    const guest = guests[at]?.directory === directory.directory ? guests[at++] : undefined;
    for (const path of directory.candidates) if (!guest?.images.includes(path)) unwanted.push(path);
    for (const path of directory.deployedPaths) if (!guest?.images.includes(path)) unwanted.push(path);
  }
  if (unwanted.length === 0) return;
  // Somebody else may have asked for it.
  const wanted = new Set(request.paths);
  for (const guest of guests) for (const path of guest.images) wanted.add(path);
  for (const path of unwanted) if (!wanted.has(path)) images.delete(path);
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

/**
 * Those asked for, the state directory, the guests' own and those that links lead into: who may write there decides who can make an image. The
 * guests' own were looked at when they were read.
 */
async function lookAtDirectories(
  machine: Machine,
  request: ProbeRequest,
  read: readonly GuestDirectory[],
  guests: readonly GuestFacts[],
  images: ReadonlyMap<string, Observed<ImageFacts>>,
): Promise<HostFacts["directories"]> {
  await machine.breathe(afterLongWork);
  const known = new Map<string, GuestDirectory["owner"]>();
  let at = 0;
  for (const { directory, owner } of read) {
    if (guests[at]?.directory !== directory) continue;
    known.set(directory, owner);
    at++;
  }
  const directories = new Map<string, Observed<{ uid: number; gid: number; mode: number }>>();
  for (const path of [...request.directories, request.stateDir, ...linkedDirectories(images)]) {
    if (directories.has(path)) continue;
    directories.set(path, known.get(path) ?? ownerOf(await machine.stat(path)));
    const pause = machine.breathe();
    if (pause !== null) await pause;
  }
  for (const [path, owner] of known) directories.set(path, owner);
  return directories;
}

/** Where links lead that lead nowhere: an image is made through them where the directory is there. */
function linkedDirectories(images: ReadonlyMap<string, Observed<ImageFacts>>): string[] {
  return [...images.values()].flatMap((image) => {
    if (image.state !== "seen" || image.value.linkKind !== "symlink" || image.value.kind !== "unknown") return [];
    const { realPath, path } = image.value;
    return realPath === path ? [] : [posix.dirname(realPath)];
  });
}

function ownerOf(stat: Observed<FileStat>): Observed<{ uid: number; gid: number; mode: number }> {
  if (stat.state !== "seen") return stat;
  if (stat.value.kind !== "directory") {
    return { state: "unreadable", reason: "malformed", detail: "it is not a directory" };
  }
  const { uid, gid, mode } = stat.value;
  return { state: "seen", value: { uid, gid, mode }, by: "stat" };
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
