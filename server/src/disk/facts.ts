/** What was observed on a host. All sizes in bytes, all times in milliseconds since 1970. */

export type Unreadable = "permission" | "tool-missing" | "timeout" | "busy" | "malformed" | "unsupported";
/** One observation. `by` names the evidence: `lstat`, `ext4 superblock`, `current/bin/microvm-run` … */
export type Observed<T> =
  | { readonly state: "seen"; readonly value: T; readonly by: string }
  | { readonly state: "absent" }
  | { readonly state: "unreadable"; readonly reason: Unreadable; readonly detail: string };

export type FileKind =
  | "regular"
  | "directory"
  | "symlink"
  | "block-device"
  | "character-device"
  | "fifo"
  | "socket"
  | "unknown";
export type ContainerFormat = "raw" | "qcow2" | "vhd" | "vhdx";
/** Anything that the first bytes tell: filesystems that a volume may have, and what else may lie there. */
export type ContentType =
  | "ext2"
  | "ext3"
  | "ext4"
  | "xfs"
  | "btrfs"
  | "vfat"
  | "luks"
  | "gpt"
  | "mbr"
  | "swap"
  | "erofs"
  | "squashfs"
  | "zfs"
  | "lvm"
  | "bcache"
  | "bcachefs"
  | "linux_raid_member"
  | "ddf_raid_member"
  | "isw_raid_member"
  | "lsi_mega_raid_member"
  | "nvidia_raid_member"
  | "udf"
  | "f2fs"
  | "iso9660"
  | "ntfs"
  | "exfat";

/** Space of a filesystem as statfs(2) in the guest tells it, which is what `df` shows. */
export interface SpaceFacts {
  /** Without what the filesystem needs for itself from its making on. */
  readonly totalBytes: number;
  /** Not in use by anything; used is the rest of `totalBytes`. */
  readonly freeBytes: number;
  /** Free to everybody but root: without what is kept back. */
  readonly availableBytes: number;
  /** Null: the filesystem has no fixed number of them. */
  readonly inodes: { readonly total: number; readonly free: number } | null;
  /**
   * `rest`: nobody has it mounted, the numbers are exact. `commit`: as of the last commit, as a power cut now would leave it; data that has no place yet is not in it. `hint`: a number that the filesystem keeps but does not promise (FSInfo of FAT).
   */
  readonly asOf: "rest" | "commit" | "hint";
  /** How far behind the truth a commit may be while the guest runs, in seconds; 0 at rest. */
  readonly behindSeconds: number;
}

export interface FilesystemFacts {
  readonly type: ContentType;
  /** null: the filesystem has none. Untrusted bytes: escape before showing. */
  readonly label: string | null;
  readonly uuid: string | null;
  /** Size of the filesystem by its own superblock; null where it has no such number. */
  readonly sizeBytes: number | null;
  /** How full it is; absent where nothing has a notion of that (swap, LUKS …). */
  readonly space: Observed<SpaceFacts>;
  /** Path in the mounting namespace, with initrd prefixes (`/sysroot`, `/mnt-root`) removed; null if never or not recorded. */
  readonly lastMounted: string | null;
  readonly state: "clean" | "needs-recovery" | "errors" | "unknown";
  /** More than one device (btrfs): do not judge the size. */
  readonly multipleDevices: boolean;
  /** Times of the superblock, where it has them (ext2/3/4); null: never. */
  readonly times?: {
    readonly createdMs: number | null;
    readonly mountedMs: number | null;
    readonly writtenMs: number | null;
  };
}

export interface ContainerFacts {
  readonly format: ContainerFormat;
  /** Size that the guest sees; equals the apparent size for raw. */
  readonly virtualBytes: number;
  readonly backingFile: string | null;
  readonly dirty: boolean;
  readonly corrupt: boolean;
}

/** One path looked at. */
export interface ImageFacts {
  /** As asked for. */
  readonly path: string;
  /** After following symlinks; equals `path` for others. */
  readonly realPath: string;
  /** What `path` itself is. */
  readonly linkKind: FileKind;
  /** What it leads to. */
  readonly kind: FileKind;
  readonly device: number;
  readonly inode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits (0o7777). */
  readonly mode: number;
  readonly apparentBytes: number;
  readonly allocatedBytes: number;
  readonly modifiedMs: number;
  readonly container: Observed<ContainerFacts>;
  /** absent: every byte that we look at is zero, or no signature that we know (see `blank`). */
  readonly filesystem: Observed<FilesystemFacts>;
  /** True: nothing is allocated, or every allocated byte is zero; false: something is there; null: was not read. */
  readonly blank: boolean | null;
  /** Held by somebody now, as a lock or a loop device shows. Left out where nothing was looked up; absent: no sign of it. */
  readonly inUse?: Observed<true>;
}

/** One volume as deployed, read out of `current/bin/microvm-run`. */
export interface DeployedVolume {
  readonly image: string;
  readonly sizeMiB: number | null;
  readonly fsType: string | null;
  readonly label: string | null;
}

export interface GuestFacts {
  /** Name of its directory. */
  readonly name: string;
  readonly directory: string;
  /** Store paths that the links point to. */
  readonly current: Observed<string>;
  readonly booted: Observed<string>;
  readonly managed: "declarative" | "flake" | "unknown";
  readonly running: Observed<boolean>;
  /** Regular files (and links to them) in the directory that look like images: paths, see {@link HostFacts.images}. */
  readonly images: readonly string[];
  readonly deployed: Observed<readonly DeployedVolume[]>;
}

/** What a probe answers: one host at one time. */
export interface HostFacts {
  readonly host: string;
  readonly stateDir: string;
  readonly takenAtMs: number;
  /** absent: no state directory, host rules are silent. */
  readonly stateDirectory: Observed<true>;
  readonly freeBytes: Observed<number>;
  readonly totalBytes: Observed<number>;
  readonly guests: readonly GuestFacts[];
  /** By path as asked for: every requested path and every image found. */
  readonly images: ReadonlyMap<string, Observed<ImageFacts>>;
  /** Directories asked about (parents of images): exist, and writable for the microvm user or not. */
  readonly directories: ReadonlyMap<
    string,
    Observed<{ readonly uid: number; readonly gid: number; readonly mode: number }>
  >;
  /** Space of each filesystem that holds an image, by {@link ImageFacts.device}. */
  readonly space?: ReadonlyMap<number, { readonly freeBytes: number; readonly totalBytes: number }>;
  /** numeric ids of user `microvm` and group `kvm` on that host. */
  readonly microvmUser: Observed<{ readonly uid: number; readonly gid: number }>;
}

/** What the engine wants to know of a host. */
export interface ProbeRequest {
  readonly stateDir: string;
  /** Absolute paths of images wherever they lie. */
  readonly paths: readonly string[];
  /** Absolute paths of directories. */
  readonly directories: readonly string[];
}

export interface Probe {
  /** Name of the host as in the settings. */
  readonly host: string;
  /** Never rejects; problems are in the facts. */
  observe(request: ProbeRequest, signal?: AbortSignal): Promise<HostFacts>;
  /**
   * Calls back when something below the state directory or a path asked for may have changed. It does so too when it
   * has begun to look at a directory: what happened there before that moment was seen by nobody.
   */
  watch?(request: ProbeRequest, changed: () => void): DiskWatch;
}

/** A watch that stands. */
export interface DiskWatch {
  /** Watches what another question is about; what both are about is watched without a gap. */
  follow(request: ProbeRequest): void;
  stop(): void;
}
