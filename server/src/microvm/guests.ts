import { isExhaustion } from "../nix/eval/budget.ts";
import { becauseOf, external } from "../nix/eval/make.ts";
import type { Place, Unknown, Value } from "../nix/eval/value.ts";
import { failure, ready } from "../nix/eval/value.ts";
import type { World } from "../nix/flakes/world.ts";
import { type Evaluation, evaluateModules, evaluationOf } from "../nix/modules/evaluate.ts";
import { spanOf } from "../nix/syntax/ast.ts";
import { readKeeper } from "./keeper.ts";
import type { KeptEvaluations } from "./kept.ts";
import type { Field, Guest, Host, NameSource } from "./model.ts";
import {
  asBoolean,
  asString,
  attributeOf,
  fieldOf,
  orNull,
  readFileSystems,
  readMountsOpen,
  readShares,
  readStoreOptimise,
  readVolumes,
} from "./read.ts";
import { checkOptions } from "./refusals.ts";
import { guestKey, guestModule } from "./schema/guest.ts";
import { defaultStateDir, hostKey, hostModule } from "./schema/host.ts";
import { provenanceOf } from "./schema/provenance.ts";
import { readSettings } from "./settings.ts";
import { readServices } from "./start/services.ts";
import { readGuestStart } from "./start/start-guest.ts";
import { readHostStart } from "./start/start-host.ts";
import { attribute } from "./start/texts.ts";

export interface Named {
  readonly name: string;
  readonly nameFrom: NameSource;
  readonly host: string | null;
  readonly at: Place;
  readonly stateDir: Field<string>;
}

export const stateDirByDefault: Field<string> = { state: "default", value: defaultStateDir };

/** What kind of configuration this is. A guest that also runs guests is both. */
export function kindOf(evaluation: Evaluation): { readonly guest: boolean; readonly host: boolean } {
  const keys = new Set(evaluation.modules().map((m) => m.key));
  const defined = microvmOptions(evaluation);
  const host = keys.has(hostKey) || defined.has("vms");
  const ofGuest = [...defined.keys()].some((name) => !hostOnly.has(name));
  const guest = keys.has(guestKey) || (ofGuest && !keys.has(hostKey));
  return { guest: guest && !isSwitchedOff(evaluation), host };
}

const hostOnly = new Set(["vms", "host", "autostart", "stateDir"]);

/** The names under `microvm` that modules of the user's define. */
function microvmOptions(evaluation: Evaluation): ReadonlyMap<string, unknown> {
  const value = attributeOf(evaluation, "microvm");
  if (value?.type !== "attrs") return new Map();
  const declared = evaluation.modules().some((m) => m.key === guestKey || m.key === hostKey);
  return declared
    ? new Map(
        // Most options only have their default: that none is defined is cheaper to find out than what it is.
        [...value.entries].filter(
          ([name]) =>
            evaluation.defines(["microvm", name]) &&
            (evaluation.option(["microvm", name])?.final() ?? []).some((d) => d.priority < 1500),
        ),
      )
    : value.entries;
}

function isSwitchedOff(evaluation: Evaluation): boolean {
  const option = evaluation.option(["microvm", "guest", "enable"]);
  const value = option?.value.force();
  return value?.type === "boolean" && !value.value;
}

/** The evaluation with microvm.nix's options, also where they come from a module that we do not see. */
export function withSchema(world: World, evaluation: Evaluation, kind: "guest" | "host"): Evaluation {
  const key = kind === "guest" ? guestKey : hostKey;
  if (evaluation.modules().some((m) => m.key === key)) return evaluation;
  const module = ready(kind === "guest" ? guestModule() : hostModule(world));
  return evaluateModules({
    ...evaluation.request,
    modules: [{ value: module, file: key }, ...evaluation.request.modules],
  });
}

/** Do the modules themselves take in this module of microvm.nix, or have we given it to them ({@link withSchema})? */
function takesIn(evaluation: Evaluation, key: string): boolean {
  return !evaluation.request.modules.some(({ file }) => file === key);
}

/** Reads one guest. */
export function readGuest(evaluation: Evaluation, { name, nameFrom, host, at, stateDir }: Named): Guest {
  const hostName = fieldOf(evaluation, ["networking", "hostName"], asString);
  const names = new Set([name]);
  if (hostName.state === "set") names.add(hostName.value);
  const preStart = fieldOf(evaluation, ["microvm", "preStart"], asString);
  const { volumes, volumesOpen } = readVolumes(evaluation);
  const modules = ownModules(evaluation);
  return {
    name,
    nameFrom,
    host,
    hostName,
    directoryNames: [...names],
    stateDir,
    hypervisor: fieldOf(evaluation, ["microvm", "hypervisor"], asString),
    storeOnDisk: fieldOf(evaluation, ["microvm", "storeOnDisk"], asBoolean),
    storeDiskType: fieldOf(evaluation, ["microvm", "storeDiskType"], asString),
    writableStoreOverlay: fieldOf(evaluation, ["microvm", "writableStoreOverlay"], orNull(asString)),
    preStart,
    shares: readShares(evaluation),
    fileSystems: readFileSystems(evaluation),
    mountsOpen: readMountsOpen(evaluation),
    storeOptimise: readStoreOptimise(evaluation),
    start: readGuestStart(evaluation),
    options: {
      ...checkOptions(evaluation),
      declared: takesIn(evaluation, guestKey),
      provenance: provenanceOf(evaluation),
    },
    settings: readSettings(evaluation),
    volumes,
    volumesOpen,
    at: at ?? modules[0] ?? null,
    modules,
  };
}

/** A guest of which only the name is known. */
export function unknownGuest({ name, nameFrom, host, at, stateDir }: Named, reason: Unknown): Guest {
  const field = <T>(what: string): Field<T> => ({ state: "unknown", unknown: becauseOf(reason, what), at });
  return {
    name,
    nameFrom,
    host,
    at,
    stateDir,
    hostName: field("hostName"),
    directoryNames: [name],
    hypervisor: field("hypervisor"),
    storeOnDisk: field("storeOnDisk"),
    writableStoreOverlay: field("writableStoreOverlay"),
    preStart: field("preStart"),
    shares: [],
    fileSystems: new Map(),
    mountsOpen: reason,
    storeOptimise: field("nix.optimise"),
    volumes: [],
    volumesOpen: reason,
    modules: [],
  };
}

/** The sets in which modules of the user's define options, the module that was given before those that it imports. */
function ownModules(evaluation: Evaluation): Place[] {
  return [...evaluation.modules()].reverse().flatMap(({ body }) => {
    if (body === null || !("kind" in body) || body.kind !== "attrs") return [];
    // A module that is written in place has no file name of its own: where its text stands decides.
    const { file } = spanOf(body);
    return file.startsWith("<") || file.startsWith("/<") ? [] : [body];
  });
}

/** The name in memory of a guest of the host that is known there as `host`. */
export function guestId(host: string, name: string): string {
  return `${host}/${name}`;
}

/** The name in memory of what the host that is known there as `host` does around the start of its guests. */
export function startId(host: string): string {
  return `${host}#start`;
}

/** A guest that a host runs, and what it was read of. */
export interface HostedGuest {
  readonly guest: Guest;
  /** Stands for its evaluation: two guests with the same are one. */
  readonly identity: object | null;
  /** The entry of a flake's `nixosConfigurations` that it was taken from by name. */
  readonly configuration: Place;
}

/** A guest that is there only under a condition has its volumes only then. */
export function perhapsThere(guest: Guest, condition: Unknown | null | undefined): Guest {
  if (!condition) return guest;
  const volumes = guest.volumes.map((volume) => ({ ...volume, conditional: volume.conditional ?? condition }));
  return { ...guest, volumes };
}

/** Reads a host and the guests that it declares in `microvm.vms`; `id` is its name in memory. */
export function readHost(
  world: World,
  given: Evaluation,
  name: string,
  at: Place,
  id: string,
  kept: KeptEvaluations,
): {
  readonly host: Host;
  readonly guests: readonly HostedGuest[];
  readonly open: Unknown | null;
} {
  const evaluation = withSchema(world, given, "host");
  const stateDir = fieldOf(evaluation, ["microvm", "stateDir"], asString);
  const vms = evaluation.option(["microvm", "vms"])?.value.force();
  const guests: HostedGuest[] = [];
  let open: Unknown | null = null;
  const { memory } = world;
  const { way } = memory;
  if (vms?.type === "attrs") {
    open = vms.rest;
    for (const [key, entry] of vms.entries) {
      const named: Named = { name: key, nameFrom: "microvm.vms", host: name, at: entry.at, stateDir };
      const read = () => {
        const { evaluation: found, configuration } = machineOf(entry.thunk.force(), key);
        if ("type" in found) return { guest: unknownGuest(named, found), identity: null, configuration };
        const read = readGuest(withSchema(world, found, "guest"), named);
        const updateFlake = attribute(entry.thunk.force(), "updateFlake", orNull(asString));
        const guest = perhapsThere({ ...read, updateFlake }, entry.conditional);
        kept.add(found);
        return { guest, identity: found.identity, configuration };
      };
      const compute = (): HostedGuest => {
        try {
          return world.evaluator.budget.apart(read);
        } catch (error) {
          if (!isExhaustion(error)) throw error;
          return { guest: unknownGuest(named, failure(error, entry.at)), identity: null, configuration: null };
        }
      };
      guests.push(
        memory.remember({ key: guestId(id, key), way, compute, usable: ({ guest }) => guest.at === entry.at }),
      );
    }
  } else if (vms?.type === "unknown") {
    open = vms;
  }
  const systemd = attributeOf(evaluation, "systemd");
  const services = systemd?.type === "attrs" ? systemd.entries.get("services")?.thunk.force() : undefined;
  const host: Host = {
    name,
    stateDir,
    guests: guests.map(({ guest }) => guest.name),
    services: readServices(services),
    servicesOpen:
      services?.type === "attrs"
        ? services.rest
        : systemd?.type === "attrs"
          ? systemd.rest
          : external("systemd.services"),
    start: memory.remember({ key: startId(id), way, compute: () => readHostStart(evaluation) }),
    keeper: readKeeper(evaluation),
    options: {
      ...checkOptions(evaluation),
      declared: takesIn(evaluation, hostKey),
      provenance: provenanceOf(evaluation),
    },
    at,
    modules: ownModules(evaluation),
  };
  return { host, guests, open };
}

interface Machine {
  readonly evaluation: Evaluation | Unknown;
  /** The entry of a flake's `nixosConfigurations` that it was taken from by name. */
  readonly configuration: Place;
}

/** The evaluation of one of `microvm.vms`: by `flake`, `evaluatedConfig` or `config` (nixos-modules/host/default.nix). */
function machineOf(value: Value, name: string): Machine {
  const own = (evaluation: Evaluation | Unknown): Machine => ({ evaluation, configuration: null });
  if (value.type !== "attrs") return own(value.type === "unknown" ? value : external(`microvm.vms.${name}`));
  const get = (part: string): Value =>
    value.entries.get(part)?.thunk.force() ?? external(`microvm.vms.${name}.${part}`);
  const flake = get("flake");
  // Of a machine with a `config`, microvm.nix asserts that it has no `flake`: what is written decides, whatever modules
  // that are not seen may define.
  const written = flake.type === "unknown" ? get("config") : null;
  if (written?.type === "attrs") return own(systemOf(written, name));
  if (flake.type === "unknown") return own(flake);
  if (flake.type !== "null") return configurationOf(flake, name);
  const evaluated = get("evaluatedConfig");
  if (evaluated.type === "unknown") return own(evaluated);
  return own(systemOf(evaluated.type === "null" ? get("config") : evaluated, name));
}

function configurationOf(flake: Value, name: string): Machine {
  const none = (unknown: Unknown): Machine => ({ evaluation: unknown, configuration: null });
  if (flake.type !== "attrs") return none(external("a flake that is given by its path"));
  const configurations = flake.entries.get("nixosConfigurations")?.thunk.force();
  if (configurations?.type !== "attrs")
    return none(configurations?.type === "unknown" ? configurations : (flake.rest ?? external("nixosConfigurations")));
  const entry = configurations.entries.get(name);
  if (!entry) return none(configurations.rest ?? external(`nixosConfigurations.${name}`));
  return { evaluation: systemOf(entry.thunk.force(), name), configuration: entry.at };
}

/** The evaluation behind what `nixosSystem` returned. */
export function systemOf(system: Value, name: string): Evaluation | Unknown {
  if (system.type === "unknown") return system;
  const config = system.type === "attrs" ? system.entries.get("config")?.thunk.force() : undefined;
  if (!config) return external(`configuration of ${name}`);
  if (config.type === "unknown") return config;
  return evaluationOf(config) ?? external(`configuration of ${name}`);
}
