import { posix } from "node:path";
import { verbatim } from "../base/text.ts";
import type { Declarations, Field, FileSystem, Guest, Host, Volume } from "../microvm/model.ts";
import type {
  Element,
  GuestStart,
  HostStart,
  Initrd,
  Listed,
  Mount,
  Named,
  Relation,
  Texts,
  Unit,
} from "../microvm/start/start.ts";
import { relations } from "../microvm/start/start.ts";
import type { Origin } from "../nix/eval/value.ts";
import type { Piece } from "../shell/script.ts";
import type { Declared, DeclaredFileSystem, DeclaredGuest, DeclaredUnit, DeclaredVolume } from "./file.ts";

/** The text of a script in the store, or null where it is none or cannot be read. */
export type ScriptReader = (path: string) => string | null;

/**
 * The same declarations as evaluation gives, out of what real Nix wrote down: every value is known, and none has a place in
 * a file.
 */
export function declarationsOf(declared: Declared, scripts: ScriptReader): Declarations {
  const host = hostNameOf(declared);
  return {
    hosts: [hostOf(host, declared, scripts)],
    guests: declared.guests.map((guest) => guestOf(guest, declared, host)),
    problems: [],
    complete: true,
  };
}

/** What the host is called in findings and settings. */
export function hostNameOf({ host }: Declared): string {
  return host ?? "localhost";
}

function value<T>(known: T): Field<T> {
  return { state: "default", value: known };
}

const missing = { state: "missing" } as const;
const nowhere: Origin = { at: null, step: "import", from: [] };

function guestOf(guest: DeclaredGuest, { stateDir }: Declared, host: string): Guest {
  const below = posix.relative(posix.normalize(stateDir), posix.normalize(guest.directory));
  return {
    name: guest.name,
    nameFrom: "microvm.vms",
    host,
    hostName: value(guest.name),
    directoryNames: [below],
    stateDir: value(stateDir),
    hypervisor: value(guest.hypervisor),
    storeOnDisk: value(guest.storeOnDisk),
    writableStoreOverlay: value(guest.writableStoreOverlay),
    preStart: value(guest.preStart),
    shares: guest.shares.map((share) => ({
      source: value(share.source),
      mountPoint: value(share.mountPoint),
      proto: value(share.proto),
    })),
    fileSystems: new Map(guest.fileSystems.map((entry) => [entry.mountPoint, fileSystemOf(entry)])),
    storeDiskType: guest.storeDiskType === null ? missing : value(guest.storeDiskType),
    storeOptimise: value(guest.storeOptimise),
    start: startOf(guest),
    volumes: guest.volumes.map(volumeOf),
    volumesOpen: null,
    at: null,
    modules: [],
  };
}

function volumeOf(volume: DeclaredVolume, position: number): Volume {
  return {
    position,
    image: value(volume.image),
    sizeMiB: volume.sizeMiB === null ? missing : value(volume.sizeMiB),
    mountPoint: value(volume.mountPoint),
    fsType: value(volume.fsType),
    label: value(volume.label),
    autoCreate: value(volume.autoCreate),
    readOnly: value(volume.readOnly),
    direct: value(volume.direct),
    serial: value(volume.serial),
    imageType: value(volume.imageType),
    mkfsExtraArgs: value(volume.mkfsExtraArgs),
    conditional: null,
    keeper: { grow: volume.grow, renew: volume.renew },
    origin: nowhere,
    at: null,
  };
}

function fileSystemOf(entry: DeclaredFileSystem): FileSystem {
  return {
    ...(entry.device === null ? {} : { device: value(entry.device) }),
    fsType: value(entry.fsType),
    autoResize: value(entry.autoResize),
    autoFormat: value(entry.autoFormat),
    at: null,
  };
}

const none = { items: [], open: null };

function noneNamed<T>(): Named<T> {
  return { items: new Map(), open: null };
}

function element<T>(known: T): Element<T> {
  return { value: known, conditional: null, at: null };
}

function texts(words: string): Field<Texts> {
  return value([[words]]);
}

function listed(all: readonly string[]): Listed<Field<Texts>> {
  return { items: all.map((words) => element(texts(words))), open: null };
}

/** A command whose program is a script of the store is as good as what that script does. */
function commands(all: readonly string[], scripts: ScriptReader): Listed<Field<Texts>> {
  const items = all.map((line) => {
    const found = /^[-+!@:|]*(\/nix\/store\/\S+)/.exec(line);
    const [whole, path] = [found?.[0] ?? "", found?.[1] ?? ""];
    const script = path === "" ? null : scripts(path);
    if (script === null) return element(texts(line));
    const hole: Piece = { why: verbatim(path), holds: "word", prefix: "/nix/store/", script: [script] };
    return element(value([[whole.slice(0, whole.length - path.length), hole, line.slice(whole.length)]]));
  });
  return { items, open: null };
}

const noInitrd: Initrd = { systemd: missing, hooks: new Map(), units: noneNamed() };

function startOf({ preStart, fileSystems }: DeclaredGuest): GuestStart {
  return {
    unseen: null,
    preStart: preStart.trim() === "" ? missing : texts(preStart),
    preStartParts: preStart.trim() === "" ? [] : [element(texts(preStart))],
    mounts: {
      items: new Map(fileSystems.map((entry) => [entry.mountPoint, element(mountOf(entry))])),
      open: null,
      forced: false,
    },
    persistence: noneNamed(),
    luks: noneNamed(),
    swap: none,
    repart: missing,
    units: noneNamed(),
    initrd: noInitrd,
  };
}

function mountOf(entry: DeclaredFileSystem): Mount {
  return {
    device: value(entry.device),
    label: missing,
    fsType: value(entry.fsType),
    options: listed(entry.options),
    neededForBoot: value(entry.neededForBoot),
    autoResize: value(entry.autoResize),
    autoFormat: value(entry.autoFormat),
    noCheck: missing,
    depends: none,
    overlay: null,
    forced: false,
  };
}

/** Of the host's units those are told that are ordered around guests, and what the guests' own run before the runner. */
function hostOf(name: string, { stateDir, guests, units }: Declared, scripts: ScriptReader): Host {
  const busy = guests.filter(({ hostCommands }) => hostCommands.length > 0);
  const around = new Map(units.map((unit) => [unit.name, element(unitOf(unit, scripts))]));
  for (const guest of busy) {
    const unit = ownUnit(guest, scripts);
    const { relations: written } = around.get(unit.name)?.value ?? unit;
    around.set(unit.name, element({ ...unit, relations: written }));
  }
  const start: HostStart = {
    unseen: null,
    units: { items: around, open: null },
    tmpfiles: none,
    tmpfilesSettings: none,
    activation: noneNamed(),
    userActivation: noneNamed(),
    mounts: { items: new Map(), open: null, forced: false },
    disko: none,
    users: noneNamed(),
    persistence: noneNamed(),
    initrd: noInitrd,
  };
  return {
    name,
    stateDir: value(stateDir),
    guests: guests.map((guest) => guest.name),
    services: new Map(),
    servicesOpen: null,
    start,
    at: null,
    modules: [],
  };
}

/** A service of the host, with the scripts in the store that it runs. */
function unitOf({ name, relations: written, unit, settings }: DeclaredUnit, scripts: ScriptReader): Unit {
  const runs = (key: string) => key.startsWith("Exec");
  const section = (lines: DeclaredUnit["settings"]): Unit["settings"] => ({
    items: new Map(
      [...lines].map(([key, all]) => [key, element(runs(key) ? commands(all, scripts) : listed(all))] as const),
    ),
    open: null,
  });
  return {
    name,
    unknown: null,
    enable: value(true),
    overrideStrategy: value("asDropinIfExists"),
    relations: Object.fromEntries(
      relations.map((each) => [each, listed(written.get(each) ?? [])]),
    ) as Unit["relations"],
    unit: section(unit),
    settings: section(settings),
    path: none,
    environment: noneNamed(),
    restartIfChanged: value(false),
    startAt: none,
  };
}

function ownUnit({ name, hostCommands }: DeclaredGuest, scripts: ScriptReader): Unit {
  return {
    name: `microvm@${name}.service`,
    unknown: null,
    enable: value(true),
    overrideStrategy: value("asDropin"),
    relations: Object.fromEntries(relations.map((each) => [each, none])) as Record<Relation, typeof none>,
    unit: noneNamed(),
    settings: { items: new Map([["ExecStartPre", element(commands(hostCommands, scripts))]]), open: null },
    path: none,
    environment: noneNamed(),
    restartIfChanged: value(false),
    startAt: none,
  };
}
