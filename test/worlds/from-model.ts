import { type Field, type Guest, type Host, known, type Volume } from "../../server/src/microvm/model.ts";
import type {
  HostStart,
  Listed,
  Unit as ModelUnit,
  Texts,
  TmpfilesRule,
} from "../../server/src/microvm/start/start.ts";
import type { Script } from "../../server/src/shell/script.ts";
import { q } from "./nix-text.ts";
import type { Command, FsType, Gift, MountPatch, OwnPart, Setting, Unit, VolumeSpec } from "./world.ts";

/** Something in a declaration cannot be played from what was read of it. */
export class NotPlayable extends Error {}

/**
 * A declaration that was edited, as the product read it, to be played anew: what a fix wrote is in no world's data. That
 * the product reads declarations rightly is judged elsewhere, beside real Nix.
 */
export function fromModel(setting: Setting, guest: Guest, host: Host | null): { setting: Setting; gift: Gift } {
  const scripts = new Scripts(setting.folder);
  const volumes = guest.volumes.map(volumeOf);
  const hypervisor = must(guest.hypervisor);
  const overlay = must(guest.writableStoreOverlay);
  const start = host?.start;
  const gift: Gift = {
    preStart: guest.start && guest.start.preStart.state !== "missing" ? [scripts.text(guest.start.preStart)] : [],
    mounts: mountsOf(guest),
    ...(start ? hostGift(setting, start, scripts) : {}),
  };
  const storeShared = !must(guest.storeOnDisk);
  return {
    setting: { ...setting, volumes, hypervisor, overlay, storeShared },
    gift: { ...gift, written: scripts.lines() },
  };
}

function volumeOf(volume: Volume): VolumeSpec {
  if (volume.conditional !== null) throw new NotPlayable("a conditional volume");
  if (must(volume.imageType) !== "raw") throw new NotPlayable("another format than raw");
  return {
    image: must(volume.image),
    fsType: must(volume.fsType) as FsType,
    sizeMiB: must(volume.sizeMiB),
    label: must(volume.label),
    mountPoint: must(volume.mountPoint),
    autoCreate: must(volume.autoCreate),
    readOnly: must(volume.readOnly),
    mkfsExtraArgs: must(volume.mkfsExtraArgs),
  };
}

function mountsOf({ start }: Guest): MountPatch[] {
  return [...(start?.mounts.items ?? [])].map(([mountPoint, { value }]) => {
    const patch: { -readonly [K in keyof MountPatch]: MountPatch[K] } = { mountPoint };
    const device = known(value.device);
    if (device != null) patch.device = device;
    const fsType = known(value.fsType);
    if (fsType !== undefined) patch.fsType = fsType;
    const needed = known(value.neededForBoot);
    if (needed !== undefined) patch.neededForBoot = needed;
    if (known(value.autoFormat)) patch.autoFormat = true;
    if (known(value.autoResize)) patch.autoResize = true;
    patch.options = words(value.options);
    return patch;
  });
}

function hostGift(setting: Setting, start: HostStart, scripts: Scripts): Gift {
  const units: Unit[] = [];
  const own: OwnPart[] = [];
  for (const [name, { value }] of start.units.items) {
    if (!name.endsWith(".service")) continue;
    if (name === "microvm@.service" || name === `microvm@${setting.guest}.service`)
      own.push(ownPart(setting, value, scripts));
    else units.push(unitOf(name, value, scripts));
  }
  const rules = [...start.tmpfiles.items, ...start.tmpfilesSettings.items].map(({ value }) => ruleLine(value));
  const activation = [...start.activation.items.values()].map(({ value }) => scripts.text(value.text));
  return { units, own, tmpfiles: rules, activation };
}

function unitOf(name: string, unit: ModelUnit, scripts: Scripts): Unit {
  const { before, after, requires, wants, requiredBy, wantedBy, partOf } = unit.relations;
  const user = lines(unit, "User", scripts)[0] === "microvm" ? "microvm" : "root";
  return {
    name,
    before: words(before),
    after: words(after),
    requires: words(requires),
    wants: words(wants),
    requiredBy: words(requiredBy),
    wantedBy: words(wantedBy),
    partOf: words(partOf),
    remains: lines(unit, "RemainAfterExit", scripts)[0] === "true",
    user,
    conditions: conditionsOf(unit, scripts),
    commands: ["ExecStartPre", "ExecStart"].flatMap((key) => lines(unit, key, scripts).map((line) => commandOf(line))),
  };
}

function ownPart({ guest }: Setting, unit: ModelUnit, scripts: Scripts): OwnPart {
  const specified = (line: string) => line.replaceAll("%i", guest).replaceAll("%I", guest);
  return {
    pre: lines(unit, "ExecStartPre", scripts).map((line) => commandOf(specified(line))),
    requires: words(unit.relations.requires).map(specified),
    wants: words(unit.relations.wants).map(specified),
    after: words(unit.relations.after).map(specified),
    conditions: conditionsOf(unit, scripts),
    directories: [
      ...lines(unit, "CacheDirectory", scripts).map((name) => `/var/cache/${specified(name)}`),
      ...lines(unit, "StateDirectory", scripts).map((name) => `/var/lib/${specified(name)}`),
    ],
  };
}

function conditionsOf(unit: ModelUnit, scripts: Scripts): NonNullable<Unit["conditions"]> {
  return (["ConditionPathExists", "AssertPathExists"] as const).flatMap((key) =>
    (unit.unit.items.get(key)?.value.items ?? []).map(({ value }) => {
      const path = scripts.text(value);
      return { path: path.replace(/^!/, ""), not: path.startsWith("!"), assert: key.startsWith("Assert") };
    }),
  );
}

function lines(unit: ModelUnit, key: string, scripts: Scripts): string[] {
  return (unit.settings.items.get(key)?.value.items ?? []).map(({ value }) => scripts.text(value));
}

function commandOf(line: string): Command {
  const [, prefix = "", text = ""] = /^([-+!:|]*)([\s\S]*)$/.exec(line) ?? [];
  return { kind: "exec", text, ignored: prefix.includes("-"), full: prefix.includes("+") };
}

function ruleLine(field: Field<TmpfilesRule>): string {
  const { type, modifiers, path, mode, user, group, age, argument } = must(field);
  return [
    type + modifiers,
    ...[path, mode, user, group, age, argument].map((part) => (part === null ? "-" : plainScript(part))),
  ].join(" ");
}

function words(list: Listed<Field<Texts>>): string[] {
  return list.items.map(({ value }) => plainScript(only(value)));
}

function plainScript(script: Script): string {
  return script
    .map((piece) => {
      if (typeof piece !== "string") throw new NotPlayable("a hole");
      return piece;
    })
    .join("");
}

function only(field: Field<Texts>): Script {
  const [text, other] = must(field);
  if (text === undefined || other !== undefined) throw new NotPlayable("several texts");
  return text;
}

function must<T>(field: Field<T>): T {
  const value = known(field);
  if (value === undefined) throw new NotPlayable(`a field that is ${field.state}`);
  return value;
}

/** Texts with holes become texts with paths; scripts behind holes become files. */
class Scripts {
  readonly #folder: string;
  readonly #files = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  text(field: Field<Texts>): string {
    return this.#filled(only(field));
  }

  /** Lines of bash that write the files. */
  lines(): string[] {
    const made = [...this.#files].map(([path, text]) => `printf %s ${q(text)} > ${q(path)}; chmod 0755 ${q(path)}`);
    return [`mkdir -p ${q(`${this.#folder}/scripts`)}`, ...made];
  }

  #filled(script: Script): string {
    return script
      .map((piece) => {
        if (typeof piece === "string") return piece;
        if (piece.script) {
          const path = `${this.#folder}/scripts/${this.#files.size}`;
          this.#files.set(path, this.#filled(piece.script));
          return path;
        }
        if (piece.package === undefined) throw new NotPlayable("a hole without a package");
        return `@PKGS@/${piece.package}`;
      })
      .join("");
  }
}
