export type FsType = "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "vfat" | "f2fs";

/** One element of `microvm.volumes`. */
export interface VolumeSpec {
  /** As declared: relative to the guest's directory, or below {@link Setting.host}. */
  readonly image: string;
  readonly fsType: FsType;
  readonly sizeMiB: number;
  readonly label: string | null;
  readonly mountPoint: string | null;
  readonly autoCreate: boolean;
  readonly readOnly: boolean;
  readonly mkfsExtraArgs: readonly string[];
}

/** How the guest comes to its host: in the host's configuration, as a configuration of the flake, or through both. */
export type Way = "config" | "flake" | "lone";

/** What every dimension may build on. Paths are absolute; everything of one world lies below `folder`. */
export interface Setting {
  readonly guest: string;
  readonly way: Way;
  readonly folder: string;
  /** What stands for the host's own directories: state directory, devices, other places of images. */
  readonly host: string;
  /** A directory that nobody has made yet, below /var/cache, which is empty in the sandbox. */
  readonly cache: string;
  readonly stateDir: string;
  readonly directory: string;
  readonly hypervisor: string;
  readonly overlay: string | null;
  readonly storeShared: boolean;
  readonly volumes: readonly VolumeSpec[];
}

/** A command of a unit. `exec` has no shell around it; `script` is what NixOS makes of `script`, `preStart` and so on. */
export interface Command {
  readonly text: string;
  readonly kind: "exec" | "script" | "bash";
  /** `-`: a failure does not count. */
  readonly ignored?: boolean;
  /** `+`: as root, whatever the unit's user is. */
  readonly full?: boolean;
}

/** A service of the host, with what decides about its order and its being run. */
export interface Unit {
  readonly name: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly requires?: readonly string[];
  readonly wants?: readonly string[];
  readonly requiredBy?: readonly string[];
  readonly wantedBy?: readonly string[];
  readonly partOf?: readonly string[];
  readonly remains?: boolean;
  readonly user?: "root" | "microvm";
  readonly conditions?: readonly Condition[];
  readonly commands: readonly Command[];
}

export interface Condition {
  readonly path: string;
  /** `!` in front. */
  readonly not: boolean;
  /** An assertion fails the unit, a condition skips it. */
  readonly assert: boolean;
}

/** What a dimension adds to the guest's own unit, `microvm@NAME.service`. */
export interface OwnPart {
  readonly pre?: readonly Command[];
  readonly stopPost?: readonly Command[];
  readonly requires?: readonly string[];
  readonly wants?: readonly string[];
  readonly after?: readonly string[];
  readonly conditions?: readonly Condition[];
  /** Directories that systemd makes before anything else of the unit, absolute, owned by its user. */
  readonly directories?: readonly string[];
}

/** What the guest's modules say about one entry of `fileSystems`. */
export interface MountPatch {
  readonly mountPoint: string;
  readonly device?: string;
  readonly fsType?: string;
  readonly options?: readonly string[];
  readonly neededForBoot?: boolean;
  readonly autoFormat?: boolean;
  readonly autoResize?: boolean;
}

/** Everything that one dimension gives to a world; all of it optional. */
export interface Gift {
  /** Bindings around the host's module. */
  readonly bindings?: readonly string[];
  /** Definitions in the host's module, and in the guest's. */
  readonly hostLines?: readonly string[];
  readonly guestLines?: readonly string[];
  /** Files of the workspace, by path in it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly units?: readonly Unit[];
  readonly own?: readonly OwnPart[];
  readonly tmpfiles?: readonly string[];
  readonly activation?: readonly string[];
  readonly preStart?: readonly string[];
  readonly mounts?: readonly MountPatch[];
  /** Lines of bash that bring the disk into its state, run by root before anything is looked at. */
  readonly prepare?: readonly string[];
  /** Lines of bash that write what stands for the store: scripts that commands lead to. Run at each start. */
  readonly written?: readonly string[];
}

/** One dimension of a world, as chosen: what it gives depends on the setting alone, so that others can be dropped. */
export interface Feature {
  /** For people and for grouping: `preStart: rm -f *.img`. */
  readonly name: string;
  give(setting: Setting): Gift;
}

/** A world: the setting without places, and its features. Nothing else decides what it is. */
export interface World {
  readonly seed: number;
  readonly number: number;
  readonly guest: string;
  readonly way: Way;
  readonly hypervisor: string;
  readonly overlay: string | null;
  readonly storeShared: boolean;
  readonly volumes: readonly VolumeSpec[];
  readonly features: readonly Feature[];
}

/** The setting of a world that lies in this folder. */
export function settingOf(world: World, folder: string): Setting {
  const { guest, way, hypervisor, overlay, storeShared, volumes } = world;
  const host = `${folder}/host`;
  const cache = `/var/cache/lens-worlds/${guest}`;
  const stateDir = `${host}/state`;
  const directory = `${stateDir}/${guest}`;
  const placed = volumes.map((volume) => ({
    ...volume,
    image: volume.image.replace("@HOST@", host).replace("@CACHE@", cache),
  }));
  return { guest, way, folder, host, cache, stateDir, directory, hypervisor, overlay, storeShared, volumes: placed };
}

/** Where the start script looks for an image. */
export function imagePath({ directory }: Setting, { image }: VolumeSpec): string {
  return image.startsWith("/") ? image : `${directory}/${image}`;
}

/** The world in a few words. */
export function describe(world: World): string {
  const volumes = world.volumes.map(
    ({ image, fsType, sizeMiB, label, mountPoint, autoCreate, readOnly, mkfsExtraArgs }) =>
      `${JSON.stringify(image)} ${sizeMiB} MiB ${fsType} at ${mountPoint}${label === null ? "" : ` label ${JSON.stringify(label)}`}${
        autoCreate ? "" : " autoCreate=false"
      }${readOnly ? " readOnly" : ""}${mkfsExtraArgs.length > 0 ? ` ${mkfsExtraArgs.join(" ")}` : ""}`,
  );
  const around = [
    world.way,
    world.hypervisor,
    ...(world.overlay === null ? [] : [`overlay ${world.overlay}`]),
    ...(world.storeShared ? ["store shared"] : []),
  ];
  return [`${world.guest} (${around.join(", ")})`, ...volumes, ...world.features.map(({ name }) => name)].join(
    "\n    ",
  );
}
