import type { Unknown, Value } from "../nix/eval/value.ts";
import type { Evaluation } from "../nix/modules/evaluate.ts";
import {
  type Field,
  type GrowPolicy,
  type Guest,
  type Host,
  type Keeper,
  known,
  type Renewal,
  renewals,
  type Volume,
} from "./model.ts";
import { asBoolean, asString, attributeOf } from "./read.ts";
import { at, attribute } from "./start/texts.ts";

/** What is set for one volume, one guest or the whole host; undefined: nothing, so that what stands above it counts. */
interface Settings {
  readonly grow: boolean | undefined;
  readonly how: GrowPolicy["how"] | undefined;
  readonly onFailure: GrowPolicy["onFailure"] | undefined;
  readonly renew: Renewal | undefined;
}

/** What a host sets of services.microvm-lens (nix/options.json), as far as it bears on images before a start. */
export interface HostKeeper {
  readonly enabled: boolean;
  /** Something of it is not known: then nothing is claimed of what it does. */
  readonly open: boolean;
  readonly mountOnHost: boolean;
  readonly storeOverlay: Renewal;
  readonly host: Settings;
  readonly guests: ReadonlyMap<string, { readonly own: Settings; readonly volumes: ReadonlyMap<string, Settings> }>;
}

/** Reads it out of a host's configuration, as plain data; null where nothing is set. */
export function readKeeper(evaluation: Evaluation): HostKeeper | null {
  const set = at(attributeOf(evaluation, "services"), "microvm-lens");
  if (set === undefined) return null;
  const reader = new Reader();
  const guests = reader.each(at(set, "guests"), (guest) => ({
    own: reader.settings(guest),
    volumes: reader.each(at(guest, "volumes"), (volume) => reader.settings(volume)),
  }));
  const host = reader.settings(set);
  const enabled = reader.boolean(set, "enable") === true;
  const mountOnHost = reader.boolean(at(set, "grow"), "mountOnHost") === true;
  const storeOverlay = reader.word(at(set, "ephemeral"), "storeOverlay", renewals) ?? "never";
  return { enabled, mountOnHost, storeOverlay, host, guests, open: reader.open || set.type !== "attrs" };
}

class Reader {
  open = false;

  settings(set: Value | undefined): Settings {
    const grow = at(set, "grow");
    return {
      grow: this.boolean(grow, "enable"),
      how: this.word(grow, "how", ["copy", "in-place"]),
      onFailure: this.word(grow, "onFailure", ["start", "refuse"]),
      renew: this.word(set, "renew", renewals),
    };
  }

  each<T>(set: Value | undefined, read: (value: Value) => T): ReadonlyMap<string, T> {
    if (set === undefined) return new Map();
    if (set.type !== "attrs") {
      this.open = true;
      return new Map();
    }
    return new Map([...set.entries].map(([name, { thunk }]) => [name, read(thunk.force())]));
  }

  boolean(set: Value | undefined, name: string): boolean | undefined {
    return this.#known(set && attribute(set, name, asBoolean)) ?? undefined;
  }

  word<const T extends string>(set: Value | undefined, name: string, words: readonly T[]): T | undefined {
    const convert = (value: Value): string | null | Unknown | undefined =>
      value.type === "null" ? null : asString(value);
    const value = this.#known(set && attribute(set, name, convert)) ?? undefined;
    const found = words.find((word) => word === value);
    if (value !== undefined && found === undefined) this.open = true;
    return found;
  }

  #known<T>(field: Field<T> | undefined): T | undefined {
    if (field?.state === "unknown") this.open = true;
    return field && known(field);
  }
}

/**
 * What is done with the image of a volume before each start: as real Nix wrote it down, else as the host's configuration
 * says, the volume's settings before its guest's and these before the host's. Null: nothing; "open": that is not known.
 */
export function keeperOf(host: Host | null, guest: Guest, volume: Volume): Keeper | "open" | null {
  if (volume.keeper) return volume.keeper;
  const keeper = host?.keeper;
  if (!keeper) return null;
  if (keeper.open) return "open";
  if (!keeper.enabled) return null;
  const ofGuest = keeper.guests.get(guest.name);
  const own = ofGuest?.volumes.get(known(volume.image) ?? "");
  const order = [own, ofGuest?.own, keeper.host];
  const first = <K extends keyof Settings>(key: K) => order.find((each) => each?.[key] !== undefined)?.[key];
  const overlay = known(guest.writableStoreOverlay);
  const isOverlay = overlay != null && known(volume.mountPoint) === overlay;
  const grow: GrowPolicy = {
    how: first("how") ?? "copy",
    mount: keeper.mountOnHost,
    onFailure: first("onFailure") ?? "start",
  };
  return {
    grow: first("grow") === true ? grow : null,
    renew: own?.renew ?? (isOverlay ? keeper.storeOverlay : "never"),
  };
}
