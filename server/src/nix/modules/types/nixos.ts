import { attributes, boolean, external, list, string } from "../../eval/make.ts";
import { concatStrings, isError, unknownText } from "../../eval/ops.ts";
import { joinPieces, packageOfNixpkgs, packageShape, piecesOf } from "../../eval/pieces.ts";
import type { Place, Thunk, Value } from "../../eval/value.ts";
import { delayed, ready } from "../../eval/value.ts";
import { priorities, type Resolved } from "../discharge.ts";
import { attrsOf, emptySet, listOf } from "./containers.ts";
import { mergeEqual, separated } from "./scalars.ts";
import type { OptionType } from "./type.ts";

/**
 * Types of NixOS options, which are not loaded, where merging by shape would not do: the values of sets that may be
 * overridden one by one, texts that are joined, and units, whose scripts become commands. Sources in nixpkgs:
 * nixos/lib/systemd-unit-options.nix, systemd-lib.nix, nixos/modules/system/{boot,activation}, tasks/filesystems.nix.
 */
export function nixosTypes(shaped: OptionType): (loc: readonly string[]) => OptionType | null {
  const lines = separated("\n");
  const sets = open(attrsOf(shaped));
  const units = open(attrsOf(shaped));
  const services = open(attrsOf(service(shaped)));
  const settings = open(attrsOf(unitOption));
  const scripts = open(attrsOf(scriptType(shaped, lines)));
  const equal: OptionType = {
    ...shaped,
    kind: "str",
    parts: () => false,
    merge: (_context, loc, definitions) => mergeEqual(loc, definitions),
  };
  const named: Readonly<Record<string, readonly (readonly [RegExp, OptionType])[]>> = {
    services: [[/(^| )(systemd|boot initrd systemd) services$/, services]],
    timers: [[/(^| )systemd timers$/, units]],
    targets: [[/(^| )systemd targets$/, units]],
    paths: [[/(^| )systemd paths$/, units]],
    serviceConfig: [[/(^| )systemd services \S+ serviceConfig$/, settings]],
    unitConfig: [[/(^| )systemd (services|timers|targets|paths) \S+ unitConfig$/, settings]],
    timerConfig: [[/(^| )systemd timers \S+ timerConfig$/, settings]],
    fileSystems: [[/(^| )fileSystems$/, sets]],
    device: [[/(^| )fileSystems \S+ device$/, equal]],
    label: [[/(^| )fileSystems \S+ label$/, equal]],
    fsType: [[/(^| )fileSystems \S+ fsType$/, equal]],
    activationScripts: [[/(^| )system activationScripts$/, scripts]],
    userActivationScripts: [[/(^| )system userActivationScripts$/, scripts]],
    users: [[/(^| )users users$/, sets]],
    devices: [[/(^| )boot initrd luks devices$/, sets]],
    persistence: [[/(^| )environment persistence$/, sets]],
    settings: [[/(^| )systemd tmpfiles settings$/, open(attrsOf(attrsOf(attrsOf(shaped))))]],
  };
  for (const name of initrdHooks) Object.assign(named, { [name]: [[/(^| )boot initrd \S+$/, lines]] });
  for (const { text } of jobs) Object.assign(named, { [text]: [[/(^| )systemd services \S+ \S+$/, lines]] });
  return (loc) => {
    const candidates = named[loc.at(-1) ?? ""];
    if (!candidates) return null;
    const path = loc.map((name) => name.replaceAll(" ", "_")).join(" ");
    return candidates.find(([pattern]) => pattern.test(path))?.[1] ?? null;
  };
}

const initrdHooks = [
  "preFailCommands",
  "preDeviceCommands",
  "preLVMCommands",
  "postDeviceCommands",
  "postResumeCommands",
  "postMountCommands",
];

/** NixOS's own modules, which are not here, may add to these sets. */
function open(type: OptionType): OptionType {
  const rest = { type: "unknown", at: null, why: { reason: "external", what: "NixOS option of this set" } } as const;
  return {
    ...type,
    empty: () => ({ ...emptySet(), rest }),
    merge: (context, loc, definitions, given) => {
      const value = type.merge(context, loc, definitions, given);
      const what = `NixOS option ${loc.join(".")}`;
      // What is forced leaves no room for what NixOS's own modules say.
      if (value.type !== "attrs" || value.rest || isForced(definitions)) return value;
      return { ...value, rest: { ...rest, why: { reason: "external", what } } };
    },
  };
}

/** Definitions before which those of ordinary priority do not count. */
export function isForced(definitions: readonly Resolved[]): boolean {
  return definitions.length > 0 && definitions.every(({ priority }) => priority < priorities.plain);
}

/** `unitOption`: lists are put together, with single values among them; else all have to be equal. */
const unitOption: OptionType = {
  kind: "unitOption",
  name: "systemd option",
  check: () => true,
  parts: (definitions) => definitions.some(({ value }) => value.type === "list"),
  empty: null,
  merge: (context, loc, definitions, given) => {
    if (!definitions.some(({ value }) => value.type === "list")) return mergeEqual(loc, definitions);
    const lists = definitions.map((definition) => {
      if (definition.value.type === "list") return definition;
      const value = list([definition.thunk]);
      return { ...definition, value, thunk: ready(value) };
    });
    return anyList.merge(context, loc, lists, given);
  },
};
const anything: OptionType = {
  kind: "anything",
  name: "anything",
  check: () => true,
  parts: () => false,
  empty: null,
  merge: (_context, loc, definitions) => mergeEqual(loc, definitions),
};
const anyList = listOf(anything);

/** An activation script: a text, or a set of one and what it comes after; texts are joined. */
function scriptType(shaped: OptionType, lines: OptionType): OptionType {
  return {
    ...shaped,
    parts: (definitions) => definitions.every(({ value }) => value.type === "attrs"),
    merge: (context, loc, definitions, given) =>
      definitions.some(({ value }) => value.type === "attrs")
        ? shaped.merge(context, loc, definitions, given)
        : lines.merge(context, loc, definitions, given),
  };
}

/** Texts of a service that become scripts, and the settings that run them. */
const jobs = [
  { text: "preStart", setting: "ExecStartPre", name: "pre-start", listed: true },
  { text: "script", setting: "ExecStart", name: "start", listed: false },
  { text: "postStart", setting: "ExecStartPost", name: "post-start", listed: true },
  { text: "reload", setting: "ExecReload", name: "reload", listed: false },
  { text: "preStop", setting: "ExecStop", name: "pre-stop", listed: false },
  { text: "postStop", setting: "ExecStopPost", name: "post-stop", listed: false },
] as const;

/** A service: what NixOS makes of its texts is one more definition, that of the module which declares the options. */
function service(shaped: OptionType): OptionType {
  return {
    ...shaped,
    kind: "service",
    merge: (context, loc, definitions, given) => {
      // The module system turns the order of modules around, once more in the submodule that each service is.
      const inner = [...definitions].reverse();
      const plain = shaped.merge(context, loc, inner, given);
      if (plain.type !== "attrs") return plain;
      const settings: [string, Thunk][] = [];
      for (const { text, setting, name, listed } of jobs) {
        const entry = plain.entries.get(text);
        if (!entry) continue;
        const unit = loc.at(-1) ?? "";
        const after = text === "script" ? plain.entries.get("scriptArgs")?.thunk : undefined;
        const line = delayed(entry.at, () => jobLine(`${unit}-${name}`, entry.thunk.force(), after, entry.at));
        const value = listed ? ready(list([line])) : line;
        settings.push([setting, delayed(entry.at, () => conditional(isThere(entry.thunk.force()), value))]);
      }
      if (settings.length === 0) return plain;
      const made = ready(attributes([["serviceConfig", ready(attributes(settings))]]));
      const own = { value: made.force(), thunk: made, priority: 100, order: 1000, ordered: false } as const;
      const all = [...inner, { ...own, conditional: null, file: "<nixpkgs>/nixos", at: null }];
      return shaped.merge(context, loc, all, given);
    },
  };
}

function conditional(condition: Value, content: Thunk): Value {
  return attributes([
    ["_type", string("if")],
    ["condition", ready(condition)],
    ["content", content],
  ]);
}

/** Is there a text that is not empty? One that nothing defines after all (its conditions do not hold) is empty. */
function isThere(text: Value): Value {
  if (text.type === "string") return boolean(text.value !== "");
  if (text.type !== "unknown" || isError(text)) return boolean(false);
  const { pieces } = text.shape ?? {};
  return pieces?.some((piece) => typeof piece === "string") ? boolean(true) : { ...text, shape: { type: "boolean" } };
}

/** The command that runs a text: a script of `writeShellScriptBin`, with `set -e` first (makeJobScript, systemd-lib.nix). */
function jobLine(name: string, text: Value, after: Thunk | undefined, at: Place): Value {
  const program = name.replaceAll("\\", "-").replaceAll("@", "_");
  const inside = text.type === "unknown" ? piecesOf(text) : text.type === "string" ? [text.value] : [];
  const shell = packageShape("bash", external(packageOfNixpkgs)).pieces ?? [];
  const script = unknownText("script of a unit", at, {
    prefix: "/nix/store/",
    suffix: `-unit-script-${program}`,
    word: true,
    file: { below: `/bin/${program}`, text: joinPieces(["#!", ...shell, "/bin/bash\nset -e\n\n", ...inside, "\n\n"]) },
  });
  const words = [script, string(`/bin/${program}`)];
  return concatStrings(after ? [...words, string(" "), after.force()] : words, "interpolation", at);
}
