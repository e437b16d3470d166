import { becauseOf, wrongType } from "../nix/eval/make.ts";
import { overBudget } from "../nix/eval/ops.ts";
import type { Place, Unknown, Value } from "../nix/eval/value.ts";
import { ready } from "../nix/eval/value.ts";
import { priorities } from "../nix/modules/discharge.ts";
import { type Evaluation, evaluationOf } from "../nix/modules/evaluate.ts";
import type { EvaluatedOption } from "../nix/modules/option.ts";
import type { Field, FileSystem, Guest, Volume } from "./model.ts";

/** Takes a value apart; undefined when it is of another type. */
type Convert<T> = (value: Value) => T | Unknown | undefined;

export const asString: Convert<string> = (value) =>
  value.type === "string" || value.type === "path"
    ? isElsewhere(value.value)
      ? elsewhere(value)
      : value.value
    : undefined;
export const asBoolean: Convert<boolean> = (value) => (value.type === "boolean" ? value.value : undefined);
export const asInteger: Convert<number> = (value) => (value.type === "integer" ? Number(value.value) : undefined);
export const asStrings: Convert<readonly string[]> = (value) => {
  if (value.type !== "list") return undefined;
  const open = value.rest ?? value.items.find((item) => item.conditional)?.conditional;
  if (open) return open;
  const strings: string[] = [];
  for (const { thunk } of value.items) {
    const item = thunk.force();
    if (item.type === "unknown") return item;
    if (item.type !== "string") return undefined;
    strings.push(item.value);
  }
  return strings;
};
export const orNull =
  <T>(convert: Convert<T>): Convert<T | null> =>
  (value) =>
    value.type === "null" ? null : convert(value);

/** The value of an option of an evaluation. */
export function fieldOf<T>(evaluation: Evaluation, path: readonly string[], convert: Convert<T>): Field<T> {
  const option = evaluation.option(path);
  if (!option) return { state: "unknown", unknown: noOption(path), at: null };
  return fieldOfOption(option, convert);
}

export function fieldOfOption<T>(option: EvaluatedOption, convert: Convert<T>): Field<T> {
  const final = option.final();
  const last = final[final.length - 1];
  const at = last?.at ?? null;
  if (!last) {
    const value = option.value.force();
    if (value.type === "unknown" && value.why.reason !== "throws") return { state: "unknown", unknown: value, at };
    return value.type === "unknown" ? { state: "missing" } : converted(value, at, convert, true);
  }
  return converted(
    option.value.force(),
    at,
    convert,
    final.every((d) => d.priority >= priorities.optionDefault),
  );
}

function converted<T>(value: Value, at: Place, convert: Convert<T>, isDefault: boolean): Field<T> {
  if (value.type === "unknown") return { state: "unknown", unknown: value, at };
  const result = convert(value);
  if (result === undefined) return { state: "unknown", unknown: wrongType("another type", value.type, at), at };
  if (isUnknown(result)) return { state: "unknown", unknown: result, at };
  return isDefault ? { state: "default", value: result } : { state: "set", value: result, origin: value.origin, at };
}

/** More volumes of one guest are not judged: microvm.nix has letters for 26. */
const mostVolumes = 128;

/** The volumes of an evaluated guest, and why there may be more. */
export function readVolumes(evaluation: Evaluation): Pick<Guest, "volumes" | "volumesOpen"> {
  const option = evaluation.option(["microvm", "volumes"]);
  const value = option?.value.force() ?? noOption(["microvm", "volumes"]);
  if (value.type === "unknown") return { volumes: [], volumesOpen: value };
  if (value.type !== "list") return { volumes: [], volumesOpen: wrongType("a list", value.type) };
  let sure = value.rest === null;
  const volumes = value.items.slice(0, mostVolumes).map((item, index) => {
    if (item.conditional) sure = false;
    return readVolume(item.thunk.force(), item.thunk.at, sure ? index : null, item.conditional ?? null);
  });
  return { volumes, volumesOpen: value.items.length > mostVolumes ? overBudget("size", null) : value.rest };
}

function readVolume(value: Value, at: Place, position: number | null, conditional: Unknown | null): Volume {
  const evaluation = evaluationOf(value);
  const field = <T>(name: string, convert: Convert<T>): Field<T> => {
    if (evaluation) return fieldOf(evaluation, [name], convert);
    const unknown = value.type === "unknown" ? becauseOf(value, name) : noOption(["microvm", "volumes", name]);
    return { state: "unknown", unknown, at };
  };
  const origin = declarationOf(value, evaluation);
  return {
    position,
    image: field("image", asString),
    sizeMiB: field("size", asInteger),
    mountPoint: field("mountPoint", orNull(asString)),
    fsType: field("fsType", asString),
    label: field("label", orNull(asString)),
    autoCreate: field("autoCreate", asBoolean),
    readOnly: field("readOnly", asBoolean),
    direct: field("direct", orNull(asBoolean)),
    serial: field("serial", orNull(asString)),
    imageType: field("imageType", asString),
    mkfsExtraArgs: field("mkfsExtraArgs", asStrings),
    conditional,
    origin: origin ?? { at, step: "literal", from: [] },
    at: origin?.at ?? at,
  };
}

/** The set that declares a submodule: what its definition is made of, not the result of merging. */
function declarationOf(value: Value, evaluation: Evaluation | undefined) {
  const input = evaluation?.request.modules.at(-1)?.value.force();
  if (input && input.type !== "unknown") return input.origin;
  return value.type === "unknown" ? null : value.origin;
}

/** The shares of a guest. */
export function readShares(evaluation: Evaluation): Guest["shares"] {
  const value = evaluation.option(["microvm", "shares"])?.value.force();
  if (value?.type !== "list") return [];
  return value.items.flatMap(({ thunk, conditional }) => {
    const share = evaluationOf(thunk.force());
    if (!share) return [];
    return [
      {
        source: fieldOf(share, ["source"], asString),
        mountPoint: fieldOf(share, ["mountPoint"], asString),
        proto: fieldOf(share, ["proto"], asString),
        conditional: conditional ?? null,
      },
    ];
  });
}

/** Why there may be shares, or entries of `fileSystems`, that nobody can list; null where there cannot. */
export function readMountsOpen(evaluation: Evaluation): Unknown | null {
  const shares = evaluation.option(["microvm", "shares"])?.value.force();
  if (shares?.type === "unknown") return shares;
  if (shares?.type === "list") {
    if (shares.rest) return shares.rest;
    for (const { thunk } of shares.items) {
      const share = thunk.force();
      if (share.type === "unknown") return share;
    }
  }
  const fileSystems = attributeOf(evaluation, "fileSystems");
  if (fileSystems?.type === "unknown") return fileSystems;
  // What NixOS itself may add is not meant: nothing is loaded of it.
  if (fileSystems?.type !== "attrs" || fileSystems.rest?.why.reason === "external") return null;
  return fileSystems.rest;
}

/** What the guest's own modules say of `fileSystems`; NixOS is not loaded, so nothing is known of defaults. */
export function readFileSystems(evaluation: Evaluation): Guest["fileSystems"] {
  const found = new Map<string, FileSystem>();
  const value = attributeOf(evaluation, "fileSystems");
  if (value?.type !== "attrs") return found;
  for (const [name, { thunk, at }] of value.entries) {
    const system = thunk.force();
    const field = <T>(key: string, convert: Convert<T>): Field<T> => {
      if (system.type === "unknown") return { state: "unknown", unknown: system, at };
      const entry = system.type === "attrs" ? system.entries.get(key) : undefined;
      return entry ? converted(entry.thunk.force(), entry.at, convert, false) : { state: "missing" };
    };
    found.set(name, {
      device: field("device", asString),
      fsType: field("fsType", asString),
      autoResize: field("autoResize", asBoolean),
      autoFormat: field("autoFormat", asBoolean),
      at,
    });
  }
  return found;
}

/** `nix.optimise.automatic` or `nix.settings.auto-optimise-store`: known true when either is; NixOS's default is false. */
export function readStoreOptimise(evaluation: Evaluation): Field<boolean> {
  let unsure: Field<boolean> | null = null;
  for (const path of [
    ["nix", "optimise", "automatic"],
    ["nix", "settings", "auto-optimise-store"],
  ]) {
    const found = definedAt(evaluation, path);
    if (!found) continue;
    const field = converted(found.value, found.at, asBoolean, false);
    if (field.state === "set" && field.value) return field;
    if (field.state === "unknown") unsure ??= field;
  }
  return unsure ?? { state: "default", value: false };
}

/** A definition of an option whose declaration we do not have; null when no module that we see defines it. */
export function definedAt(
  evaluation: Evaluation,
  path: readonly string[],
): { readonly value: Value; readonly at: Place } | null {
  let value: Value = evaluation.config.force();
  let at: Place = null;
  for (const name of path) {
    const entry = value.type === "attrs" ? value.entries.get(name) : undefined;
    if (!entry) return null;
    value = entry.thunk.force();
    at = entry.at;
  }
  return { value, at };
}

export function attributeOf(evaluation: Evaluation, name: string): Value | undefined {
  const config = evaluation.config.force();
  return config.type === "attrs" ? config.entries.get(name)?.thunk.force() : undefined;
}

/** A path into a source that is not on this machine stands for an unknown one. */
function isElsewhere(text: string): boolean {
  return text.includes("/<");
}
function elsewhere(value: Value): Unknown {
  return { type: "unknown", at: ready(value).at, why: { reason: "external", what: "path into another flake" } };
}

function noOption(path: readonly string[]): Unknown {
  return { type: "unknown", at: null, why: { reason: "unsupported", what: `option ${path.join(".")}` } };
}

function isUnknown(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && "type" in value && value.type === "unknown";
}
