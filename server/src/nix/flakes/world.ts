import type { FetchedSource } from "../eval/builtins/definition.ts";
import { createLib } from "../eval/builtins/lib/index.ts";
import { createEvaluator, type Interpreter } from "../eval/interpreter.ts";
import { attributes, becauseOf, external, rootCause, string, unknown } from "../eval/make.ts";
import { Memory } from "../eval/memory.ts";
import { applyFunction } from "../eval/ops.ts";
import { suffixOf } from "../eval/pieces.ts";
import type { AttributesValue, Thunk, Unknown, Value } from "../eval/value.ts";
import { delayed } from "../eval/value.ts";
import type { FileSource } from "../files.ts";
import type { Unseen } from "../modules/collect.ts";
import { evaluateModules, type ForeignKind } from "../modules/evaluate.ts";
import { typePartsFor } from "../modules/type-parts.ts";
import type { NixParser } from "../syntax/parser.ts";
import { evalModulesDefinition } from "./eval-modules.ts";
import { Flake } from "./flake.ts";
import { nixosSystemDefinition } from "./models/nixos-system.ts";
import { type InputReference, isPublic, isWellKnown, parseReference, usesMicrovm } from "./reference.ts";

/** What an input is known as while a flake is evaluated. */
export interface InputInfo {
  readonly name: string;
  readonly reference: InputReference | null;
  /** A name for paths into its source, such as `/<disko>`. */
  readonly virtualPath: string;
  /** Its source takes in microvm.nix, so that its modules may set `microvm.*`; null when no lock file says. */
  readonly knowsMicrovm: boolean | null;
  /** Everybody can read its source: it knows no option of this workspace. */
  readonly isPublic: boolean;
  /** False for a plain source. */
  readonly isFlake: boolean;
  /** When the locked source was last changed, in seconds since 1970; null when no lock file says. */
  readonly lastModified: number | null;
}

/** A flake that we know without its source. */
export interface InputModel {
  readonly name: string;
  matches(reference: InputReference): boolean;
  /** What the flake gives; `world.openInput` has the parts that every flake has. */
  outputs(world: World, input: InputInfo): AttributesValue;
  /** The path into its source that a path, known by its end alone, leads to; null: to none. */
  locate?(end: string): string | null;
  /** `import` or module of a path into its source. */
  file?(world: World, input: InputInfo, path: string): Value | null;
}

export interface WorldOptions {
  readonly files: FileSource;
  readonly parser: NixParser;
  readonly models: readonly InputModel[];
  readonly budget?: { readonly steps?: number };
  /** Lets a source in the Nix store be read. */
  readonly allow?: (root: string) => void;
  readonly storeDir?: string;
  /** When nixpkgs was last changed, in seconds since 1970, where no lock file says it. */
  readonly nixpkgsDate?: number;
  /** What outlives this evaluation; default: nothing. */
  readonly memory?: Memory;
}

/** One evaluation of a workspace: its flakes, the models of their inputs, and what is foreign. */
export class World {
  readonly options: WorldOptions;
  readonly evaluator: Interpreter;
  readonly memory: Memory;
  /** When each nixpkgs that is used was last changed; null: no lock file says. */
  readonly nixpkgsDates = new Set<number | null>();
  readonly #flakes = new Map<string, Flake>();
  readonly #foreign = new WeakMap<Unknown, InputInfo>();
  readonly #virtual = new Map<string, (path: string) => Value | null>();
  readonly #expressions = new Map<string, Value>();
  readonly #sources = new Map<string, FetchedSource | null>();

  constructor(options: WorldOptions) {
    this.options = options;
    this.memory = options.memory ?? new Memory();
    const { parser } = options;
    this.evaluator = createEvaluator({
      files: options.files,
      ...(options.budget ? { budget: options.budget } : {}),
      fetched: (address) => this.#source(address),
      nixpkgsDate: () => {
        const [date = options.nixpkgsDate ?? null] = this.nixpkgsDates;
        return this.nixpkgsDates.size > 1 ? null : date;
      },
      lib: (evaluator) =>
        createLib(evaluator, {
          parse: (file, text) => parser.parse(file, text),
          evalModules: evalModulesDefinition(this),
          typeParts: typePartsFor(evaluator, (path) => this.importModule(path)),
          nixosSystem: nixosSystemDefinition(this),
        }),
    });
  }

  get files(): FileSource {
    return this.options.files;
  }

  /** The flake whose flake.nix stands in this folder. */
  flakeAt(folder: string): Flake {
    let flake = this.#flakes.get(folder);
    if (!flake) {
      flake = Flake.root(this, folder);
      this.#flakes.set(folder, flake);
    }
    return flake;
  }

  /** The outputs of the flake at a path: a folder of the workspace, or a source that was fetched. */
  flakeOf(path: string): Value | null {
    if (path.startsWith("/<")) return [...this.#sources.values()].find((s) => s?.path === path)?.flake() ?? null;
    const found = this.files.type(`${path}/flake.nix`);
    return found.ok ? this.flakeAt(path).self.force() : null;
  }

  /** A source that a configuration fetches by its address, if it is one of a flake that we know, or a public one. */
  #source(address: string): FetchedSource | null {
    const known = this.#sources.get(address);
    if (known !== undefined) return known;
    const source = this.#sourceOf(parseReference(address));
    this.#sources.set(address, source);
    return source;
  }

  #sourceOf(reference: InputReference): FetchedSource | null {
    const model = this.options.models.find((m) => m.matches(reference));
    const { owner, repo } = reference;
    if (repo === null || (!model && !(owner !== null && isPublic(reference)))) return null;
    const name = model?.name ?? `${owner}+${repo}`;
    const input: InputInfo = {
      name,
      reference,
      virtualPath: `/<${name}>`,
      isFlake: true,
      lastModified: null,
      knowsMicrovm: usesMicrovm(reference) ? true : isWellKnown(reference) ? false : null,
      isPublic: isPublic(reference),
    };
    const outputs = model ? model.outputs(this, input) : this.openInput(input);
    // What a model says of its paths counts: some know more than their flake's own path.
    if (!this.#virtual.has(input.virtualPath)) {
      this.provide(input.virtualPath, (path) => model?.file?.(this, input, path) ?? this.unknownOf(input));
    }
    return { path: input.virtualPath, flake: () => outputs };
  }

  /** Evaluates Nix that we brought, once: `name` stands for its file. */
  ours(name: string, text: string): Value {
    const known = this.#expressions.get(name);
    if (known) return known;
    const { root } = this.options.parser.parse(`<${name}>`, text);
    const value = applyFunction(this.evaluator.evaluate(root.body, null), [this.evaluator.lib], null);
    this.#expressions.set(name, value);
    return value;
  }

  /** What stands for all that we do not know of an input. */
  unknownOf(input: InputInfo): Unknown {
    const reason = external(`input "${input.name}"`);
    this.#foreign.set(reason, input);
    return reason;
  }

  /** A flake's value with the given outputs; everything else of it is unknown. */
  openInput(input: InputInfo, outputs: Iterable<readonly [string, Thunk | Value]> = []): AttributesValue {
    const rest = this.unknownOf(input);
    const path = {
      type: "string" as const,
      value: input.virtualPath,
      origin: { at: null, step: "builtin" as const, from: [] },
    };
    const set = attributes([["outPath", path], ["_type", string("flake")], ...outputs]);
    return { ...set, rest };
  }

  /** Makes paths that begin with `prefix` mean something to `import` and to the module system. */
  provide(prefix: string, find: (path: string) => Value | null): void {
    this.#virtual.set(prefix, find);
    this.evaluator.imports.set(
      prefix,
      delayed(null, () => find("") ?? unknown({ reason: "external", what: prefix })),
    );
  }

  /** The value of a path into a source that is not here; undefined for an ordinary path. */
  virtualFile(path: string): Value | undefined {
    if (!path.startsWith("/<")) return undefined;
    const end = path.indexOf("/", 1);
    const prefix = end < 0 ? path : path.slice(0, end);
    const rest = end < 0 ? "" : path.slice(end);
    return this.#virtual.get(prefix)?.(rest) ?? external(`file ${path}`);
  }

  /** Imports a file for the module system. */
  importModule(path: string): Value {
    return this.virtualFile(path) ?? this.evaluator.importFile(path, null);
  }

  /**
   * A module of a flake that does not take in microvm.nix: of a public one, it cannot set options which only this workspace
   * or microvm.nix declares. Only a plain reference counts: a foreign function may have been given a module of ours.
   */
  foreign(unseen: Unseen): ForeignKind | null {
    if (isCalled(unseen.because)) return null;
    const root = rootCause(unseen.because);
    if (root.why.reason === "external" && root.why.what.startsWith("<nixpkgs/nixos/modules/")) return "foreign";
    const input = this.#foreign.get(root);
    if (input?.knowsMicrovm !== false) return null;
    return input.isPublic ? "foreign" : "private";
  }

  /** The same for modules of flake-parts: they may add outputs, unless they are known not to. */
  foreignPart(unseen: Unseen): ForeignKind | null {
    if (isCalled(unseen.because)) return null;
    const input = this.#foreign.get(rootCause(unseen.because));
    if (!input) return null;
    if (!input.isPublic) return "private";
    return input.reference !== null && isWellKnown(input.reference) ? "foreign" : "stranger";
  }

  /** A module that is known by the end of its path, wherever its source was taken from: its path as we know it. */
  locate(value: Value): string | null {
    const end = value.type === "path" || value.type === "string" ? value.value : endOf(value);
    if (end === "" || end.startsWith("/<")) return null;
    for (const model of this.options.models) {
      const path = model.locate?.(end) ?? null;
      if (path === null) continue;
      this.provide(`/<${model.name}>`, (rest) => model.file?.(this, inputNamed(model.name), rest) ?? null);
      return `/<${model.name}>${path}`;
    }
    return null;
  }

  /** Evaluates modules of a NixOS configuration, or of a part of one. */
  evaluateSystem(
    request: Omit<Parameters<typeof evaluateModules>[0], "evaluator" | "undeclared" | "importFile">,
  ): ReturnType<typeof evaluateModules> {
    return evaluateModules({
      undeclared: "shape",
      foreign: (unseen) => this.foreign(unseen),
      modulesPath: "/<nixpkgs>/nixos/modules",
      locate: (value) => this.locate(value),
      ...request,
      evaluator: this.evaluator,
      importFile: (path) => this.importModule(path),
    });
  }

  /** Makes an unknown that came out of an input say where it was asked for. */
  because(of: Unknown, via: string): Unknown {
    return becauseOf(of, via);
  }
}

/** The end of a path that is not known, as a path: also of `<name/path>`, and of `source.nixosModules.host`. */
function endOf(value: Value): string {
  if (value.type !== "unknown") return "";
  const end = suffixOf(value);
  if (end !== "") return end;
  const steps: string[] = [];
  let cause = value;
  for (; cause.why.reason === "input"; cause = cause.why.of) steps.push(cause.why.via);
  const root = cause.why.reason === "external" ? cause.why.what : "";
  const plain = (some: readonly string[]) => some.every((step) => /^[\w'.-]+$/.test(step) && step !== "call");
  if (/^<[^>]+>$/.test(root)) return plain(steps) && value.shape?.type === "path" ? root.slice(1, -1) : "";
  // Modules of these names are anybody's: only where the source is called after microvm.nix are they its own.
  const at = steps.findIndex((step) => attributeOfModules.test(step));
  const [, source = "", name] = attributeOfModules.exec(steps[at] ?? "") ?? [];
  return name && plain(steps.slice(0, at)) && /microvm/i.test(`${source} ${root}`) ? `/nixos-modules/${name}` : "";
}

const attributeOfModules = /^(.*?)\.?nixosModules\.(host|microvm)$/;

/** An input that is known by what is read from it. */
function inputNamed(name: string): InputInfo {
  return {
    name,
    reference: null,
    virtualPath: `/<${name}>`,
    isFlake: true,
    lastModified: null,
    knowsMicrovm: null,
    isPublic: true,
  };
}

/** Does it come out of a function? That may have been given a module of ours. */
function isCalled(because: Unknown): boolean {
  for (let at = because; at.why.reason === "input"; at = at.why.of) if (at.why.via === "call") return true;
  return false;
}
