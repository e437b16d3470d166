import type {
  ContainerFormat,
  ContentType,
  DeployedVolume,
  FileKind,
  FilesystemFacts,
  GuestFacts,
  HostFacts,
  ImageFacts,
  Observed,
  Probe,
  ProbeRequest,
  Unreadable,
} from "../../server/src/disk/facts.ts";

/** What the user `microvm` and the group `kvm` are on a fake host. */
export const microvmUid = 990;
export const kvmGid = 302;

/** One host of a fixture's `#- disk` section. */
export interface FakeHost {
  readonly name: string;
  readonly probe: Probe;
}

/**
 * The hosts that the lines describe; see test/fixtures/README.md for the grammar. Without a `host` line there is one,
 * called `localhost`, with the state directory /var/lib/microvms.
 */
export function fakeHosts(lines: readonly string[]): FakeHost[] {
  const hosts: { name: string; header: readonly string[]; lines: string[] }[] = [];
  for (const line of lines) {
    const words = line.split(/\s+/);
    if (words[0] === "host") hosts.push({ name: words[1] ?? "localhost", header: words.slice(2), lines: [] });
    else {
      if (hosts.length === 0) hosts.push({ name: "localhost", header: [], lines: [] });
      (hosts.at(-1) as (typeof hosts)[number]).lines.push(line);
    }
  }
  if (hosts.length === 0) hosts.push({ name: "localhost", header: [], lines: [] });
  return hosts.map(({ name, header, lines: own }) => ({
    name,
    probe: { host: name, observe: async (request) => facts(name, header, own, request) },
  }));
}

function facts(host: string, header: readonly string[], lines: readonly string[], request: ProbeRequest): HostFacts {
  const options = new Map(header.map((word) => word.split("=") as [string, string]));
  const images = new Map<string, Observed<ImageFacts>>();
  const directories = new Map<string, HostFacts["directories"] extends ReadonlyMap<string, infer T> ? T : never>();
  const guests = new Map<string, GuestDraft>();
  const { stateDir } = request;
  let inode = 1000;
  const noteDirectory = (path: string) => {
    for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      if (!directories.has(at)) directories.set(at, seen({ uid: microvmUid, gid: kvmGid, mode: 0o775 }));
    }
  };
  noteDirectory(stateDir);
  for (const line of lines) {
    const [written = "", ...words] = line.split(/\s+/);
    const path = written.replace(/\\x([0-9a-f]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    const isDirectory = path.endsWith("/");
    const clean = isDirectory ? path.slice(0, -1) : path;
    const guestName = guestOf(clean, stateDir, isDirectory);
    const guest = guestName === null ? null : draft(guests, guestName, stateDir);
    if (isDirectory) {
      noteDirectory(clean);
      describeDirectory(clean, words, guest, directories);
      continue;
    }
    noteDirectory(clean.slice(0, clean.lastIndexOf("/")));
    inode++;
    images.set(clean, image(clean, words, inode));
    guest?.images.push(clean);
  }
  for (const path of request.paths) {
    if (!images.has(path)) images.set(path, { state: "absent" });
  }
  for (const path of request.directories) {
    if (!directories.has(path)) directories.set(path, { state: "absent" });
  }
  const free = options.get("free");
  const total = options.get("total");
  return {
    host,
    stateDir,
    takenAtMs: 0,
    stateDirectory: header.includes("absent") ? { state: "absent" } : seen(true as const),
    freeBytes:
      free === undefined ? { state: "unreadable", reason: "unsupported", detail: "not told" } : seen(bytes(free)),
    totalBytes:
      total === undefined ? { state: "unreadable", reason: "unsupported", detail: "not told" } : seen(bytes(total)),
    guests: [...guests.values()].map(finished),
    images,
    directories,
    microvmUser: options.get("user") === "unknown" ? { state: "absent" } : seen({ uid: microvmUid, gid: kvmGid }),
  };
}

interface GuestDraft {
  readonly name: string;
  readonly directory: string;
  readonly images: string[];
  readonly deployed: DeployedVolume[];
  readonly words: string[];
}

function guestOf(path: string, stateDir: string, isDirectory: boolean): string | null {
  if (!path.startsWith(`${stateDir}/`)) return null;
  const parts = path.slice(stateDir.length + 1).split("/");
  return parts.length >= 2 || isDirectory ? (parts[0] as string) : null;
}

function draft(guests: Map<string, GuestDraft>, name: string, stateDir: string): GuestDraft {
  const before = guests.get(name);
  if (before) return before;
  const made: GuestDraft = { name, directory: `${stateDir}/${name}`, images: [], deployed: [], words: [] };
  guests.set(name, made);
  return made;
}

function finished({ name, directory, images, deployed, words }: GuestDraft): GuestFacts {
  const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const link = (key: string): Observed<string> => {
    const target = value(key);
    return target === undefined ? { state: "absent" } : seen(target);
  };
  return {
    name,
    directory,
    current: link("current"),
    booted: link("booted"),
    managed: (value("managed") as GuestFacts["managed"] | undefined) ?? "unknown",
    running: words.includes("running=unknown")
      ? { state: "unreadable", reason: "permission", detail: "told so" }
      : seen(words.includes("running")),
    images,
    deployed: deployed.length > 0 ? seen(deployed) : { state: "absent" },
  };
}

function describeDirectory(
  path: string,
  words: readonly string[],
  guest: GuestDraft | null,
  directories: Map<string, Observed<{ uid: number; gid: number; mode: number }>>,
): void {
  if (words[0] === "deployed" && guest) {
    const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
    const size = value("size");
    guest.deployed.push({
      image: words[1] ?? "",
      sizeMiB: size === undefined ? null : Number(size),
      fsType: value("fsType") ?? null,
      label: value("label") ?? null,
    });
    return;
  }
  const { owner, mode } = permissions(words, 0o775);
  const unreadable = words.find((word) => word.startsWith("unreadable:"));
  directories.set(path, unreadable ? notReadable(unreadable) : seen({ ...owner, mode }));
  guest?.words.push(...words);
}

const containers: readonly string[] = ["raw", "qcow2", "vhd", "vhdx"] satisfies ContainerFormat[];
const kinds: readonly string[] = [
  "directory",
  "block-device",
  "character-device",
  "fifo",
  "socket",
] satisfies FileKind[];

function image(path: string, words: readonly string[], inode: number): Observed<ImageFacts> {
  const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const unreadable = words.find((word) => word.startsWith("unreadable:"));
  if (words[0] === unreadable && unreadable) return notReadable(unreadable);
  const size = words.find((word) => /^\d+(B|KiB|MiB|GiB|TiB)$/.test(word));
  const virtual = size === undefined ? 0 : bytes(size);
  const format = (words.find((word) => containers.includes(word)) ?? "raw") as ContainerFormat;
  const kind = (words.find((word) => kinds.includes(word)) ?? "regular") as FileKind;
  const content = words.find((word) => contents.has(word as ContentType)) as ContentType | undefined;
  const { owner, mode } = permissions(words, 0o644);
  const allocated = value("allocated");
  const isBlank = words.includes("blank");
  return seen({
    path,
    realPath: value("real") ?? path,
    linkKind: value("real") === undefined ? kind : "symlink",
    kind,
    device: Number(value("device") ?? 1),
    inode: Number(value("inode") ?? inode),
    links: Number(value("links") ?? 1),
    ...owner,
    mode,
    apparentBytes: format === "raw" ? virtual : 196616,
    allocatedBytes: allocated === undefined ? Math.min(virtual, 4 * 1024 * 1024) : bytes(allocated),
    modifiedMs: 0,
    container: unreadable
      ? notReadable(unreadable)
      : seen({ format, virtualBytes: virtual, backingFile: value("backing") ?? null, dirty: false, corrupt: false }),
    filesystem: unreadable
      ? notReadable(unreadable)
      : content
        ? seen(filesystem(content, words, virtual))
        : { state: "absent" },
    blank: unreadable ? null : isBlank,
  });
}

const contents: ReadonlySet<ContentType> = new Set<ContentType>([
  "ext2",
  "ext3",
  "ext4",
  "xfs",
  "btrfs",
  "vfat",
  "luks",
  "gpt",
  "mbr",
  "swap",
  "erofs",
  "squashfs",
  "zfs",
  "lvm",
  "bcachefs",
  "f2fs",
  "iso9660",
  "ntfs",
  "exfat",
]);

function filesystem(type: ContentType, words: readonly string[], virtual: number): FilesystemFacts {
  const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const size = value("fs");
  return {
    type,
    label: value("label") ?? null,
    uuid: value("uuid") ?? null,
    sizeBytes: size === undefined ? virtual : bytes(size),
    space: space(words, size === undefined ? virtual : bytes(size)),
    lastMounted: value("mounted") ?? null,
    state: (value("state") as FilesystemFacts["state"] | undefined) ?? "clean",
    multipleDevices: value("devices") !== undefined && value("devices") !== "1",
  };
}

/** `free=20MiB left=10MiB inodes=3/128 commit`: free, left to users, free of all inodes, and of when it is. */
function space(words: readonly string[], total: number): FilesystemFacts["space"] {
  const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const free = value("free");
  if (free === undefined) return { state: "absent" };
  if (words.includes("stale")) return { state: "unreadable", reason: "busy", detail: "it changed while it was read" };
  const inodes = value("inodes")?.split("/").map(Number);
  return seen({
    totalBytes: total,
    freeBytes: bytes(free),
    availableBytes: bytes(value("left") ?? free),
    inodes: inodes === undefined ? null : { free: inodes[0] ?? 0, total: inodes[1] ?? 0 },
    asOf: words.includes("commit") ? "commit" : words.includes("hint") ? "hint" : "rest",
    behindSeconds: words.includes("commit") ? 35 : 0,
  });
}

function permissions(words: readonly string[], fallback: number) {
  const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  const [uid, gid] = (value("owner") ?? `${microvmUid}:${kvmGid}`).split(":").map(Number);
  const mode = value("mode");
  return { owner: { uid: uid ?? 0, gid: gid ?? 0 }, mode: mode === undefined ? fallback : Number.parseInt(mode, 8) };
}

function seen<T>(value: T): Observed<T> & { state: "seen" } {
  return { state: "seen", value, by: "fixture" };
}

function notReadable(word: string): Observed<never> & { state: "unreadable" } {
  const reason = word.slice("unreadable:".length) as Unreadable;
  return { state: "unreadable", reason, detail: reason };
}

/** `512MiB`, `10GiB`, `300KiB`, `1B`. */
function bytes(words: string): number {
  const match = /^(\d+)(B|KiB|MiB|GiB|TiB)$/.exec(words);
  if (!match) throw new Error(`not a size: ${words}`);
  const factor = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }[match[2] as "B"];
  return Number(match[1]) * factor;
}
