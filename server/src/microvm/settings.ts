import type { Place, Unknown, Value } from "../nix/eval/value.ts";
import { priorities } from "../nix/modules/discharge.ts";
import { type Evaluation, evaluationOf } from "../nix/modules/evaluate.ts";
import type { EvaluatedOption } from "../nix/modules/option.ts";
import { childrenOf, guestOptions, type OptionFacts, type Plain } from "./options/table.ts";
import { definedAt } from "./read.ts";

/** The known value of an option as plain data, and where it is given; `at` is null for a default. */
export interface Setting {
  readonly value: Plain;
  readonly at: Place;
}

/** One element of a list of sets, such as a share. */
export interface SettingsItem {
  /** By name below the element: `proto`, `qemu.id`. What is not known is left out. */
  readonly values: ReadonlyMap<string, Setting>;
  readonly at: Place;
  /** It is there only if this unknown condition holds. */
  readonly conditional: Unknown | null;
}

/** What microvm.nix's own asserts and runners look at. */
export interface Settings {
  /** By name below `microvm.`; what is not known is left out. */
  readonly values: ReadonlyMap<string, Setting>;
  readonly lists: ReadonlyMap<string, readonly SettingsItem[]>;
  /** Lists that may have further elements. */
  readonly open: ReadonlySet<string>;
  /** Options that no module defines. */
  readonly unset: ReadonlySet<string>;
}

/** Options of which no condition speaks, because they are packages, made by microvm.nix itself, or texts. */
const unasked = new Set(["runner", "declaredRunner", "binScripts", "preStart", "kernelParams", "deploy", "storeDisk"]);
const listNames: ReadonlySet<string> = new Set(["shares", "interfaces", "devices", "volumes", "forwardPorts"]);

/** Reads the settings of a guest as plain data. Options that nobody defines have the default of the table, without being asked. */
export function readSettings(evaluation: Evaluation): Settings {
  const values = new Map<string, Setting>();
  const lists = new Map<string, readonly SettingsItem[]>();
  const open = new Set<string>();
  const unset = new Set<string>();
  const read = (path: readonly string[]) => {
    for (const [name, facts] of childrenOf(["microvm", ...path], guestOptions)) {
      const here = [...path, name];
      const full = here.join(".");
      if (unasked.has(full)) continue;
      if (facts === null) read(here);
      else if (listNames.has(full)) {
        const items = itemsOf(evaluation, full);
        lists.set(full, items ?? []);
        if (!items || isOpen(evaluation, full)) open.add(full);
      } else {
        if (!evaluation.defines(["microvm", ...here]) && evaluation.unseen().length === 0) unset.add(full);
        const setting = settingOf(evaluation, here, facts);
        if (setting) values.set(full, setting);
      }
    }
  };
  read([]);
  const optimise = definedAt(evaluation, ["nix", "optimise", "automatic"]);
  if (optimise?.value.type === "boolean") {
    values.set("nix.optimise.automatic", { value: optimise.value.value, at: optimise.at });
  }
  return { values, lists, open, unset };
}

function settingOf(evaluation: Evaluation, path: readonly string[], facts: OptionFacts): Setting | null {
  const full = ["microvm", ...path];
  if (facts.plain !== undefined && !evaluation.defines(full) && evaluation.unseen().length === 0) {
    return { value: facts.plain, at: null };
  }
  const option = evaluation.option(full);
  return option ? settingOfOption(option) : null;
}

function settingOfOption(option: EvaluatedOption): Setting | null {
  const plain = plainOf(option.value.force());
  if (plain === undefined) return null;
  const last = option
    .final()
    .filter((d) => d.priority < priorities.optionDefault)
    .at(-1);
  return { value: plain, at: last ? placeOf(last.at) : null };
}

function isOpen(evaluation: Evaluation, name: string): boolean {
  const value = evaluation.option(["microvm", name])?.value.force();
  if (value?.type !== "list" || value.rest) return true;
  return value.items.some((item) => item.conditional || !evaluationOf(item.thunk.force()));
}

function itemsOf(evaluation: Evaluation, name: string): SettingsItem[] | null {
  const value = evaluation.option(["microvm", name])?.value.force();
  if (value?.type !== "list") return null;
  return value.items.flatMap(({ thunk, conditional }) => {
    const inner = evaluationOf(thunk.force());
    if (!inner) return [];
    const values = new Map<string, Setting>();
    const read = (path: readonly string[]) => {
      for (const [step, facts] of childrenOf(["microvm", name, "*", ...path], guestOptions)) {
        const here = [...path, step];
        if (facts === null) read(here);
        else {
          const option = inner.option(here);
          const setting = option ? settingOfOption(option) : null;
          if (setting) values.set(here.join("."), setting);
        }
      }
    };
    read([]);
    return [{ values, at: declaredAt(inner) ?? thunk.at, conditional: conditional ?? null }];
  });
}

/** The set that declares an element. */
function declaredAt(evaluation: Evaluation): Place {
  const input = evaluation.request.modules.at(-1)?.value.force();
  return input && input.type !== "unknown" ? input.origin.at : null;
}

/** The value as plain data; undefined where it, or a part of it, is not known or no plain data. */
function plainOf(value: Value): Plain | undefined {
  switch (value.type) {
    case "null":
      return null;
    case "boolean":
    case "string":
    case "path":
      return value.value;
    case "integer":
    case "float":
      return Number(value.value);
    case "list": {
      if (value.rest || value.items.some((item) => item.conditional)) return undefined;
      const items = value.items.map((item) => plainOf(item.thunk.force()));
      return items.every((item): item is Plain => item !== undefined) ? items : undefined;
    }
    case "attrs":
      // Of sets it only counts whether anything is in them.
      if ([...value.entries.values()].some((entry) => !entry.conditional)) return { _: true };
      return value.rest || value.entries.size > 0 ? undefined : {};
    default:
      return undefined;
  }
}

function placeOf(at: Place): Place {
  return at !== null && "kind" in at && at.kind === "binding" ? at.value : at;
}
