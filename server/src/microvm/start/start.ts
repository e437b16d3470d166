import type { Place, Unknown } from "../../nix/eval/value.ts";
import type { Script } from "../../shell/script.ts";
import type { Field } from "../model.ts";

/**
 * A text with holes where its values are not known. There is more than one where a condition that cannot be decided
 * chooses between them.
 */
export type Texts = readonly Script[];

/** A list. `open`: there may be further elements, in places unknown. */
export interface Listed<T> {
  readonly items: readonly Element<T>[];
  readonly open: Unknown | null;
}
export interface Element<T> {
  readonly value: T;
  /** It is there only if this unknown condition holds. */
  readonly conditional: Unknown | null;
  readonly at: Place;
}
/** A set, by name. */
export interface Named<T> {
  readonly items: ReadonlyMap<string, Element<T>>;
  readonly open: Unknown | null;
}

/** The relations of a unit to others, as NixOS calls them (nixos/lib/systemd-unit-options.nix). */
export const relations = [
  "before",
  "after",
  "requires",
  "wants",
  "upholds",
  "bindsTo",
  "partOf",
  "requisite",
  "conflicts",
  "requiredBy",
  "wantedBy",
  "upheldBy",
] as const;
export type Relation = (typeof relations)[number];

/** A section of a unit file: each setting has its lines in order, as the unit file has them (`true`, `5s`, a command). */
export type Section = Named<Listed<Field<Texts>>>;

/**
 * A systemd unit that the configuration declares. `name` is that of the unit file: `wipe.service`, `microvm@.service` (a
 * template), `microvm@web.service` (an instance; NixOS takes it for a drop-in of the template's file only with
 * `overrideStrategy = "asDropin"`, and microvm.nix itself sets that for the guests in `microvm.vms`).
 */
export interface Unit {
  readonly name: string;
  /** Set when nothing is known of its content. */
  readonly unknown: Unknown | null;
  readonly enable: Field<boolean>;
  readonly overrideStrategy: Field<string>;
  readonly relations: Readonly<Record<Relation, Listed<Field<Texts>>>>;
  /** `[Unit]` as far as it is written as `unitConfig`: conditions, `RequiresMountsFor=` … (`relations` are not repeated). */
  readonly unit: Section;
  /**
   * `[Service]` (or `[Timer]`, `[Mount]`, `[Path]`). The texts `preStart`, `script`, `postStart`, `preStop` and `postStop` are
   * there as NixOS has them: a command in `ExecStartPre` … whose script is known, in its place among the others.
   */
  readonly settings: Section;
  /** The packages in the PATH of its commands, before NixOS's own (coreutils, findutils, gnugrep, gnused, systemd). */
  readonly path: Listed<Field<Texts>>;
  readonly environment: Section;
  readonly restartIfChanged: Field<boolean>;
  /** A calendar expression of a timer for it. */
  readonly startAt: Listed<Field<Texts>>;
}

/** One line for systemd-tmpfiles (tmpfiles.d(5)). A field that is left out or `-` is null. */
export interface TmpfilesRule {
  /** The letter: `d`, `L`, `R` … */
  readonly type: string;
  /** What stands behind it: `!` (only at boot), `+`, `=`, `-`, `~`, `^`, `$`. */
  readonly modifiers: string;
  readonly path: Script;
  readonly mode: Script | null;
  readonly user: Script | null;
  readonly group: Script | null;
  readonly age: Script | null;
  readonly argument: Script | null;
}

/** One of `system.activationScripts`, which run one after the other in one shell at boot and at each switch. */
export interface ActivationScript {
  readonly text: Field<Texts>;
  /** Scripts that come before it. */
  readonly deps: Listed<Field<Texts>>;
}

/** One entry of `fileSystems`, in full; what nobody defines is missing. */
export interface Mount {
  readonly device: Field<string | null>;
  readonly label: Field<string | null>;
  readonly fsType: Field<string>;
  readonly options: Listed<Field<Texts>>;
  readonly neededForBoot: Field<boolean>;
  readonly autoResize: Field<boolean>;
  readonly autoFormat: Field<boolean>;
  readonly noCheck: Field<boolean>;
  readonly depends: Listed<Field<Texts>>;
  readonly overlay: {
    readonly lowerdir: Listed<Field<Texts>>;
    readonly upperdir: Field<string | null>;
    readonly workdir: Field<string | null>;
  } | null;
  /** What other modules, those of microvm.nix among them, say of this mount point does not count (`mkForce { … }`). */
  readonly forced: boolean;
}

/** `fileSystems`; with `forced` those of microvm.nix do not count either (`fileSystems = mkForce { … }`). */
export interface Mounts extends Named<Mount> {
  readonly forced: boolean;
}

/** `environment.persistence.PATH` of impermanence: these are bind-mounted (or linked) from below PATH. */
export interface Persistence {
  readonly directories: Listed<Field<Texts>>;
  readonly files: Listed<Field<Texts>>;
}

/** What runs in the initrd: texts of scripted stage 1, and units of systemd's. */
export interface Initrd {
  readonly systemd: Field<boolean>;
  /** `postDeviceCommands`, `postMountCommands` … */
  readonly hooks: ReadonlyMap<string, Field<Texts>>;
  readonly units: Named<Unit>;
}

/** What a host does before and around the start of its guests. */
export interface HostStart {
  /** Set when a module that is not read may say more of anything here. */
  readonly unseen: Unknown | null;
  /** Services, timers, targets, paths and mounts, by the name of the unit file. */
  readonly units: Named<Unit>;
  /** `systemd.tmpfiles.rules`, in order. */
  readonly tmpfiles: Listed<Field<TmpfilesRule>>;
  /** `systemd.tmpfiles.settings`, which come from files of their own, by their names. */
  readonly tmpfilesSettings: Listed<Field<TmpfilesRule>>;
  /** In the order in which they run, as far as that is known. */
  readonly activation: Named<ActivationScript>;
  readonly userActivation: Named<ActivationScript>;
  readonly mounts: Mounts;
  /** Mount points that disko makes. */
  readonly disko: Listed<Field<string>>;
  readonly users: Named<{ readonly home: Field<string>; readonly createHome: Field<boolean> }>;
  readonly persistence: Named<Persistence>;
  readonly initrd: Initrd;
}

/** What a guest does at its start. */
export interface GuestStart {
  /** As in {@link HostStart.unseen}. */
  readonly unseen: Unknown | null;
  /** `microvm.preStart`, all definitions together as the module system joins them. */
  readonly preStart: Field<Texts>;
  /** Each of them, in order. */
  readonly preStartParts: readonly Element<Field<Texts>>[];
  readonly mounts: Mounts;
  readonly persistence: Named<Persistence>;
  /** `boot.initrd.luks.devices`: /dev/mapper/NAME comes from this device. */
  readonly luks: Named<{ readonly device: Field<string> }>;
  readonly swap: Listed<{
    readonly device: Field<string>;
    readonly label: Field<string | null>;
    readonly sizeMiB: Field<number | null>;
  }>;
  /** systemd-repart may change partitions: in the initrd, or later. */
  readonly repart: Field<boolean>;
  /** Units that come before a mount, or are one. */
  readonly units: Named<Unit>;
  readonly initrd: Initrd;
}

/** The text where it is one and has no hole; undefined where it is not known. */
export function plainText(field: Field<Texts>): string | undefined {
  if (field.state !== "set" && field.state !== "default") return undefined;
  const [only, other] = field.value;
  if (only === undefined || other !== undefined || only.length > 1) return undefined;
  const [piece] = only;
  return piece === undefined ? "" : typeof piece === "string" ? piece : undefined;
}
