import { JsonReader, WrongShape } from "../base/json-reader.ts";
import { type GrowPolicy, type Renewal, renewals } from "../microvm/model.ts";

/**
 * What a host's configuration declares of its guests, as real Nix evaluated it: the file that services.microvm-lens writes
 * and `--declared FILE` reads. docs/schemas/declared.schema.json describes it.
 */
export interface Declared {
  /** Name of the host, or null. */
  readonly host: string | null;
  /** `microvm.stateDir`. */
  readonly stateDir: string;
  readonly guests: readonly DeclaredGuest[];
  /** Services of the host that are ordered around guests, or that guests ask for. */
  readonly units: readonly DeclaredUnit[];
  /** Where the host mounts something, but for its root. */
  readonly mounts: readonly string[];
  /** What counts for guests of the state directory that are not declared here; null: nothing does. */
  readonly others: Others | null;
}

/** A unit file: each setting has its lines. */
export interface DeclaredUnit {
  readonly name: string;
  /** `before`, `requires` … as NixOS calls them. */
  readonly relations: ReadonlyMap<string, readonly string[]>;
  /** Conditions of `[Unit]`. */
  readonly unit: ReadonlyMap<string, readonly string[]>;
  /** Of `[Service]`. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
}

/** Policies of the host for guests that are deployed on their own, whose volumes their own runner names. */
export interface Others {
  /** As {@link DeclaredGuest.hostCommands}. */
  readonly hostCommands: readonly string[];
  readonly policies: Policies;
  /** What is set for one of them, by its name. */
  readonly guests: ReadonlyMap<string, OtherGuest>;
}
export interface OtherGuest {
  readonly hostCommands: readonly string[];
  readonly policies: Policies;
  /** By image. */
  readonly volumes: ReadonlyMap<string, Policies>;
}
/** Of any volume, and of the one that is the store overlay. */
export interface Policies {
  readonly volume: Policy;
  readonly overlay: Policy;
}

/** What is done with an image before a start. */
export interface Policy {
  readonly grow: GrowPolicy | null;
  readonly renew: Renewal;
  /** Days for which what a renewal moves aside is kept; 0: it is removed at once. */
  readonly renewKeepDays: number;
}

export interface DeclaredGuest {
  readonly name: string;
  /** Deployed on its own: its runner says what it declares, not the host. */
  readonly own: boolean;
  /** Its directory: absolute. */
  readonly directory: string;
  readonly hypervisor: string;
  readonly storeOnDisk: boolean;
  readonly storeDiskType: string | null;
  readonly storeOptimise: boolean;
  readonly writableStoreOverlay: string | null;
  readonly preStart: string;
  /** Commands that other modules run in the guest's unit before its runner. */
  readonly hostCommands: readonly string[];
  readonly shares: readonly DeclaredShare[];
  readonly fileSystems: readonly DeclaredFileSystem[];
  readonly volumes: readonly DeclaredVolume[];
}

export interface DeclaredShare {
  readonly source: string;
  readonly mountPoint: string;
  readonly proto: string;
}

/** One entry of the guest's evaluated `fileSystems`. */
export interface DeclaredFileSystem {
  readonly mountPoint: string;
  readonly device: string | null;
  readonly fsType: string;
  readonly options: readonly string[];
  readonly autoResize: boolean;
  readonly autoFormat: boolean;
  readonly neededForBoot: boolean;
}

export interface DeclaredVolume extends Policy {
  readonly image: string;
  readonly mountPoint: string | null;
  /** MiB; null: not given, which only a volume without autoCreate may leave out. */
  readonly sizeMiB: number | null;
  readonly fsType: string;
  readonly label: string | null;
  readonly autoCreate: boolean;
  readonly readOnly: boolean;
  readonly direct: boolean | null;
  readonly serial: string | null;
  readonly imageType: string;
  readonly mkfsExtraArgs: readonly string[];
}

/** Reads the text of a file. A string says what is wrong with it. */
export function readDeclared(text: string): Declared | string {
  return reading(text, (reader) => {
    const stateDir = absolute(reader, "stateDir");
    const others = reader.object("others");
    return {
      host: reader.stringOrNull("host"),
      stateDir,
      guests: reader.objects("guests").map((guest) => guestFrom(guest, stateDir)),
      units: reader.objects("units").map((unit) => ({
        name: unit.string("name"),
        relations: unit.lists("relations"),
        unit: unit.lists("unit"),
        settings: unit.lists("settings"),
      })),
      mounts: reader.strings("mounts"),
      others: others && othersFrom(others),
    };
  });
}

/**
 * Reads what the runner of a guest says that is deployed on its own (nix/guest.nix). Its name is that of its directory, and
 * policies are the host's: none are taken from it. A string says what is wrong with it.
 */
export function readOwnGuest(text: string, directory: string, others: Others | null): DeclaredGuest | string {
  return reading(text, (reader) => {
    const guest = reader.object("guest");
    if (guest === null) throw new WrongShape("it has no guest");
    const name = directory.slice(directory.lastIndexOf("/") + 1);
    const found = guestFrom(guest, "/");
    const set = others?.guests.get(name);
    const volumes = found.volumes.map((volume) => {
      const policies = set?.volumes.get(volume.image) ?? set?.policies ?? others?.policies;
      const isOverlay = volume.mountPoint !== null && volume.mountPoint === found.writableStoreOverlay;
      return { ...volume, ...noPolicy, ...policies?.[isOverlay ? "overlay" : "volume"] };
    });
    const hostCommands = set?.hostCommands ?? others?.hostCommands ?? [];
    return { ...found, name, directory, own: true, hostCommands, volumes };
  });
}

const noPolicy: Policy = { grow: null, renew: "never", renewKeepDays: 0 };

function reading<T>(text: string, take: (reader: JsonReader) => T): T | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  try {
    const reader = new JsonReader(value, "it");
    const schema = reader.number("schema");
    return schema === 1 ? take(reader) : `its schema is ${schema}, and this version reads 1`;
  } catch (error) {
    if (error instanceof WrongShape) return error.message;
    throw error;
  }
}

function othersFrom(others: JsonReader): Others {
  return {
    hostCommands: others.strings("hostCommands"),
    policies: policiesFrom(others),
    guests: others.named("guests", (guest) => ({
      hostCommands: guest.strings("hostCommands"),
      policies: policiesFrom(guest),
      volumes: guest.named("volumes", policiesFrom),
    })),
  };
}

function policiesFrom(reader: JsonReader): Policies {
  const of = (key: string) => {
    const policy = reader.object(key);
    return policy === null ? noPolicy : policyFrom(policy);
  };
  return { volume: of("volume"), overlay: of("overlay") };
}

function policyFrom(reader: JsonReader): Policy {
  const grow = reader.object("grow");
  return {
    grow: grow && {
      how: grow.word("how", ["copy", "in-place"]),
      mount: grow.booleanOrNull("mount") ?? false,
      onFailure: grow.word("onFailure", ["start", "refuse"]),
    },
    renew: reader.has("renew") ? reader.word("renew", renewals) : "never",
    renewKeepDays: reader.numberOrNull("renewKeepDays") ?? 0,
  };
}

function guestFrom(guest: JsonReader, stateDir: string): DeclaredGuest {
  const name = guest.string("name");
  // It becomes the name of a folder and of a unit.
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0"))
    throw new WrongShape("the name of a guest is not one of a folder");
  return {
    name,
    own: false,
    directory: guest.has("directory") ? absolute(guest, "directory") : `${stateDir.replace(/\/+$/, "")}/${name}`,
    hypervisor: guest.string("hypervisor"),
    storeOnDisk: guest.boolean("storeOnDisk"),
    storeDiskType: guest.stringOrNull("storeDiskType"),
    storeOptimise: guest.booleanOrNull("storeOptimise") ?? false,
    writableStoreOverlay: guest.stringOrNull("writableStoreOverlay"),
    preStart: guest.stringOrNull("preStart") ?? "",
    hostCommands: guest.strings("hostCommands"),
    shares: guest.objects("shares").map((share) => ({
      source: share.string("source"),
      mountPoint: share.string("mountPoint"),
      proto: share.string("proto"),
    })),
    fileSystems: guest.objects("fileSystems").map((entry) => ({
      mountPoint: entry.string("mountPoint"),
      device: entry.stringOrNull("device"),
      fsType: entry.string("fsType"),
      options: entry.strings("options"),
      autoResize: entry.booleanOrNull("autoResize") ?? false,
      autoFormat: entry.booleanOrNull("autoFormat") ?? false,
      neededForBoot: entry.booleanOrNull("neededForBoot") ?? false,
    })),
    volumes: guest.objects("volumes").map(volumeFrom),
  };
}

function volumeFrom(volume: JsonReader): DeclaredVolume {
  const image = volume.string("image");
  if (image === "" || image.includes("\0")) throw new WrongShape("an image has no name");
  const sizeMiB = volume.numberOrNull("sizeMiB");
  if (sizeMiB !== null && !Number.isSafeInteger(sizeMiB * 1024 * 1024))
    throw new WrongShape(`the size of ${image} is not a number of MiB`);
  return {
    image,
    mountPoint: volume.stringOrNull("mountPoint"),
    sizeMiB,
    fsType: volume.string("fsType"),
    label: volume.stringOrNull("label"),
    autoCreate: volume.boolean("autoCreate"),
    readOnly: volume.booleanOrNull("readOnly") ?? false,
    direct: volume.booleanOrNull("direct"),
    serial: volume.stringOrNull("serial"),
    imageType: volume.stringOrNull("imageType") ?? "raw",
    mkfsExtraArgs: volume.strings("mkfsExtraArgs"),
    ...policyFrom(volume),
  };
}

function absolute(reader: JsonReader, key: string): string {
  const path = reader.string(key);
  if (!path.startsWith("/") || path.includes("\0")) throw new WrongShape(`${key} is not an absolute path`);
  return path;
}
