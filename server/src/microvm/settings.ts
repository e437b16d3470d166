import type { ListValue, Place, Unknown, Value } from "../nix/eval/value.ts";
import { priorities } from "../nix/modules/discharge.ts";
import { type Evaluation, evaluationOf } from "../nix/modules/evaluate.ts";
import type { Plain } from "./options/option-facts.ts";
import { childrenOf, guestOptions } from "./options/table.ts";
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
  /** Options that no module defines, of those that are asked for. */
  readonly unset: ReadonlySet<string>;
}

/**
 * The options of which some condition speaks (forecast/conditions/table.ts; a test compares): the others, most of all, are
 * evaluated for nobody.
 */
export const spokenOf: {
  readonly single: ReadonlySet<string>;
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
} = {
  single: new Set(
    `hypervisor mem initialBalloonMem balloon hotplugMem hotpluggedMem user credentialFiles socket vsock.cid vsock.ssh.enable
    qemu.machine vmHostPackages cloud-hypervisor.extraArgs cloud-hypervisor.platformOEMStrings virtiofsd.extraArgs
    writableStoreOverlay storeOnDisk`.split(/\s+/),
  ),
  lists: new Map([
    ["shares", new Set(["proto", "readOnly", "tag", "socket", "extraArgs", "posixAcl", "source"])],
    ["interfaces", new Set(["type", "id", "bridge"])],
    ["devices", new Set(["bus"])],
    ["volumes", new Set(["image"])],
    ["forwardPorts", new Set()],
  ]),
};

/** An option below `microvm.`, or below an element of a list. */
interface Asked {
  /** `qemu.id` */
  readonly name: string;
  readonly path: readonly string[];
  /** What it is where no module defines it; absent where that hangs on something else. */
  readonly byDefault?: Setting;
}

function askedBelow(path: readonly string[], wanted: ReadonlySet<string>): readonly Asked[] {
  const found: Asked[] = [];
  const read = (below: readonly string[]) => {
    for (const [step, facts] of childrenOf([...path, ...below], guestOptions)) {
      const here = [...below, step];
      const name = here.join(".");
      if (facts === null) read(here);
      else if (wanted.has(name)) {
        const byDefault = facts.plain === undefined ? {} : { byDefault: { value: facts.plain, at: null } };
        found.push({ name, path: here, ...byDefault });
      }
    }
  };
  read([]);
  return found;
}

const single = askedBelow(["microvm"], spokenOf.single);
const ofElements = [...spokenOf.lists].map(
  ([list, wanted]) => [list, askedBelow(["microvm", list, "*"], wanted)] as const,
);

/** Reads the settings of a guest as plain data. Options that nobody defines have the default of the table, without being asked. */
export function readSettings(evaluation: Evaluation): Settings {
  const values = new Map<string, Setting>();
  const lists = new Map<string, readonly SettingsItem[]>();
  const open = new Set<string>();
  const unset = new Set<string>();
  const isDefined = definedIn(evaluation, ["microvm"]);
  for (const asked of single) {
    if (!isDefined(asked.path)) {
      unset.add(asked.name);
      if (asked.byDefault) {
        values.set(asked.name, asked.byDefault);
        continue;
      }
    }
    const setting = settingAt(evaluation, ["microvm", ...asked.path]);
    if (setting) values.set(asked.name, setting);
  }
  for (const [list, asked] of ofElements) {
    const value = evaluation.option(["microvm", list])?.value.force();
    lists.set(list, value?.type === "list" ? itemsOf(value, asked) : []);
    if (isOpen(value)) open.add(list);
  }
  const optimise = definedAt(evaluation, ["nix", "optimise", "automatic"]);
  if (optimise?.value.type === "boolean") {
    values.set("nix.optimise.automatic", { value: optimise.value.value, at: optimise.at });
  }
  return { values, lists, open, unset };
}

/** Does a module define the option, or may one that is not seen? Whole sets that nobody defines are passed over at once. */
function definedIn(evaluation: Evaluation, prefix: readonly string[]): (path: readonly string[]) => boolean {
  if (evaluation.unseen().length > 0) return () => true;
  const heads = new Map<string, boolean>();
  return (path) => {
    const [head = ""] = path;
    let isDefined = heads.get(head);
    if (isDefined === undefined) {
      isDefined = evaluation.defines([...prefix, head]);
      heads.set(head, isDefined);
    }
    return isDefined && (path.length === 1 || evaluation.defines([...prefix, ...path]));
  };
}

function settingAt(evaluation: Evaluation, path: readonly string[]): Setting | null {
  const option = evaluation.option(path);
  if (!option) return null;
  const plain = plainOf(option.value.force());
  if (plain === undefined) return null;
  const last = option
    .final()
    .filter((d) => d.priority < priorities.optionDefault)
    .at(-1);
  return { value: plain, at: last ? placeOf(last.at) : null };
}

function isOpen(value: Value | undefined): boolean {
  if (value?.type !== "list" || value.rest) return true;
  return value.items.some((item) => item.conditional || !evaluationOf(item.thunk.force()));
}

function itemsOf(value: ListValue, wanted: readonly Asked[]): SettingsItem[] {
  return value.items.flatMap(({ thunk, conditional }) => {
    const inner = evaluationOf(thunk.force());
    if (!inner) return [];
    const isDefined = definedIn(inner, []);
    const values = new Map<string, Setting>();
    for (const { name, path, byDefault } of wanted) {
      const setting = byDefault && !isDefined(path) ? byDefault : settingAt(inner, path);
      if (setting) values.set(name, setting);
    }
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
