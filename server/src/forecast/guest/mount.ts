import { type Field, type FileSystem, type Guest, known, type Volume } from "../../microvm/model.ts";
import { type Mount as DeclaredMount, type Element, plainText } from "../../microvm/start/start.ts";
import type { Unknown } from "../../nix/eval/value.ts";

/** What is known of one setting of a mount: its value, or why that is not known. */
export type Setting<T> =
  | { readonly is: "known"; readonly value: T }
  | { readonly is: "unknown"; readonly field: string; readonly why: Unknown | null };

/** How the guest finds the device that it mounts. */
export type Device =
  | { readonly by: "label"; readonly label: string; readonly overridden: boolean }
  | { readonly by: "uuid"; readonly uuid: string }
  | { readonly by: "letter"; readonly letter: string | null }
  /** Something else than the volume, or that cannot be told: an opened LUKS device, a partition. */
  | { readonly by: "other"; readonly device: string };

/** What the guest mounts for one volume: microvm.nix's own entry with what the guest's modules put over it. */
export interface Mount {
  readonly mountPoint: string;
  readonly device: Setting<Device>;
  /** `auto`: whatever is found there. */
  readonly fsType: Setting<string>;
  readonly options: Setting<readonly string[]>;
  readonly autoFormat: Setting<boolean>;
  readonly autoResize: Setting<boolean>;
  readonly neededForBoot: Setting<boolean>;
}

/**
 * nixos-modules/microvm/mounts.nix: device by label or letter, the volume's fsType, needed for boot where it is the store
 * overlay; every entry of the guest's own `fileSystems` goes over it. Null where the volume is not mounted; a setting where
 * the mount point is not known.
 */
export function mountOf(guest: Guest, volume: Volume, letter: string | null): Mount | null | Setting<never> {
  const mountPoint = known(volume.mountPoint);
  if (mountPoint === null || volume.mountPoint.state === "missing") return null;
  if (mountPoint === undefined) return unsure("mountPoint", volume.mountPoint);
  const entry = guest.fileSystems.get(mountPoint) ?? guest.fileSystems.get(plain(mountPoint));
  const mounts = guest.start?.mounts;
  // With mkForce nothing else counts: neither the entry of microvm.nix, nor what it says in one.
  const isForced = mounts?.forced === true;
  const forced = isForced || declaredMount(guest, mountPoint)?.value.forced === true;
  if (isForced && mounts?.open === null && !entry) return null;
  const open = entry ? null : (guest.mountsOpen ?? null);
  const over = <T>(name: Exclude<keyof FileSystem, "at">, own: Setting<T>): Setting<T> => {
    if (open) return { is: "unknown", field: `fileSystems."${mountPoint}".${name}`, why: open };
    const field = entry?.[name] as Field<T> | undefined;
    const whole = `fileSystems."${mountPoint}".${name}`;
    if (field !== undefined && field.state !== "missing") return setting(whole, field);
    return forced && (name === "device" || name === "fsType") ? unsure(whole, { state: "missing" }) : own;
  };
  const overlay = known(guest.writableStoreOverlay);
  const options = optionsOf(guest, mountPoint);
  const listed = options.is === "known" ? options.value : [];
  return {
    mountPoint,
    device: deviceOf(over("device", ownDevice(volume)), volume, letter),
    fsType: over("fsType", setting("fsType", volume.fsType)),
    options,
    autoFormat: orOption(over("autoFormat", { is: "known", value: false }), listed.includes("x-systemd.makefs")),
    autoResize: orOption(over("autoResize", { is: "known", value: false }), listed.includes("x-systemd.growfs")),
    neededForBoot: neededOf(guest, mountPoint, overlay !== null && mountPoint === overlay),
  };
}

/** `noauto`: the guest mounts it at no boot. */
export function isLeftOut({ options }: Mount): boolean {
  return options.is === "known" && options.value.includes("noauto");
}

/** What the guest's modules say of a mount point in full. */
function declaredMount({ start }: Guest, mountPoint: string): Element<DeclaredMount> | undefined {
  return start?.mounts.items.get(mountPoint) ?? start?.mounts.items.get(plain(mountPoint));
}

function optionsOf(guest: Guest, mountPoint: string): Setting<readonly string[]> {
  const declared = declaredMount(guest, mountPoint);
  const field = `fileSystems."${mountPoint}".options`;
  const unknown = (why: Unknown | null): Setting<never> => ({ is: "unknown", field, why });
  const open = declared ? (declared.conditional ?? declared.value.options.open) : (guest.start?.mounts.open ?? null);
  if (open) return unknown(open);
  const words: string[] = [];
  for (const { value, conditional } of declared?.value.options.items ?? []) {
    if (conditional) return unknown(conditional);
    const word = plainText(value);
    if (word === undefined) return unknown(value.state === "unknown" ? value.unknown : null);
    words.push(...word.split(","));
  }
  return { is: "known", value: words };
}

function neededOf(guest: Guest, mountPoint: string, own: boolean): Setting<boolean> {
  const declared = declaredMount(guest, mountPoint);
  const name = `fileSystems."${mountPoint}".neededForBoot`;
  if (!declared) return { is: "known", value: own };
  if (declared.conditional) return { is: "unknown", field: name, why: declared.conditional };
  const field = declared.value.neededForBoot;
  return field.state === "missing" ? { is: "known", value: own } : setting(name, field);
}

function orOption(own: Setting<boolean>, option: boolean): Setting<boolean> {
  return option ? { is: "known", value: true } : own;
}

function ownDevice(volume: Volume): Setting<string> {
  const label = setting("label", volume.label);
  if (label.is === "unknown") return label;
  return { is: "known", value: label.value === null ? "" : `${byLabel}${label.value}` };
}

const byLabel = "/dev/disk/by-label/";
const byUuid = "/dev/disk/by-uuid/";

function deviceOf(device: Setting<string>, volume: Volume, letter: string | null): Setting<Device> {
  if (device.is === "unknown") return device;
  const { value } = device;
  const own = known(volume.label);
  const found = (value: Device): Setting<Device> => ({ is: "known", value });
  if (value === "") return found({ by: "letter", letter });
  if (value.startsWith(byLabel)) {
    const label = value.slice(byLabel.length);
    return found({ by: "label", label, overridden: label !== own });
  }
  if (value.startsWith(byUuid)) return found({ by: "uuid", uuid: value.slice(byUuid.length) });
  if (/^\/dev\/vd[a-z]$/.test(value)) return found({ by: "letter", letter: value.slice(-1) });
  return found({ by: "other", device: value });
}

function setting<T>(name: string, field: Field<T>): Setting<T> {
  return field.state === "set" || field.state === "default" ? { is: "known", value: field.value } : unsure(name, field);
}

function unsure(name: string, field: Field<unknown>): Setting<never> {
  return { is: "unknown", field: name, why: field.state === "unknown" ? field.unknown : null };
}

/** One spelling of a path: without a slash at the end, `/` itself apart. */
export function plain(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/** The value of a setting, or undefined. */
export function settled<T>(setting: Setting<T>): T | undefined {
  return setting.is === "known" ? setting.value : undefined;
}
