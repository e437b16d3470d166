import type { Place, Value } from "../../nix/eval/value.ts";
import { asBoolean, asString } from "../read.ts";
import { type Named, relations, type Section, type Unit } from "./start.ts";
import { at, attribute, listed, named, type TextReader } from "./texts.ts";

/** Kinds of units by the name of their option under `systemd`, and the section of their own. */
const kinds = [
  { option: "services", ending: ".service", section: "serviceConfig" },
  { option: "timers", ending: ".timer", section: "timerConfig" },
  { option: "targets", ending: ".target", section: "targetConfig" },
  { option: "paths", ending: ".path", section: "pathConfig" },
] as const;

/**
 * All units under `systemd` (or `boot.initrd.systemd`) that the user's modules declare. `isWanted` is asked before anything
 * but the relations of a unit is looked at.
 */
export function readUnits(
  systemd: Value | undefined,
  reader: TextReader,
  isWanted: (unit: Value, name: string) => boolean = () => true,
): Named<Unit> {
  const items = new Map<string, NonNullable<ReturnType<Named<Unit>["items"]["get"]>>>();
  let open = systemd?.type === "unknown" ? systemd : null;
  for (const { option, ending, section } of kinds) {
    const found = named(
      at(systemd, option),
      (value, place, name) =>
        isWanted(value, `${name}${ending}`) ? readUnit(value, place, `${name}${ending}`, section, reader) : null,
      (place) => place !== null,
    );
    open ??= found.open;
    for (const [name, { value, ...more }] of found.items) if (value) items.set(`${name}${ending}`, { value, ...more });
  }
  const mounts = listed(at(systemd, "mounts"), null, (value, place) => readMount(value, place, reader));
  open ??= mounts.open;
  for (const { value, ...more } of mounts.items)
    if (value && isWanted(value.set, value.unit.name)) items.set(value.unit.name, { value: value.unit, ...more });
  return { items, open };
}

function readUnit(value: Value, place: Place, name: string, section: string, reader: TextReader): Unit {
  const list = (key: string) => reader.list(at(value, key), place);
  return {
    name,
    unknown: value.type === "unknown" ? value : null,
    enable: attribute(value, "enable", asBoolean),
    overrideStrategy: attribute(value, "overrideStrategy", asString),
    relations: Object.fromEntries(relations.map((relation) => [relation, list(relation)])) as Unit["relations"],
    unit: readSection(at(value, "unitConfig"), reader),
    settings: readSection(at(value, section), reader),
    path: list("path"),
    environment: readSection(at(value, "environment"), reader),
    restartIfChanged: attribute(value, "restartIfChanged", asBoolean),
    startAt: list("startAt"),
  };
}

function readSection(value: Value | undefined, reader: TextReader): Section {
  return named(value, (setting, place) => reader.list(setting, place));
}

/** One of `systemd.mounts`: its name is made of where it mounts. */
function readMount(
  value: Value,
  place: Place,
  reader: TextReader,
): { readonly unit: Unit; readonly set: Value } | null {
  const where = at(value, "where");
  const name = where?.type === "string" ? `${escapePath(where.value)}.mount` : null;
  if (name === null) return null;
  const unit = readUnit(value, place, name, "mountConfig", reader);
  const settings = new Map(unit.settings.items);
  for (const [key, setting] of [
    ["what", "What"],
    ["where", "Where"],
    ["type", "Type"],
    ["options", "Options"],
  ] as const) {
    const given = at(value, key);
    if (given) settings.set(setting, { value: reader.list(given, place), conditional: null, at: place });
  }
  return { unit: { ...unit, settings: { ...unit.settings, items: settings } }, set: value };
}

/** `systemd-escape --path`. */
export function escapePath(path: string): string {
  const names = path.split("/").filter((part) => part !== "");
  if (names.length === 0) return "-";
  return names
    .join("/")
    .replace(/[^A-Za-z0-9:_./]|^\./g, (c) =>
      [...new TextEncoder().encode(c)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
    )
    .replaceAll("/", "-");
}
