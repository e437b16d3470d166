import { type Declarations, type Field, type Guest, known, type Volume } from "../microvm/model.ts";
import type { NixAnswer, NixGuest, NixVolume } from "./answer.ts";

/** One thing on which we and real Nix do not agree. Values as JSON; `undefined` stands for "no such thing". */
export interface Difference {
  readonly guest: string;
  readonly host: string | null;
  /** `volumes[1].size`, `hypervisor`, `guest` … */
  readonly what: string;
  readonly ours: unknown;
  readonly nix: unknown;
}

export interface Comparison {
  readonly guests: number;
  /** Values that are the same. */
  readonly equal: number;
  /** Values that Nix knows and we do not: honest, but worth a look. */
  readonly unknown: readonly { readonly guest: string; readonly what: string }[];
  readonly differences: readonly Difference[];
}

/** Compares what we read with what real Nix says, value by value. A value that we do not know is never a difference. */
export function compare(declarations: Declarations, answer: NixAnswer): Comparison {
  const unknown: { guest: string; what: string }[] = [];
  const differences: Difference[] = [];
  let equal = 0;
  let guests = 0;

  for (const { name, host, guest: theirs } of guestsOf(answer)) {
    guests++;
    const ours = declarations.guests.find((guest) => guest.name === name && guest.host === host);
    if (!ours) {
      // A guest that evaluation could not reach is missing, not denied: only a closed world says "there is none".
      if (declarations.complete)
        differences.push({ guest: name, host, what: "guest", ours: undefined, nix: "declared" });
      else unknown.push({ guest: name, what: "guest" });
      continue;
    }
    const field = <T>(what: string, mine: Field<T>, nix: unknown) => {
      const value = mine.state === "missing" ? undefined : known(mine);
      if (mine.state === "unknown") unknown.push({ guest: name, what });
      else if (JSON.stringify(value) === JSON.stringify(nix)) equal++;
      else differences.push({ guest: name, host, what, ours: value, nix });
    };
    if (theirs.hostName) field("hostName", ours.hostName, theirs.hostName.value);
    if (theirs.hypervisor) field("hypervisor", ours.hypervisor, theirs.hypervisor.value);
    if (theirs.writableStoreOverlay) {
      field("writableStoreOverlay", ours.writableStoreOverlay, theirs.writableStoreOverlay.value);
    }
    if (theirs.volumes) compareVolumes(ours, theirs.volumes.value, field, { name, host, unknown, differences });
  }
  return { guests, equal, unknown, differences };
}

function compareVolumes(
  ours: Guest,
  theirs: readonly NixVolume[],
  field: (what: string, mine: Field<unknown>, nix: unknown) => void,
  found: { name: string; host: string | null; unknown: { guest: string; what: string }[]; differences: Difference[] },
): void {
  const unsure = ours.volumesOpen !== null || ours.volumes.some(({ conditional }) => conditional !== null);
  if (ours.volumes.length !== theirs.length) {
    if (unsure) found.unknown.push({ guest: found.name, what: "volumes" });
    else {
      const { name: guest, host } = found;
      found.differences.push({ guest, host, what: "volumes", ours: ours.volumes.length, nix: theirs.length });
    }
    return;
  }
  theirs.forEach((volume, i) => {
    const mine = ours.volumes[i];
    if (!mine) return;
    for (const [option, key] of options) {
      const attempt = volume[option];
      if (attempt) field(`volumes[${i}].${option}`, mine[key], attempt.value);
    }
  });
}

/** Options of a volume and the fields of the model that hold them. */
const options = [
  ["image", "image"],
  ["size", "sizeMiB"],
  ["mountPoint", "mountPoint"],
  ["fsType", "fsType"],
  ["label", "label"],
  ["autoCreate", "autoCreate"],
  ["readOnly", "readOnly"],
  ["direct", "direct"],
  ["serial", "serial"],
  ["imageType", "imageType"],
  ["mkfsExtraArgs", "mkfsExtraArgs"],
] as const satisfies readonly (readonly [string, keyof Volume])[];

function* guestsOf(answer: NixAnswer): Generator<{ name: string; host: string | null; guest: NixGuest }> {
  for (const [name, configuration] of Object.entries(answer)) {
    if (configuration.guest) yield { name, host: null, guest: configuration.guest };
    for (const [vm, guest] of Object.entries(configuration.vms)) {
      if (guest) yield { name: vm, host: name, guest };
    }
  }
}
