import { unsupported } from "../../nix/eval/make.ts";
import type { Unknown, Value } from "../../nix/eval/value.ts";
import type { Evaluation } from "../../nix/modules/evaluate.ts";
import type { Field } from "../model.ts";
import { asBoolean, asString, attributeOf, orNull } from "../read.ts";
import type {
  ActivationScript,
  Element,
  HostStart,
  Initrd,
  Listed,
  Mount,
  Mounts,
  Named,
  Persistence,
} from "./start.ts";
import { at, attribute, isForced, named, TextReader } from "./texts.ts";
import { readRules, readSettings } from "./tmpfiles.ts";
import { readUnits } from "./units.ts";

/** What the configuration of a host says of the time around the start of its guests. Read here and now, see kept.ts. */
export function readHostStart(evaluation: Evaluation): HostStart {
  const reader = new TextReader(evaluation.request.evaluator.files);
  const systemd = attributeOf(evaluation, "systemd");
  const system = attributeOf(evaluation, "system");
  const tmpfiles = at(systemd, "tmpfiles");
  return {
    unseen: unseenModule(evaluation),
    units: withOthers(readUnits(systemd, reader), otherUnits(evaluation, systemd)),
    tmpfiles: readRules(at(tmpfiles, "rules"), reader),
    tmpfilesSettings: readSettings(at(tmpfiles, "settings"), reader),
    activation: readActivation(at(system, "activationScripts"), reader),
    userActivation: readActivation(at(system, "userActivationScripts"), reader),
    mounts: readMounts(attributeOf(evaluation, "fileSystems"), reader),
    disko: readDisko(at(attributeOf(evaluation, "disko"), "devices")),
    users: named(at(attributeOf(evaluation, "users"), "users"), (user) => ({
      home: attribute(user, "home", asString),
      createHome: createsHome(user),
    })),
    persistence: readPersistence(evaluation, reader),
    initrd: readInitrd(evaluation, reader),
  };
}

/** Unit files that are written or taken from packages as a whole: what is in them is not read. */
function otherUnits(evaluation: Evaluation, systemd: Value | undefined): Unknown | null {
  for (const name of ["units", "packages"]) {
    const given = at(systemd, name);
    const some = given?.type === "attrs" ? given.entries.size > 0 : given?.type === "list" && given.items.length > 0;
    if (some) return unsupported(`systemd.${name}`);
  }
  const etc = at(attributeOf(evaluation, "environment"), "etc");
  const file =
    etc?.type === "attrs" ? [...etc.entries.keys()].find((key) => /^(systemd\/system|tmpfiles\.d)\//.test(key)) : null;
  return file ? unsupported(`environment.etc."${file}"`) : null;
}

function withOthers<T>(known: Named<T>, others: Unknown | null): Named<T> {
  return { ...known, open: known.open ?? others };
}

/** Why there may be more than what the modules say that are read; those of public flakes have nothing to do with guests. */
export function unseenModule(evaluation: Evaluation): Unknown | null {
  const { foreign } = evaluation.request;
  return evaluation.unseen().find((unseen) => foreign?.(unseen) !== "foreign")?.because ?? null;
}

/** A normal user's home is made unless it says otherwise (nixos/modules/config/users-groups.nix). */
function createsHome(user: Value): Field<boolean> {
  const said = attribute(user, "createHome", asBoolean);
  return said.state === "missing" ? attribute(user, "isNormalUser", asBoolean) : said;
}

/** In the order of lib.textClosureMap: by name, each after what it depends on. */
export function readActivation(value: Value | undefined, reader: TextReader): Named<ActivationScript> {
  const found = named(value, (script, place) =>
    script.type === "attrs"
      ? { text: reader.text(at(script, "text") ?? script, place), deps: reader.list(at(script, "deps"), place) }
      : { text: reader.text(script, place), deps: { items: [], open: null } },
  );
  const items = new Map<string, Element<ActivationScript>>();
  const put = (name: string, above: ReadonlySet<string>) => {
    const script = found.items.get(name);
    if (!script || items.has(name) || above.has(name)) return;
    for (const { value: field } of script.value.deps.items) {
      const [piece] = field.state === "set" ? (field.value[0] ?? []) : [];
      if (typeof piece === "string") put(piece, new Set([...above, name]));
    }
    items.set(name, script);
  };
  for (const name of [...found.items.keys()].sort()) put(name, new Set());
  return { items, open: found.open };
}

/** `fileSystems`, every attribute that bears on whether and how something is mounted. */
export function readMounts(value: Value | undefined, reader: TextReader): Mounts {
  const found = named(value, (mount, place): Mount => {
    const overlay = at(mount, "overlay");
    return {
      device: attribute(mount, "device", orNull(asString)),
      label: attribute(mount, "label", orNull(asString)),
      fsType: attribute(mount, "fsType", asString),
      options: reader.list(at(mount, "options"), place),
      neededForBoot: attribute(mount, "neededForBoot", asBoolean),
      autoResize: attribute(mount, "autoResize", asBoolean),
      autoFormat: attribute(mount, "autoFormat", asBoolean),
      noCheck: attribute(mount, "noCheck", asBoolean),
      depends: reader.list(at(mount, "depends"), place),
      overlay: overlay
        ? {
            lowerdir: reader.list(at(overlay, "lowerdir"), place),
            upperdir: attribute(overlay, "upperdir", orNull(asString)),
            workdir: attribute(overlay, "workdir", orNull(asString)),
          }
        : null,
      forced: isForced(mount),
    };
  });
  return { ...found, forced: isForced(value) };
}

/** Mount points anywhere in `disko.devices`. */
function readDisko(devices: Value | undefined): Listed<Field<string>> {
  const items: Element<Field<string>>[] = [];
  let open = devices?.type === "unknown" ? devices : null;
  const look = (value: Value, depth: number) => {
    if (value.type === "list") for (const item of value.items) look(item.thunk.force(), depth + 1);
    if (value.type !== "attrs" || depth > 14) return;
    for (const [name, entry] of value.entries) {
      const inner = entry.thunk.force();
      if (name === "mountpoint") {
        const field = attribute(value, name, orNull(asString));
        if (field.state === "set" && field.value === null) continue;
        items.push({ value: field as Field<string>, conditional: entry.conditional ?? null, at: entry.at });
      } else if (inner.type === "unknown" && depth < 4) open ??= inner;
      else look(inner, depth + 1);
    }
  };
  if (devices) look(devices, 0);
  return { items, open };
}

/** `environment.persistence` (github:nix-community/impermanence): texts, or sets with `directory` or `file`. */
export function readPersistence(evaluation: Evaluation, reader: TextReader): Named<Persistence> {
  return named(at(attributeOf(evaluation, "environment"), "persistence"), (value, place) => {
    const list = (key: "directories" | "files", inside: string) => {
      const given = at(value, key);
      if (given?.type !== "list") return reader.list(given, place);
      const items = given.items.map((item) => ({
        ...item,
        thunk: at(item.thunk.force(), inside) ? atThunk(item.thunk.force(), inside, item.thunk) : item.thunk,
      }));
      return reader.list({ ...given, items }, place);
    };
    return { directories: list("directories", "directory"), files: list("files", "file") };
  });
}

function atThunk<T>(value: Value, name: string, otherwise: T): T {
  const entry = value.type === "attrs" ? value.entries.get(name) : undefined;
  return (entry?.thunk as T | undefined) ?? otherwise;
}

const hookNames = [
  "preFailCommands",
  "preDeviceCommands",
  "preLVMCommands",
  "postDeviceCommands",
  "postResumeCommands",
  "postMountCommands",
] as const;

/** What the modules of the user's run in the initrd. */
export function readInitrd(evaluation: Evaluation, reader: TextReader): Initrd {
  const initrd = at(attributeOf(evaluation, "boot"), "initrd");
  const systemd = at(initrd, "systemd");
  const hooks = new Map<string, ReturnType<TextReader["text"]>>();
  for (const name of hookNames) {
    const entry = initrd?.type === "attrs" ? initrd.entries.get(name) : undefined;
    if (entry) hooks.set(name, reader.text(entry.thunk.force(), entry.at));
  }
  return {
    systemd: systemd ? attribute(systemd, "enable", asBoolean) : { state: "missing" },
    hooks,
    units: readUnits(systemd, reader),
  };
}
