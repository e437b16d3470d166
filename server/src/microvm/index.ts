import type { Place, Unknown, Value } from "../nix/eval/value.ts";
import { placeSpan, ready } from "../nix/eval/value.ts";
import type { FileSource } from "../nix/files.ts";
import { flakeUtils } from "../nix/flakes/models/flake-utils.ts";
import { flakeParts } from "../nix/flakes/models/flake-parts.ts";
import { importTree } from "../nix/flakes/models/import-tree.ts";
import { nixpkgs, provideNixpkgs } from "../nix/flakes/models/nixpkgs.ts";
import { baseModule } from "../nix/flakes/models/nixos-system.ts";
import { World } from "../nix/flakes/world.ts";
import type { Evaluation } from "../nix/modules/evaluate.ts";
import type { NixParser } from "../nix/syntax/parser.ts";
import { kindOf, type Named, readGuest, readHost, stateDirByDefault, systemOf, withSchema } from "./guests.ts";
import { microvmNix } from "./input.ts";
import type { Declarations, Guest, Host } from "./model.ts";
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
  /** Was the file read by anything that was evaluated before? Default: no. */
  readonly reached?: (path: string) => boolean;
}

/** Finds and reads all guests and hosts of the workspace. Never throws. */
export function readDeclarations(options: ReadOptions): Declarations {
  const reader = new Reader(options);
  try {
    reader.readAll();
  } catch (error) {
    reader.problem("the workspace", { type: "unknown", at: null, why: { reason: "unsupported", what: messageOf(error) } });
  }
  return reader.result();
}

class Reader {
  readonly #options: ReadOptions;
  readonly #world: World;
  readonly #hosts: Host[] = [];
  readonly #guests: { readonly guest: Guest; readonly evaluation: Evaluation | null }[] = [];
  readonly #problems: { readonly what: string; readonly unknown: Unknown }[] = [];
  #complete = true;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#world = new World({ ...options, models: [nixpkgs, microvmNix, flakeParts, flakeUtils, importTree] });
    provideNixpkgs(this.#world);
  }

  readAll(): void {
    const { files, roots, openFiles, reached } = this.#options;
    const found = findRoots(files, roots);
    for (const folder of found.flakes) this.#guarded(`${folder}/flake.nix`, () => this.#readFlake(folder));
    for (const file of found.modules) this.#guarded(file, () => this.#readModule(file));
    for (const file of openFiles) {
      if (file.endsWith(".nix") && !file.endsWith("/flake.nix") && !found.modules.includes(file) && !reached?.(file)) {
        this.#guarded(file, () => this.#readModule(file));
      }
    }
  }

  problem(what: string, unknown: Unknown): void {
    this.#problems.push({ what, unknown });
    this.#complete = false;
  }

  result(): Declarations {
    // A guest of a flake that a host runs is one guest: the host's.
    const hosted = new Set(this.#guests.flatMap(({ guest, evaluation }) => (guest.host !== null && evaluation ? [evaluation] : [])));
    const guests = this.#guests.filter(({ guest, evaluation }) => guest.host !== null || !evaluation || !hosted.has(evaluation));
    return { hosts: this.#hosts, guests: distinct(guests.map(({ guest }) => guest)), problems: this.#problems, complete: this.#complete };
  }

  #guarded(what: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      this.problem(what, { type: "unknown", at: null, why: { reason: "unsupported", what: messageOf(error) } });
    }
  }

  #readFlake(folder: string): void {
    const outputs = this.#world.flakeAt(folder).outputs.force();
    if (outputs.type !== "attrs") {
      this.problem(`${folder}/flake.nix`, outputs.type === "unknown" ? outputs : { type: "unknown", at: null, why: { reason: "wrong-type", expected: "a set", found: outputs.type } });
      return;
    }
    if (outputs.rest) this.#complete = false;
    const configurations = outputs.entries.get("nixosConfigurations");
    if (!configurations) return;
    const set = configurations.thunk.force();
    if (set.type !== "attrs") {
      if (set.type === "unknown") this.problem("nixosConfigurations", set);
      return;
    }
    if (set.rest) this.problem("nixosConfigurations", set.rest);
    for (const [name, { thunk, at }] of set.entries) {
      this.#guarded(`nixosConfigurations.${name}`, () => this.#readSystem(name, thunk.force(), at));
    }
  }

  #readSystem(name: string, value: Value, at: Place): void {
    const system = systemOf(value, name);
    if ("type" in system) this.problem(`nixosConfigurations.${name}`, system);
    else this.#readEvaluation(system, { name, nameFrom: "nixosConfigurations", host: null, at, stateDir: stateDirByDefault });
  }

  #readEvaluation(evaluation: Evaluation, named: Named): void {
    const kind = kindOf(evaluation);
    for (const unseen of evaluation.unseen()) {
      if (this.#world.foreign(unseen) !== "foreign") this.problem(named.name, unseen.because);
    }
    if (kind.host) {
      const { host, guests, open } = readHost(this.#world, evaluation, named.name, named.at);
      this.#hosts.push(host);
      this.#guests.push(...guests);
      if (open) this.problem(`microvm.vms of ${named.name}`, open);
    }
    if (kind.guest) this.#guests.push({ guest: readGuest(withSchema(this.#world, evaluation, "guest"), named), evaluation });
  }

  /** A module of its own: a guest whose name is its host name, or a host. */
  #readModule(file: string): void {
    const value = this.#world.evaluator.importFile(file, null);
    if (value.type !== "function" && value.type !== "attrs") return;
    const evaluation = this.#world.evaluateSystem({
      modules: [baseModule(this.#world, null, null, null), { value: ready({ type: "path", value: file, origin: { at: null, step: "import", from: [] } }), file }],
    });
    const kind = kindOf(evaluation);
    if (!kind.guest && !kind.host) return;
    const full = kind.guest ? withSchema(this.#world, evaluation, "guest") : evaluation;
    const hostName = full.option(["networking", "hostName"]);
    const named = hostName?.value.force();
    const isSet = named?.type === "string" && (hostName?.final() ?? []).some((d) => d.priority < 1500);
    const name = isSet && named.type === "string" ? named.value : baseName(file);
    this.#readEvaluation(full, { name, nameFrom: isSet ? "hostName" : "file", host: null, at: null, stateDir: stateDirByDefault });
  }
}

/** The same guest found twice (a sub-flake that the workspace's flake takes in) counts once. */
function distinct(guests: readonly Guest[]): Guest[] {
  const seen = new Set<string>();
  return guests.filter((guest) => {
    const span = placeSpan(guest.at);
    const key = JSON.stringify([guest.host, guest.name, guest.nameFrom, span?.file, span?.start, guest.modules.map((m) => placeSpan(m)?.file)]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function baseName(file: string): string {
  const parts = file.split("/");
  const last = (parts.pop() ?? "").replace(/\.nix$/, "");
  return last === "default" || last === "configuration" ? (parts.pop() ?? last) : last;
}

function messageOf(error: unknown): string {
  return error instanceof RangeError ? "evaluation this deep" : error instanceof Error ? error.message : String(error);
}
