import { Superseded } from "../base/giving-way.ts";
import { isExhaustion, stack } from "../nix/eval/budget.ts";
import { type DependencySet, settle } from "../nix/eval/dependencies.ts";
import { attributes, external } from "../nix/eval/make.ts";
import { Memory } from "../nix/eval/memory.ts";
import type { AttributesValue, Place, Unknown, Value } from "../nix/eval/value.ts";
import { failure, ready } from "../nix/eval/value.ts";
import type { FileSource } from "../nix/files.ts";
import { flakeModels } from "../nix/flakes/models/all.ts";
import { hiveNodes } from "../nix/flakes/models/colmena.ts";
import { baseModule } from "../nix/flakes/models/nixos-system.ts";
import { provideNixpkgs } from "../nix/flakes/models/nixpkgs.ts";
import { possibleSystem } from "../nix/flakes/models/unknown-builder.ts";
import { World } from "../nix/flakes/world.ts";
import type { Evaluation } from "../nix/modules/evaluate.ts";
import type { NixParser } from "../nix/syntax/parser.ts";
import { distinct } from "./distinct.ts";
import { systemsIn } from "./entry.ts";
import {
  kindOf,
  type Named,
  perhapsThere,
  readGuest,
  readHost,
  stateDirByDefault,
  systemOf,
  withSchema,
} from "./guests.ts";
import { microvmNix } from "./input.ts";
import { KeptEvaluations } from "./kept.ts";
import { microvmInputs } from "./locked-inputs.ts";
import { type Declarations, type Guest, type Host, isLone, known } from "./model.ts";
import { baseName, entryKey, keysOf, messageOf, unnamed } from "./names.ts";
import { guestOffered, type Offer, offersOf, withoutRepetitions } from "./offered.ts";
import { findRoots } from "./roots.ts";

export interface ReadOptions {
  readonly files: FileSource;
  readonly parser: NixParser;
  /** Absolute paths: folders, or single .nix files. */
  readonly roots: readonly string[];
  /** Absolute paths of open documents: those that no flake reaches are read as lone modules. */
  readonly openFiles: readonly string[];
  readonly budget?: { readonly steps?: number };
  /** Lets a locked input's source in the Nix store be read. */
  readonly allow?: (root: string) => void;
  readonly storeDir?: string;
  /** What outlives this call: guests that an edit cannot have reached are not evaluated again. Default: nothing. */
  readonly memory?: Memory;
  /** See {@link KeptEvaluations}. */
  readonly keptModules?: number;
}

/** What one root gave. */
interface Reading {
  readonly at: Place;
  readonly hosts: Host[];
  readonly guests: Found[];
  readonly problems: { readonly what: string; readonly unknown: Unknown }[];
  /** Of an offer: what it took to find out whether it is a guest. */
  steps?: number;
}

/** What packages that turn out to be no guests may take, all in all: some flakes offer hundreds of images. */
const stepsForOffers = 200_000;

interface Found {
  readonly guest: Guest;
  /** Stands for its evaluation: two guests with the same are one. */
  readonly identity: object | null;
  /** For a guest of a host: the entry of `nixosConfigurations` that it was taken from by name. */
  readonly configuration?: Place;
}

/**
 * Finds and reads all guests and hosts of the workspace. @throws Superseded where something newer came: what was read
 * until then is remembered.
 */
export function readDeclarations(options: ReadOptions): Declarations {
  const reader = new Reader(options);
  const { depth, exploring } = stack;
  try {
    reader.readAll();
  } catch (error) {
    if (error instanceof Superseded) {
      Object.assign(stack, { depth, exploring });
      reader.breakOff();
      throw error;
    }
    reader.problem("the workspace", {
      type: "unknown",
      at: null,
      why: { reason: "unsupported", what: messageOf(error) },
    });
  }
  return reader.result();
}

class Reader {
  readonly #options: ReadOptions;
  readonly #world: World;
  readonly #memory: Memory;
  readonly #readings = new Map<string, Reading>();
  readonly #kept: KeptEvaluations;
  /** What is read at this moment goes in here. */
  #into: Reading = { at: null, hosts: [], guests: [], problems: [] };
  #open = false;
  #flakes: readonly string[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#memory = options.memory ?? new Memory();
    this.#memory.begin();
    this.#kept = new KeptEvaluations(options.keptModules);
    const models = [microvmNix, ...flakeModels];
    this.#world = new World({ ...options, memory: this.#memory, models });
    provideNixpkgs(this.#world);
    this.#readings.set("", this.#into);
  }

  readAll(): void {
    const { files, roots, openFiles } = this.#options;
    const found = this.#memory.remember({
      key: JSON.stringify(roots),
      way: this.#memory.way,
      compute: () => findRoots(files, roots),
    });
    this.#flakes = found.flakes;
    const { budget } = this.#world.evaluator;
    for (const folder of found.flakes)
      budget.apart(() => this.#guarded(`${folder}/flake.nix`, () => this.#readFlake(folder)));
    for (const file of found.modules) this.#readModule(file);
    for (const file of found.loose) this.#readModule(file);
    this.#dropImported([...found.modules, ...found.loose], found.loose);
    const lone = openFiles.filter((file) => file.endsWith(".nix") && !file.endsWith("/flake.nix"));
    if (lone.length === 0) return;
    const reached = new Set([
      ...this.#memory.files(),
      ...settle([this.#memory.way]).files,
      ...found.modules,
      ...found.loose,
    ]);
    for (const file of lone) if (!reached.has(file)) this.#readModule(file);
  }

  /** A file that another one imports is no guest of its own, nor is a host's file that a machine is made of. */
  #dropImported(files: readonly string[], loose: readonly string[]): void {
    const of = (key: string) => this.#memory.filesOf(key).filter((each) => each !== key);
    const machines = [...this.#readings.keys()].filter((key) => files.some((file) => key.startsWith(`${file}#`)));
    const imported = new Set(files.flatMap(of));
    for (const file of loose) if (imported.has(file)) this.#readings.delete(file);
    for (const file of new Set(machines.flatMap(of))) if (files.includes(file)) this.#readings.delete(file);
  }

  problem(what: string, unknown: Unknown): void {
    this.#into.problems.push({ what, unknown });
  }

  /** Roots that are read are remembered as after a whole reading; of one that is not, nothing is. */
  breakOff(): void {
    this.#forgetShared();
    const whole = [...this.#readings].flatMap(([key, { guests }]) => keysOf(key, guests));
    this.#memory.breakOff(new Set([JSON.stringify(this.#options.roots), ...whole]));
  }

  result(): Declarations {
    const readings = [...this.#readings.values()];
    const all = readings.flatMap(({ guests }) => guests);
    this.#forgetShared();
    this.#memory.end();
    // A guest of a flake that a host runs is one guest: the host's.
    const hosted = new Set(all.flatMap(({ guest, identity }) => (guest.host !== null && identity ? [identity] : [])));
    // By name and place too: what was read at different times is never the same evaluation.
    const taken = new Set(all.flatMap(({ guest, configuration }) => entryKey(guest.name, configuration ?? null) ?? []));
    const isTaken = ({ name, at }: Guest) => taken.size > 0 && taken.has(entryKey(name, at) ?? "");
    const guests = all.filter(
      ({ guest, identity }) => guest.host !== null || !identity || !(hosted.has(identity) || isTaken(guest)),
    );
    const problems = readings.flatMap((reading) => reading.problems);
    return {
      hosts: readings.flatMap(({ hosts }) => hosts),
      guests: withoutRepetitions(distinct(guests.map(({ guest }) => guest))),
      problems,
      // A module on its own belongs to a configuration that is not here, with guests and volumes of its own.
      complete: problems.length === 0 && !this.#open && !guests.some(({ guest }) => isLone(guest)),
      microvmInputs: microvmInputs(this.#options.files, this.#flakes),
    };
  }

  /** What one evaluation was made of is known to its first reader only: what two roots share is read anew together. */
  #forgetShared(): void {
    const first = new Map<object, string>();
    for (const [key, { guests }] of this.#readings) {
      for (const { guest, identity } of guests) {
        if (!identity) continue;
        const other = first.get(identity);
        if (other === undefined) first.set(identity, key);
        else for (const root of [key, other]) for (const each of keysOf(root, [{ guest }])) this.#memory.forget(each);
      }
    }
  }

  /** Reads one root, or uses what was read of it before. */
  #remember(key: string, at: Place, way: DependencySet, read: () => void): void {
    const compute = () => {
      const outer = this.#into;
      this.#into = { at, hosts: [], guests: [], problems: [] };
      try {
        this.#world.evaluator.budget.apart(() => this.#guarded(key, read));
        return this.#into;
      } finally {
        this.#into = outer;
      }
    };
    const usable = (reading: Reading) => reading.at === at;
    this.#readings.set(key, this.#memory.remember({ key, way, compute, usable, apart: true }));
  }

  #guarded(what: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (error instanceof Superseded) throw error;
      this.problem(
        what,
        isExhaustion(error)
          ? failure(error, null)
          : { type: "unknown", at: null, why: { reason: "unsupported", what: messageOf(error) } },
      );
    }
  }

  #readFlake(folder: string): void {
    const flake = this.#world.flakeAt(folder);
    // A module that happens to be called so.
    if (flake.file.type === "function") return;
    const outputs = flake.outputs.force();
    if (outputs.type !== "attrs") {
      this.problem(
        `${folder}/flake.nix`,
        outputs.type === "unknown"
          ? outputs
          : { type: "unknown", at: null, why: { reason: "wrong-type", expected: "a set", found: outputs.type } },
      );
      return;
    }
    if (outputs.rest) this.#open = true;
    const configurations = outputs.entries.get("nixosConfigurations");
    const hive = outputs.entries.get("colmena");
    if (!configurations && !hive && outputs.rest) this.problem("nixosConfigurations", outputs.rest);
    const names = configurations
      ? this.#readSystems(folder, configurations.thunk.force(), new Set())
      : new Set<string>();
    // A node of a hive is often a configuration of the flake as well: the same machine.
    if (hive) this.#readSystems(`${folder}#colmena`, hiveNodes(this.#world, hive.thunk.force()), names);
    this.#readOffers(folder, outputs);
  }

  /** Reads the guests that the flake only offers to run. */
  #readOffers(folder: string, outputs: AttributesValue): void {
    const text = this.#options.files.text(`${folder}/flake.nix`);
    if (!text.ok || !text.value.includes("microvm")) return;
    const { way } = this.#memory;
    const found = new Set<string>();
    let steps = 0;
    for (const offer of offersOf(outputs)) {
      if (found.has(offer.name)) continue;
      if (steps > stepsForOffers) return;
      const id = `${folder}#${offer.output}.${offer.system}.${offer.name}`;
      this.#remember(id, offer.at, way, () => this.#readOffer(offer));
      const reading = this.#readings.get(id);
      if (reading?.guests.length) found.add(offer.name);
      else steps += reading?.steps ?? 0;
    }
  }

  #readOffer(offer: Offer): void {
    const { budget } = this.#world.evaluator;
    const before = budget.spent;
    const evaluation = guestOffered(offer);
    this.#into.steps = budget.spent - before;
    if (!evaluation || !kindOf(evaluation).guest) return;
    const named: Named = {
      name: offer.name,
      nameFrom: "packages",
      host: null,
      at: offer.at,
      stateDir: stateDirByDefault,
    };
    const guest = readGuest(evaluation, named);
    const hostName = guest.hostName.state === "set" ? known(guest.hostName) : undefined;
    const name = offer.name === "default" ? (hostName ?? offer.name) : offer.name;
    // With its identity: what it shares with a configuration that is read elsewhere is read anew together.
    this.#into.guests.push({ guest: { ...guest, name }, identity: evaluation.identity });
    this.#kept.add(evaluation);
  }

  /** Reads a set of configurations, but for some names; gives the names that it has. */
  #readSystems(root: string, set: Value, but: ReadonlySet<string>): Set<string> {
    if (set.type !== "attrs") {
      if (set.type === "unknown") this.problem("nixosConfigurations", set);
      return new Set();
    }
    if (set.rest) this.problem("nixosConfigurations", set.rest);
    const { way } = this.#memory;
    for (const [name, { thunk, at }] of set.entries) {
      if (but.has(name)) continue;
      const id = `${root}#${name}`;
      this.#remember(id, at, way, () => this.#readSystem(name, thunk.force(), at, id));
    }
    return new Set(set.entries.keys());
  }

  #readSystem(name: string, value: Value, at: Place, id: string): void {
    // Made for each system by mistake (flake-utils); Nix builds what is below all the same.
    if (/^[a-z0-9_]+-[a-z0-9]+$/.test(name) && value.type === "attrs" && !value.entries.has("config") && !value.rest) {
      for (const [inner, { thunk, at }] of value.entries) this.#readSystem(inner, thunk.force(), at, `${id}.${inner}`);
      return;
    }
    const named: Named = { name, nameFrom: "nixosConfigurations", host: null, at, stateDir: stateDirByDefault };
    const system = systemOf(value, name);
    if ("type" in system) {
      const possible = possibleSystem(this.#world, system);
      const evaluation = possible && systemOf(possible, name);
      if (!evaluation || "type" in evaluation) this.problem(`nixosConfigurations.${name}`, system);
      else this.#readEvaluation(evaluation, named, id, system);
    } else this.#readEvaluation(system, named, id);
  }

  /** `perhaps`: why it is not sure that this is the machine. */
  #readEvaluation(evaluation: Evaluation, named: Named, id: string, perhaps: Unknown | null = null): void {
    const kind = kindOf(evaluation);
    for (const unseen of evaluation.unseen()) {
      if (this.#world.foreign(unseen) !== "foreign") this.problem(named.name, unseen.because);
    }
    if (kind.host) {
      const { host, guests, open } = readHost(this.#world, evaluation, named.name, named.at, id, this.#kept);
      this.#into.hosts.push(host);
      this.#into.guests.push(...guests.map((each) => ({ ...each, guest: perhapsThere(each.guest, perhaps) })));
      if (open) this.problem(`microvm.vms of ${named.name}`, open);
    }
    if (kind.guest) {
      const guest = perhapsThere(readGuest(withSchema(this.#world, evaluation, "guest"), named), perhaps);
      this.#into.guests.push({
        guest: named.nameFrom === "file" ? unnamed(guest) : guest,
        identity: evaluation.identity,
      });
    }
    this.#kept.add(evaluation);
  }

  #readModule(file: string): void {
    this.#remember(file, null, this.#memory.way, () => this.#readLoneModule(file));
  }

  /** A module of its own: a guest whose name is its host name, or a host. */
  #readLoneModule(file: string): void {
    const value = this.#world.evaluator.importFile(file, null);
    if (value.type !== "function" && value.type !== "attrs") return;
    if (file.endsWith("/hive.nix")) {
      this.#readSystems(file, hiveNodes(this.#world, value), new Set());
      return;
    }
    const systems = file.endsWith("/default.nix") ? systemsIn(value, baseName(file)) : null;
    if (systems) {
      this.#readSystems(file, systems, new Set());
      return;
    }
    // Whoever imports the module gives it arguments that are not known here.
    const given = ready({
      ...attributes([]),
      rest: external("an argument of the configuration that imports this module"),
    });
    const evaluation = this.#world.evaluateSystem({
      modules: [
        baseModule(this.#world, null, null, given),
        { value: ready({ type: "path", value: file, origin: { at: null, step: "import", from: [] } }), file },
      ],
    });
    const kind = kindOf(evaluation);
    if (!kind.guest && !kind.host) return;
    const full = kind.guest ? withSchema(this.#world, evaluation, "guest") : evaluation;
    const hostName = full.option(["networking", "hostName"]);
    const named = hostName?.value.force();
    const isSet = named?.type === "string" && (hostName?.final() ?? []).some((d) => d.priority < 1500);
    const name = isSet && named.type === "string" ? named.value : baseName(file);
    this.#readEvaluation(
      full,
      { name, nameFrom: isSet ? "hostName" : "file", host: null, at: null, stateDir: stateDirByDefault },
      file,
    );
  }
}
