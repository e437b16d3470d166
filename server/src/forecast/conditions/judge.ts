import { attached } from "../../base/attached.ts";
import type { Guest } from "../../microvm/model.ts";
import type { Plain } from "../../microvm/options/option-facts.ts";
import type { Provenance } from "../../microvm/schema/provenance.ts";
import type { Setting, Settings, SettingsItem } from "../../microvm/settings.ts";
import type { Place, Unknown } from "../../nix/eval/value.ts";
import type { Row, Test } from "./row.ts";
import { conditions } from "./table.ts";

/** A row that holds for a guest. */
export interface Held {
  readonly row: Row;
  /** What Nix says, with the values in it. */
  readonly says: string;
  /** Where to tell it, the best place first. */
  readonly places: readonly Place[];
  readonly conditional: Unknown | null;
}

type Values = ReadonlyMap<string, Setting>;

/**
 * All rows of the table that surely hold for a guest: judged once. The runners and asserts of a fork may be other ones, and an
 * older microvm.nix has not all of them.
 */
export function heldOn(guest: Guest): readonly Held[] {
  const before = memory.get(guest);
  if (before) return before;
  const all = guest.settings ? heldBy(guest.settings, guest.options?.provenance ?? null) : [];
  memory.set(guest, all);
  return all;
}

const memory = attached<Guest, readonly Held[]>();

function heldBy(settings: Settings, provenance: Provenance | null): Held[] {
  if (provenance?.fork) return [];
  const age = provenance?.lastModified ?? null;
  return conditions
    .filter(({ since }) => age === null || since === undefined || since <= age)
    .flatMap((row) => [...held(row, settings)]);
}

function* held(row: Row, settings: Settings): Generator<Held> {
  const { values, lists, open, unset } = settings;
  const hypervisor = values.get("hypervisor");
  if (row.hypervisor !== undefined && hypervisor?.value !== row.hypervisor) return;
  if (!(row.when ?? []).every((test) => passes(test, values, unset))) return;
  if (row.without) {
    const [list, ...tests] = row.without;
    if (open.has(list)) return;
    if (lists.get(list)?.some((item) => tests.every((test) => !fails(test, item.values)))) return;
  }
  const fallback = hypervisor?.at ?? null;
  if (row.each === undefined) {
    const places = [values.get(row.at)?.at ?? null, ...(row.when ?? []).map(([name]) => values.get(name)?.at ?? null)];
    yield { row, says: filled(row.says, values, values), places: [...places, fallback], conditional: null };
    return;
  }
  const items = lists.get(row.each) ?? [];
  const matching = items.filter((item) => (row.item ?? []).every((test) => passes(test, item.values, nothing)));
  const seen = new Map<Plain, SettingsItem>();
  for (const item of matching) {
    let conditional = item.conditional;
    if (row.twice !== undefined) {
      const value = item.values.get(row.twice)?.value;
      if (value === undefined) continue;
      const before = seen.get(value);
      if (!before) {
        seen.set(value, item);
        continue;
      }
      conditional ??= before.conditional;
    }
    const places = [item.values.get(row.at)?.at ?? null, item.at, fallback];
    yield { row, says: filled(row.says, item.values, values), places, conditional };
  }
}

const nothing: ReadonlySet<string> = new Set();

function passes([option, is, than]: Test, values: Values, unset: ReadonlySet<string>): boolean {
  if (is === "not set") return unset.has(option);
  const value = values.get(option)?.value;
  return value !== undefined && compare(value, is, than);
}

/** The test surely fails. */
function fails([option, is, than]: Test, values: Values): boolean {
  const value = values.get(option)?.value;
  return value !== undefined && !compare(value, is, than);
}

function compare(value: Plain, is: Test[1], than: Plain): boolean {
  switch (is) {
    case "is":
      return same(value, than);
    case "is not":
      return !same(value, than);
    case "above":
      return typeof value === "number" && typeof than === "number" && value > than;
    case "below":
      return typeof value === "number" && typeof than === "number" && value < than;
    case "longer than":
      // Nix counts bytes.
      return typeof value === "string" && typeof than === "number" && Buffer.byteLength(value) > than;
    case "one of":
      return isList(than) && than.some((each) => same(value, each));
    case "none of":
      return isList(than) && !than.some((each) => same(value, each));
    case "contains":
      return isList(value) && value.some((each) => typeof each === "string" && each.includes(String(than)));
    case "passes":
      return isList(value) && isList(than) && passesParameter(value, String(than[0]), String(than[1]));
    default:
      return false;
  }
}

/** As `extractOptValues` and `extractParamValue` of microvm.nix (lib/default.nix) find it: the first such flag counts. */
function passesParameter(args: readonly Plain[], flag: string, parameter: string): boolean {
  const at = args.indexOf(flag);
  return at >= 0 && new RegExp(`${parameter}=[^,]`).test(String(args[at + 1] ?? ""));
}

function same(a: Plain, b: Plain): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isList(plain: Plain): plain is readonly Plain[] {
  return Array.isArray(plain);
}

function filled(text: string, ...from: readonly Values[]): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const found = from.map((values) => values.get(name)?.value).find((value) => value !== undefined);
    return found === undefined ? whole : String(found);
  });
}
