import type { Event, FilesystemFault } from "./events.ts";
import type { LogLine } from "./lines.ts";

type Groups = Readonly<Record<string, string | undefined>>;
type Reader = readonly [RegExp, (groups: Groups, line: LogLine) => Event | null];

/** The name of a unit as the path that it is made from (systemd.unit(5), "String escaping for inclusion in unit names"). */
function unescapeUnit(name: string): string {
  const path = name
    .replaceAll("-", "/")
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return `/${path === "/" ? "" : path}`;
}

/** A path in the guest without the place below which the initrd mounts (systemd's, and the scripted stage 1's). */
function inGuest(path: string): string {
  return (
    path
      .replace(/^\/(?:sysroot|mnt-root)\/*(?=\/|$)/, "")
      .replace(/\/+/g, "/")
      .replace(/(.)\/$/, "$1") || "/"
  );
}

const mountFailed = ({ where, unit }: Groups): Event | null => {
  const path = where ?? (unit === undefined ? undefined : unescapeUnit(unit));
  return path === undefined ? null : { is: "mount-failed", where: inGuest(path) };
};
const deviceMissing = ({ device, unit }: Groups): Event | null => {
  const path = device ?? (unit === undefined ? undefined : unescapeUnit(unit));
  return path?.startsWith("/dev/") ? { is: "device-missing", device: path } : null;
};
const filesystem =
  (wrong: FilesystemFault) =>
  ({ device }: Groups): Event | null =>
    device === undefined ? null : { is: "filesystem", device, wrong };
const file = ({ path, why }: Groups): Event => ({ is: "file", path: path ?? null, why: why ?? "" });
const mkfs = ({ path, type, why }: Groups, { text }: LogLine): Event => ({
  is: "mkfs",
  path: path ?? null,
  fsType: type === undefined ? null : type === "fat" ? "vfat" : type,
  why: why ?? text,
});

/** The words of a line that may be names of files. */
function wordsOf(text: string): readonly string[] {
  return (text.match(/[^\s'\u2018\u2019"`,;=()[\]{}]+/g) ?? []).map((word) => word.replace(/[:.]+$/, ""));
}

const open = "['‘`\"]?";
const close = "['’\"]?";
/** A name of systemd's on the console: a path, or in newer versions also "unit - path". */
const named = String.raw`(?:\S+\.(?:mount|device|service) - )?`;
/** The words of errno that mean that a file cannot be used. */
const errno =
  "Permission denied|No such file or directory|Read-only file system|No space left on device|Is a directory|Not a directory|File too large|Too many levels of symbolic links|Input/output error|Stale file handle|Operation not permitted|Disk quota exceeded|No such device or address|Text file busy|Resource temporarily unavailable|Device or resource busy";

/** What lines look like, the more precise ones first. Sources: systemd, util-linux, e2fsprogs, the kernel's fs/, hypervisors, nixpkgs' stage-1-init.sh. */
export const readers: readonly Reader[] = [
  // A boot begins, and it comes to an end.
  [/^Linux version \d|^<<< NixOS Stage 1 >>>|^Welcome to .*\(Initrd\)/, () => ({ is: "begin" })],
  [
    /^(?:Reached target |.*Reached target )(?:\S+ - )?(?:Multi-User System|Graphical Interface)\b/,
    () => ({ is: "up" }),
  ],
  [/^[\w.-]+ login:/, () => ({ is: "up" })],

  // Devices.
  [
    new RegExp(`Timed out waiting for device ${named}(?<device>/dev/.+?)[.,]?(?:, trying to mount anyway\\.)?$`),
    deviceMissing,
  ],
  [/Timed out waiting for device (?<unit>dev-\S+?)\.device\b/, deviceMissing],
  [/^(?<unit>dev-\S+?)\.device: Job \S+ (?:timed out|failed with result 'timeout')/, deviceMissing],
  [/^(?:mount: )?\/\S*: (?:special device|can't find) (?<device>\/dev\/\S+?)(?: does not exist)?\.$/, deviceMissing],
  [
    /^(?:mount: )?(?:\/\S*: )?(?:fsconfig\(\) failed: )?(?<device>\/dev\/disk\/\S+): Can't (?:open|lookup) blockdev/,
    deviceMissing,
  ],
  [/^(?:Warning: )?(?<device>\/dev\/disk\/by-\S+) does not exist\.?$/, deviceMissing],
  [/^mount: mounting (?<device>\/dev\/\S+) on \S+ failed: No such file or directory/, deviceMissing],
  // The check of a filesystem waits for nothing but its device.
  [new RegExp(`Dependency failed for ${named}File System Check on (?<device>/dev/\\S+?)\\.?$`), deviceMissing],

  // Checks before the mount.
  [
    new RegExp(`Failed to start ${named}File System Check on (?<device>/dev/\\S+?)\\.?$`),
    ({ device }) => (device ? { is: "check-failed", device } : null),
  ],
  [
    /^(?:fsck failed on |fsck on )?(?<device>\/dev\/\S+) (?:has unrepaired errors|failed with)/,
    ({ device }) => (device ? { is: "check-failed", device } : null),
  ],
  [/^fsck failed on (?<device>\/dev\/\S+)/, ({ device }) => (device ? { is: "check-failed", device } : null)],

  // overlayfs; newer util-linux hands the kernel's words on.
  [
    /overlay(?:fs)?: failed to resolve '(?<path>[^']+)'/,
    ({ path = "" }) => ({ is: "overlay", wrong: "path", path: inGuest(path) }),
  ],
  [/overlay(?:fs)?: upper fs is r\/o/, () => ({ is: "overlay", wrong: "read-only", path: null })],
  [/overlay(?:fs)?: upper fs missing required features/, () => ({ is: "overlay", wrong: "features", path: null })],
  [
    /^(?:mount: )?(?:mounting overlay on )?\/\S*nix\/store\b.*: No space left on device/,
    () => ({ is: "overlay", wrong: "space", path: null }),
  ],
  [
    /overlay(?:fs)?: failed to create directory \S+ \(errno: 28\)/,
    () => ({ is: "overlay", wrong: "space", path: null }),
  ],
  [
    /overlay(?:fs)?: failed to create directory \S+ \(errno: \d+\)/,
    () => ({ is: "overlay", wrong: "work", path: null }),
  ],
  [
    /overlay(?:fs)?: (?:workdir|upperdir|workdir and upperdir|upperdir and workdir)\b.*(?:must be|must reside|in-use|missing)/,
    () => ({ is: "overlay", wrong: "work", path: null }),
  ],
  [
    /overlay(?:fs)?: filesystem on '?(?<path>[^' ]+)'? not supported/,
    ({ path = "" }) => ({ is: "overlay", wrong: "path", path: inGuest(path) }),
  ],

  // The overlay's directories (nixpkgs' overlayfs.nix makes them in the service rw-….service).
  [
    new RegExp(`^mkdir: (?:cannot|can't) create directory ${open}(?<path>[^'’"]+)${close}: (?:${errno})`),
    ({ path = "" }) => ({ is: "directory", path: inGuest(path) }),
  ],
  [new RegExp(`^Failed to start ${named}rw-\\S+\\.service`), () => ({ is: "directory", path: null })],
  [
    /^rw-\S+\.service: (?:Failed with result|Main process exited, code=exited, status=1)/,
    () => ({ is: "directory", path: null }),
  ],

  // Filesystems, as the kernel names their devices.
  [/(?:EXT[234]-fs|VFS).*\((?<device>\w+)\): (?:VFS: )?Can't find (?:an )?ext[234] filesystem/, filesystem("content")],
  [/^VFS: Can't find .* filesystem on dev (?<device>\w+)/, filesystem("content")],
  [/EXT[234]-fs \((?<device>\w+)\): (?:bad geometry|block count .* exceeds)/, filesystem("short")],
  [
    /EXT[234]-fs \((?<device>\w+)\): (?:INFO: recovery required on readonly|write access unavailable)/,
    filesystem("journal"),
  ],
  [
    /EXT[234]-fs \((?<device>\w+)\): (?:couldn't mount as ext[23]|unable to read superblock|Magic mismatch|fragment\/cluster size)/,
    filesystem("content"),
  ],
  [
    /EXT[234]-fs (?:error )?\((?:device )?(?<device>\w+)\):? ?.*(?:corrupt|[Cc]hecksum|error loading journal|failed to open journal|no journal found|get root inode failed|bad block|invalid)/,
    filesystem("damaged"),
  ],
  [
    /XFS \((?<device>\w+)\): (?:Invalid superblock magic number|bad magic number|SB validate failed)/,
    filesystem("content"),
  ],
  [
    /XFS \((?<device>\w+)\): (?:last sector read failed|(?:device|log) .*size.*mismatch|size check|file system too large)/i,
    filesystem("short"),
  ],
  [
    /XFS \((?<device>\w+)\): (?:log mount\/recovery failed: error -30|recovery required on read-only device|log mount failed|write access unavailable|.*cannot proceed)/,
    filesystem("journal"),
  ],
  [
    /XFS \((?<device>\w+)\): (?:Metadata (?:corruption|CRC error)|Corruption|Unmount and run|log mount\/recovery failed|failed to read root inode)/i,
    filesystem("damaged"),
  ],
  [
    /BTRFS (?:error|warning|critical) \(device (?<device>\w+)[^)]*\): (?:device total_bytes should be at most|super_total_bytes .* mismatch)/,
    filesystem("short"),
  ],
  [
    /BTRFS (?:error|warning|info) \(device (?<device>\w+)[^)]*\): .*log replay required on RO media/,
    filesystem("journal"),
  ],
  [/BTRFS (?:error|critical) \(device (?<device>\w+)[^)]*\): (?!open_ctree)/, filesystem("damaged")],
  [/FAT-fs \((?<device>\w+)\): (?:Can't find a valid FAT|bogus |invalid )/, filesystem("content")],

  // Mounts.
  [new RegExp(`^Failed to mount ${named}(?<where>/\\S*?)\\.?$`), mountFailed],
  [/^(?<unit>\S+)\.mount: (?:Failed with result|Mount process exited, code=exited)/, mountFailed],
  [/^mount: mounting \S+ on (?<where>\/\S+) failed:/, mountFailed],
  [
    /^(?:mount: )?(?<where>\/\S*): (?:wrong fs type|unknown filesystem type|mount\(2\) system call failed|cannot mount|can't read superblock|fsconfig\(\) failed|special device overlay does not exist|mount point does not exist)/,
    mountFailed,
  ],
  [
    new RegExp(`^(?<what>Mounting|Unmounting) ${named}(?<where>/\\S*?)\\.\\.\\.$`),
    ({ what, where = "" }) => ({ is: what === "Mounting" ? "mounting" : "unmounting", where: inGuest(where) }),
  ],
  [
    new RegExp(`^Mounted ${named}(?<where>/\\S*?)\\.?$`),
    ({ where = "" }) => ({ is: "mounted", where: inGuest(where) }),
  ],

  // The host: making an image.
  [
    /(?:line \d+: |: )(?:\S*\/)?mkfs\.(?<type>\w+): (?<why>command not found|not found|cannot execute.*|Permission denied|No such file or directory)$/,
    mkfs,
  ],
  [/(?:^|\/)mkfs\.(?<type>\w+): (?<why>cannot execute binary file.*)$/, mkfs],
  [/^Filesystem must be larger than 300MB/, (_, line) => mkfs({ type: "xfs" }, line)],
  [
    /^(?:mkfs\.xfs: |size \d+ of data subvolume is too small|Invalid value \S* ?for -L option|illegal option value .* to -L)/,
    (_, line) => mkfs({ type: "xfs" }, line),
  ],
  [
    /^ERROR: (?:minimum size for each btrfs device|'?(?<path>\S+?)'? is too small to make a usable filesystem|label \S+ is too long)/,
    ({ path }, line) => mkfs({ type: "btrfs", ...(path ? { path } : {}) }, line),
  ],
  [/^mkfs\.(?<type>fat|vfat): (?<why>(?:Label|Labels|Attempting|unable|Failed|No space|Too small|Not enough).*)/, mkfs],
  [/^(?:mke2fs|mkfs\.(?<type>ext[234])): (?<why>.+)/, mkfs],
  [/^(?<path>\S+): (?<why>No space left on device) while /, mkfs],

  // The host: the file, and what the hypervisor makes of it.
  [
    new RegExp(
      `^(?:\\S*/)?(?:touch|truncate|stat|rm|cp|mv|ln|fallocate): .*?${open}(?<path>[^'‘’"\`]+?)${close}(?: for writing| at \\d+ bytes)?: (?<why>${errno})`,
    ),
    file,
  ],
  [/^fallocate: fallocate failed: (?<why>No space left on device|File too large)/, file],
  [
    /^Is another process using the image \[(?<path>.+)\]\?/,
    ({ path = "" }) => ({ is: "file", path, why: "the image is locked by another process" }),
  ],
  [new RegExp(`file=(?<path>[^,\\s]+).*: Could not open '.+': (?<why>${errno})`), file],
  [/file=(?<path>[^,\s]+).*: (?<why>.*driver requires .* to be .*)/, file],
  [
    /file=(?<path>[^,\s]+).*: (?<why>Image is not in \w+ format|Could not read (?:L1|image|header|qcow2).*|Unknown driver.*|Unsupported \w+ .*)/,
    ({ path = "", why = "" }) => ({ is: "format", path, device: null, why }),
  ],
  [
    /DetectImageType|(?<why>Unknown image type|image type .* (?:mismatch|does not match).*)/i,
    ({ why }, { text }) => ({ is: "format", path: null, device: null, why: why ?? text }),
  ],
  [
    /(?<why>Attempted to write sector 0, which is disabled)/,
    ({ why = "" }) => ({ is: "format", path: null, device: null, why }),
  ],
  [
    /I\/O error, dev (?<device>vd[a-z]), sector 0 op 0x1:\(WRITE\)/,
    ({ device = "" }, { text }) => ({ is: "format", path: null, device, why: text }),
  ],
  [new RegExp(`BackingFile\\(Os \\{.*message: "(?<why>${errno})".*\\}, "(?<path>[^"]+)"`), file],
  [new RegExp(`backing file.*?(?<why>${errno}) \\(os error \\d+\\)[: ]+(?<path>\\S+)?`, "i"), file],
  [
    new RegExp(
      `(?:Disk|OpenDisk\\w*|CreateVirtioBlock|Block)\\w*\\(.*(?:Os|Io|IoError).*(?:message: "(?<why>${errno})"|(?<words>${errno}) \\(os error)`,
    ),
    ({ why, words }) => ({ is: "file", path: null, why: why ?? words ?? "" }),
  ],
  [
    new RegExp(
      `(?:could not|cannot|can't|failed to|unable to|error) (?:open|load|opening|access)(?:ing)? (?:the )?(?:disk |block |device |image |backing |file |drive |path:? )*${open}(?<path>[^'‘’"\`:]+?)${close}: (?:.*: )?(?<why>${errno})`,
      "i",
    ),
    file,
  ],
  [/file=(?<path>[^,\s]+).*: (?<why>Failed to get .*lock)/, file],
  // cloud-hypervisor, vmm/src/vm.rs and block/src/fcntl.rs: with the name of the image, or without.
  [/(?<why>Failed to acquire \w+ lock) for disk image:? (?<path>\S+)$/, file],
  [/^(?:\d+: )?(?<why>Error locking (?:the )?disk images?)\b/, file],
  // Whatever else names a file and says that it cannot be used.
  [
    new RegExp(`^(?!chattr|lsattr).*?(?<why>${errno})`),
    ({ why = "" }, { text }) => ({ is: "mention", paths: wordsOf(text), why }),
  ],
];
