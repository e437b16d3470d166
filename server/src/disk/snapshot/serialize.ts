import type { FilesystemFacts, GuestFacts, HostFacts, ImageFacts, Observed, SpaceFacts, Unreadable } from "../facts.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Problems = Record<string, { reason: Unreadable; detail: string }>;

/**
 * The facts of a host as `scan --json` prints them (docs/schemas/scan.schema.json): sizes in bytes, times of files in
 * milliseconds since 1970. Null means absent, unless `unreadable` says under the same key why it is not known.
 */
export function factsToJson(facts: HostFacts): { readonly [key: string]: Json } {
  const problems: Problems = {};
  const inGuests = new Set(facts.guests.flatMap((guest) => guest.images));
  return {
    schema: 2,
    host: facts.host,
    stateDir: facts.stateDir,
    takenAt: new Date(facts.takenAtMs).toISOString(),
    stateDirExists: plain(exists(facts.stateDirectory), "stateDirExists", problems),
    free: plain(facts.freeBytes, "free", problems),
    total: plain(facts.totalBytes, "total", problems),
    microvmUser: plain(facts.microvmUser, "microvmUser", problems),
    guests: facts.guests.map((guest) => guestToJson(guest, facts)),
    otherImages: [...facts.images]
      .filter(([path]) => !inGuests.has(path))
      .map(([path, image]) => imageToJson(path, image)),
    directories: [...facts.directories].map(([path, directory]) => directoryToJson(path, directory)),
    space: [...(facts.space ?? [])].map(([dev, space]) => ({ dev, free: space.freeBytes, total: space.totalBytes })),
    unreadable: problems,
  };
}

function guestToJson(guest: GuestFacts, facts: HostFacts): Json {
  const problems: Problems = {};
  return {
    name: guest.name,
    directory: guest.directory,
    current: plain(guest.current, "current", problems),
    booted: plain(guest.booted, "booted", problems),
    running: plain(guest.running, "running", problems),
    runningBy: guest.running.state === "seen" ? guest.running.by : null,
    managed: guest.managed,
    images: guest.images.map((path) => imageToJson(path, facts.images.get(path) ?? { state: "absent" })),
    deployed: plain<Json>(guest.deployed as Observed<Json>, "deployed", problems),
    unreadable: problems,
  };
}

function imageToJson(path: string, image: Observed<ImageFacts>): Json {
  const problems: Problems = {};
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (image.state !== "seen") {
    note(image, "image", problems);
    return { name, path, exists: image.state === "absent" ? false : null, ...emptyImage, unreadable: problems };
  }
  const { container, filesystem, inUse, ...file } = image.value;
  const inside = container.state === "seen" ? container.value : null;
  note(container, "format", problems);
  note(filesystem, "filesystem", problems);
  return {
    name,
    path,
    exists: true,
    realPath: file.realPath,
    linkKind: file.linkKind,
    kind: file.kind,
    dev: file.device,
    ino: file.inode,
    links: file.links,
    uid: file.uid,
    gid: file.gid,
    mode: file.mode,
    apparent: file.apparentBytes,
    allocated: file.allocatedBytes,
    mtime: file.modifiedMs,
    format: inside?.format ?? null,
    virtual: inside?.virtualBytes ?? null,
    backingFile: inside?.backingFile ?? null,
    dirty: inside?.dirty ?? null,
    corrupt: inside?.corrupt ?? null,
    blank: file.blank,
    inUse: inUse?.state === "seen" ? inUse.by : null,
    filesystem: filesystem.state === "seen" ? filesystemToJson(filesystem.value) : null,
    unreadable: problems,
  };
}

function filesystemToJson(facts: FilesystemFacts): Json {
  const problems: Problems = {};
  const space = plain<SpaceFacts & Json>(facts.space as Observed<SpaceFacts & Json>, "space", problems);
  return {
    type: facts.type,
    label: facts.label,
    uuid: facts.uuid,
    size: facts.sizeBytes,
    space: space && {
      total: space.totalBytes,
      free: space.freeBytes,
      available: space.availableBytes,
      inodes: space.inodes,
      asOf: space.asOf,
      behind: space.behindSeconds,
    },
    lastMounted: facts.lastMounted,
    state: facts.state,
    multipleDevices: facts.multipleDevices,
    created: facts.times?.createdMs ?? null,
    mounted: facts.times?.mountedMs ?? null,
    written: facts.times?.writtenMs ?? null,
    unreadable: problems,
  };
}

function directoryToJson(
  path: string,
  directory: HostFacts["directories"] extends ReadonlyMap<string, infer D> ? D : never,
): Json {
  const problems: Problems = {};
  const known = plain(directory, "directory", problems);
  return {
    path,
    exists: plain(exists(directory), "directory", problems),
    uid: known?.uid ?? null,
    gid: known?.gid ?? null,
    mode: known?.mode ?? null,
    unreadable: problems,
  };
}

function note(observed: Observed<unknown>, key: string, problems: Problems): void {
  if (observed.state === "unreadable") problems[key] = { reason: observed.reason, detail: observed.detail };
}

/** The value, or null with its reason among the problems. */
function plain<T extends Json>(observed: Observed<T>, key: string, problems: Problems): T | null {
  if (observed.state === "seen") return observed.value;
  note(observed, key, problems);
  return null;
}

function exists(observed: Observed<unknown>): Observed<boolean> {
  if (observed.state === "unreadable") return observed;
  return { state: "seen", value: observed.state === "seen", by: "" };
}

const emptyImage = {
  realPath: null,
  linkKind: null,
  kind: null,
  dev: null,
  ino: null,
  links: null,
  uid: null,
  gid: null,
  mode: null,
  apparent: null,
  allocated: null,
  mtime: null,
  format: null,
  virtual: null,
  backingFile: null,
  dirty: null,
  corrupt: null,
  blank: null,
  inUse: null,
  filesystem: null,
};
