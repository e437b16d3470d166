import type { Origin, Place, Unknown } from "../nix/eval/value.ts";
import type { HostKeeper } from "./keeper.ts";
import type { Refused, Used } from "./refusals.ts";
import type { Provenance } from "./schema/provenance.ts";
import type { Settings } from "./settings.ts";
import type { GuestStart, HostStart } from "./start/start.ts";

/**
 * One declared value. `set`: a definition gave it; `default`: the option's default holds; `missing`: required and not
 * given; `unknown`: given or not, we cannot know the value, and the reason says why.
 */
export type Field<T> =
  | {
      readonly state: "set";
      readonly value: T;
      readonly origin: Origin /** the binding that defines it */;
      readonly at: Place;
    }
  | { readonly state: "default"; readonly value: T }
  | { readonly state: "missing" }
  | { readonly state: "unknown"; readonly unknown: Unknown; readonly at: Place };

/** The known value of a field, or undefined. */
export function known<T>(field: Field<T>): T | undefined {
  return field.state === "set" || field.state === "default" ? field.value : undefined;
}

export const hypervisors = [
  "qemu",
  "cloud-hypervisor",
  "firecracker",
  "crosvm",
  "kvmtool",
  "stratovirt",
  "alioth",
  "vfkit",
] as const;

/** How an image that is smaller than declared is grown before a start. */
export interface GrowPolicy {
  /** `copy`: ext filesystems in a copy that takes the image's place; `in-place`: the file alone, the guest grows the rest. */
  readonly how: "copy" | "in-place";
  /** xfs and btrfs are grown on the host, mounted; otherwise the guest grows them. */
  readonly mount: boolean;
  /** What becomes of the start where it cannot be grown. */
  readonly onFailure: "start" | "refuse";
}

/** When a volume is made anew: never, at each start, or when the guest's system changed. */
export const renewals = ["never", "start", "change"] as const;
export type Renewal = (typeof renewals)[number];

/** What the host's services.microvm-lens does with an image before each start of its guest. */
export interface Keeper {
  readonly grow: GrowPolicy | null;
  readonly renew: Renewal;
}

/** One element of `microvm.volumes` (nixos-modules/microvm/options.nix of microvm.nix). */
export interface Volume {
  /** Position in the evaluated list, from 0; null where an unknown element before it makes the position unsure. */
  readonly position: number | null;
  readonly image: Field<string>;
  /** MiB, as written: any integer. */
  readonly sizeMiB: Field<number>;
  readonly mountPoint: Field<string | null>;
  readonly fsType: Field<string>;
  readonly label: Field<string | null>;
  readonly autoCreate: Field<boolean>;
  readonly readOnly: Field<boolean>;
  readonly direct: Field<boolean | null>;
  readonly serial: Field<string | null>;
  readonly imageType: Field<string>;
  readonly mkfsExtraArgs: Field<readonly string[]>;
  /** The volume is there only if this unknown condition holds. */
  readonly conditional: Unknown | null;
  /** What services.microvm-lens does with its image before a start; left out: nothing, or not known. */
  readonly keeper?: Keeper;
  /** The attribute set (or call) that declares it: identity of the origin is identity of the declaration. */
  readonly origin: Origin;
  readonly at: Place;
}

/** What calls it so; `packages`: the flake only offers to run it (`packages` or `apps`). */
export type NameSource = "nixosConfigurations" | "microvm.vms" | "packages" | "hostName" | "file";

/** The guest was read from a module on its own: whoever imports that may add options, and other guests. */
export function isLone({ nameFrom }: Guest): boolean {
  return nameFrom === "file" || nameFrom === "hostName";
}

/** One entry of a guest's `fileSystems`; `missing` where its modules do not say. */
export interface FileSystem {
  /** Another device than microvm.nix's own, where the guest says so. */
  readonly device?: Field<string>;
  readonly fsType: Field<string>;
  /** The guest grows it at mount (x-systemd.growfs). */
  readonly autoResize: Field<boolean>;
  /** The guest formats a blank device (x-systemd.makefs). */
  readonly autoFormat: Field<boolean>;
  readonly at: Place;
}

/** One microVM, keyed by (host, name). */
export interface Guest {
  readonly name: string;
  readonly nameFrom: NameSource;
  /** The host that declares it in `microvm.vms`, or null. */
  readonly host: string | null;
  readonly hostName: Field<string>;
  /** Every name that may be its directory below the state directory, the one that applies first (domain.md §1.6). */
  readonly directoryNames: readonly string[];
  /** `microvm.vms.<name>.updateFlake`: with it, rebuilding the host does not install the guest anew. */
  readonly updateFlake?: Field<string | null>;
  /** `microvm.stateDir` of its host. */
  readonly stateDir: Field<string>;
  readonly hypervisor: Field<string>;
  readonly storeOnDisk: Field<boolean>;
  readonly writableStoreOverlay: Field<string | null>;
  readonly preStart: Field<string>;
  readonly shares: readonly {
    readonly source: Field<string>;
    readonly mountPoint: Field<string>;
    readonly proto: Field<string>;
    /** As in {@link Volume.conditional}. */
    readonly conditional?: Unknown | null;
  }[];
  /** What the guest's own modules set in `fileSystems`, by mount point, as far as known. */
  readonly fileSystems: ReadonlyMap<string, FileSystem>;
  /** Set when there may be shares or entries of `fileSystems` that are not listed. */
  readonly mountsOpen?: Unknown | null;
  /** `erofs` (which carries the label `nix-store`) or `squashfs`; missing: microvm.nix chooses. */
  readonly storeDiskType?: Field<string>;
  readonly storeOptimise: Field<boolean>;
  /** What it does at its start; left out where nothing of it was read. */
  readonly start?: GuestStart;
  /** Left out where nothing of it was read, as in {@link start}. */
  readonly options?: OptionChecks;
  readonly settings?: Settings;
  readonly volumes: readonly Volume[];
  /** Set when there may be volumes that are not listed. */
  readonly volumesOpen: Unknown | null;
  /** Where the guest's list of volumes may be extended, or its module is: the attribute set of its own module. */
  readonly at: Place;
  /** The attribute sets that are the guest's own modules, innermost first: where an edit may add an option. */
  readonly modules: readonly Place[];
}

/** What real Nix refuses of the definitions below `microvm`, and which options are defined. */
export interface OptionChecks {
  readonly refused: readonly Refused[];
  readonly used: readonly Used[];
  /** Its modules take in microvm.nix's own module, so that what is no option is known to be none. */
  readonly declared: boolean;
  /** Null or left out: nothing tells which microvm.nix it is. */
  readonly provenance?: Provenance | null;
}

/** A systemd service: units before which it is ordered, and that pull it in; null where that is not known as a whole. */
export interface Service {
  readonly at: Place;
  /** Null: the service is not known to be a set. */
  readonly order: {
    readonly before: readonly string[] | null;
    readonly requiredBy: readonly string[] | null;
    readonly wantedBy: readonly string[] | null;
  } | null;
}

/** A NixOS configuration that runs guests (imports microvm's host module). */
export interface Host {
  readonly name: string;
  readonly stateDir: Field<string>;
  readonly guests: readonly string[];
  /** systemd services it declares, by name, as far as known: for rules about clean-up units. */
  readonly services: ReadonlyMap<string, Service>;
  readonly servicesOpen: Unknown | null;
  /** What it does before and around the start of its guests. */
  readonly start?: HostStart;
  /** What it sets of services.microvm-lens; null or left out: nothing. */
  readonly keeper?: HostKeeper | null;
  /** Of its own options, not those of its guests. */
  readonly options?: OptionChecks;
  readonly at: Place;
  /** As in {@link Guest.modules}. */
  readonly modules: readonly Place[];
}

/** The microvm.nix that a flake of the workspace locks. */
export interface MicrovmInput {
  /** Absolute path of the flake's folder. */
  readonly folder: string;
  /** Name of the input in flake.nix. */
  readonly name: string;
  /** When the locked commit was made, in seconds since 1970. */
  readonly lastModified: number;
  /** The same of the newest nixpkgs that the flake takes in, where one is locked. */
  readonly nixpkgsModified?: number | null;
}

/** All that the workspace declares. */
export interface Declarations {
  readonly hosts: readonly Host[];
  readonly guests: readonly Guest[];
  /** Roots that gave nothing, and why: shown to a user who asks why a guest is missing. */
  readonly problems: readonly { readonly what: string; readonly unknown: Unknown }[];
  /** True when no further guest can exist: rules that claim absence ask. */
  readonly complete: boolean;
  /** Upstream's microvm.nix where a flake has it as a direct input and locks it; forks are not judged. */
  readonly microvmInputs?: readonly MicrovmInput[];
}
