import { JsonReader, WrongShape } from "../../base/json-reader.ts";
import type {
  ContainerFacts,
  DeployedVolume,
  FilesystemFacts,
  GuestFacts,
  HostFacts,
  ImageFacts,
  Observed,
} from "../facts.ts";

const reasons = ["permission", "tool-missing", "timeout", "busy", "malformed", "unsupported"] as const;
const kinds = [
  "regular",
  "directory",
  "symlink",
  "block-device",
  "character-device",
  "fifo",
  "socket",
  "unknown",
] as const;
const formats = ["raw", "qcow2", "vhd", "vhdx"] as const;
const contents = [
  ...(["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "luks", "gpt", "mbr", "swap", "erofs", "squashfs"] as const),
  ...(["zfs", "lvm", "bcache", "bcachefs", "f2fs", "iso9660", "udf", "ntfs", "exfat"] as const),
  ...(["linux_raid_member", "ddf_raid_member", "isw_raid_member", "lsi_mega_raid_member"] as const),
  ...(["nvidia_raid_member"] as const),
];

/** Schema 1 was that of 0.1. */
const schemas: ReadonlySet<number> = new Set([1, 2]);

/** The facts out of the text of a snapshot; the text that may come instead says what is wrong with it. */
export function factsFromJson(text: string): HostFacts | string {
  try {
    return hostFrom(new JsonReader(JSON.parse(text), "snapshot"));
  } catch (error) {
    if (error instanceof WrongShape) return error.message;
    if (error instanceof SyntaxError) return "it is not JSON";
    throw error;
  }
}

function hostFrom(json: JsonReader): HostFacts {
  if (!schemas.has(json.number("schema")))
    throw new WrongShape(`schema ${json.number("schema")} is not known to this version`);
  const takenAtMs = Date.parse(json.string("takenAt"));
  if (Number.isNaN(takenAtMs)) throw new WrongShape("snapshot.takenAt is not a time");
  const problems = json.object("unreadable");
  const images = new Map<string, Observed<ImageFacts>>();
  const guests = json.objects("guests").map((guest) => guestFrom(guest, images));
  for (const image of json.objects("otherImages")) images.set(image.string("path"), imageFrom(image));
  const user = json.object("microvmUser");
  return {
    host: json.string("host"),
    stateDir: json.string("stateDir"),
    takenAtMs,
    stateDirectory: stateDirectoryFrom(json, problems),
    freeBytes: observed(json.numberOrNull("free"), "statfs", problems, "free"),
    totalBytes: observed(json.numberOrNull("total"), "statfs", problems, "total"),
    guests,
    images,
    directories: new Map(
      json.objects("directories").map((directory) => [directory.string("path"), directoryFrom(directory)]),
    ),
    space: new Map(
      json
        .objects("space")
        .map((space) => [space.number("dev"), { freeBytes: space.number("free"), totalBytes: space.number("total") }]),
    ),
    microvmUser:
      user === null
        ? missing(problems, "microvmUser")
        : seen({ uid: user.number("uid"), gid: user.number("gid") }, "/etc/passwd"),
  };
}

/** What cannot be read has no place in `stateDirExists`, or (until 0.1) a false. */
function stateDirectoryFrom(json: JsonReader, problems: JsonReader | null): Observed<true> {
  if (problems?.has("stateDirExists")) return missing(problems, "stateDirExists");
  return json.boolean("stateDirExists") ? seen(true, "snapshot") : { state: "absent" };
}

function guestFrom(json: JsonReader, images: Map<string, Observed<ImageFacts>>): GuestFacts {
  const problems = json.object("unreadable");
  const own = json.objects("images");
  for (const image of own) images.set(image.string("path"), imageFrom(image));
  const deployed = json.has("deployed") ? json.objects("deployed").map(volumeFrom) : null;
  return {
    name: json.string("name"),
    directory: json.string("directory"),
    current: observed(json.stringOrNull("current"), "readlink", problems, "current"),
    booted: observed(json.stringOrNull("booted"), "readlink", problems, "booted"),
    managed: json.word("managed", ["declarative", "flake", "unknown"]),
    running: observed(json.booleanOrNull("running"), json.stringOrNull("runningBy") ?? "snapshot", problems, "running"),
    images: own.map((image) => image.string("path")),
    deployed: observed(deployed, "current/bin/microvm-run", problems, "deployed"),
  };
}

function volumeFrom(json: JsonReader): DeployedVolume {
  return {
    image: json.string("image"),
    sizeMiB: json.numberOrNull("sizeMiB"),
    fsType: json.stringOrNull("fsType"),
    label: json.stringOrNull("label"),
  };
}

function imageFrom(json: JsonReader): Observed<ImageFacts> {
  const problems = json.object("unreadable");
  if (!json.has("ino")) return missing(problems, "image");
  const container = containerFrom(json);
  const filesystem = json.object("filesystem");
  const facts = filesystem === null ? null : filesystemFrom(filesystem);
  const inUse = json.stringOrNull("inUse");
  const value: ImageFacts = {
    path: json.string("path"),
    realPath: json.string("realPath"),
    linkKind: json.word("linkKind", kinds),
    kind: json.word("kind", kinds),
    device: json.number("dev"),
    inode: json.number("ino"),
    links: json.number("links"),
    uid: json.number("uid"),
    gid: json.number("gid"),
    mode: json.number("mode"),
    apparentBytes: json.number("apparent"),
    allocatedBytes: json.number("allocated"),
    modifiedMs: json.number("mtime"),
    container: observed(
      container,
      container?.format === "raw" ? "file size" : `${container?.format} header`,
      problems,
      "format",
    ),
    filesystem: observed(facts, `${facts?.type} superblock`, problems, "filesystem"),
    blank: json.booleanOrNull("blank"),
    inUse: inUse === null ? { state: "absent" } : seen(true, inUse),
  };
  return seen(value, "lstat");
}

function containerFrom(json: JsonReader): ContainerFacts | null {
  if (!json.has("format")) return null;
  return {
    format: json.word("format", formats),
    virtualBytes: json.number("virtual"),
    backingFile: json.stringOrNull("backingFile"),
    dirty: json.boolean("dirty"),
    corrupt: json.boolean("corrupt"),
  };
}

function filesystemFrom(json: JsonReader): FilesystemFacts {
  const times = {
    createdMs: json.numberOrNull("created"),
    mountedMs: json.numberOrNull("mounted"),
    writtenMs: json.numberOrNull("written"),
  };
  return {
    type: json.word("type", contents),
    label: json.stringOrNull("label"),
    uuid: json.stringOrNull("uuid"),
    sizeBytes: json.numberOrNull("size"),
    space: json.has("freeIsCurrent") ? spaceOfFirst(json) : spaceFrom(json),
    lastMounted: json.stringOrNull("lastMounted"),
    state: json.word("state", ["clean", "needs-recovery", "errors", "unknown"]),
    multipleDevices: json.boolean("multipleDevices"),
    ...((times.createdMs ?? times.mountedMs ?? times.writtenMs) === null ? {} : { times }),
  };
}

function spaceFrom(json: JsonReader): FilesystemFacts["space"] {
  const space = json.object("space");
  const inodes = space?.object("inodes") ?? null;
  const facts = space && {
    totalBytes: space.number("total"),
    freeBytes: space.number("free"),
    availableBytes: space.number("available"),
    inodes: inodes && { total: inodes.number("total"), free: inodes.number("free") },
    asOf: space.word("asOf", ["rest", "commit", "hint"]),
    behindSeconds: space.number("behind"),
  };
  return observed(facts, "snapshot", json.object("unreadable"), "space");
}

/** Schema 1 knew the superblock's own count only, without what is kept back. */
function spaceOfFirst(json: JsonReader): FilesystemFacts["space"] {
  const totalBytes = json.numberOrNull("size");
  const freeBytes = json.numberOrNull("free");
  if (totalBytes === null || freeBytes === null || freeBytes > totalBytes) return { state: "absent" };
  if (!json.boolean("freeIsCurrent")) {
    return { state: "unreadable", reason: "unsupported", detail: "the snapshot's count is from before it was mounted" };
  }
  const known = { totalBytes, freeBytes, availableBytes: freeBytes, inodes: null, behindSeconds: 0 };
  return seen({ ...known, asOf: "rest" }, "snapshot");
}

function directoryFrom(json: JsonReader): Observed<{ uid: number; gid: number; mode: number }> {
  if (!json.has("mode")) return missing(json.object("unreadable"), "directory");
  return seen({ uid: json.number("uid"), gid: json.number("gid"), mode: json.number("mode") }, "stat");
}

function seen<T>(value: T, by: string): Observed<T> {
  return { state: "seen", value, by };
}

function observed<T>(value: T | null, by: string, problems: JsonReader | null, key: string): Observed<T> {
  return value === null ? missing(problems, key) : seen(value, by);
}

function missing(problems: JsonReader | null, key: string): Observed<never> {
  const problem = problems?.object(key) ?? null;
  if (problem === null) return { state: "absent" };
  return { state: "unreadable", reason: problem.word("reason", reasons), detail: problem.string("detail") };
}
