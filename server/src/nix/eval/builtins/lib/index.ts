import { nowhere, unsupported } from "../../make.ts";
import { type Attribute, type AttributesValue, delayed, type Thunk, type Value } from "../../value.ts";
import type { Definition, Evaluator } from "../definition.ts";
import { functionOf, runDefinition } from "../function.ts";
import { attrColumns } from "./attr-columns.ts";
import { attrPaths } from "./attr-paths.ts";
import { attrsets } from "./attrsets.ts";
import { thunkOf } from "./combine.ts";
import { constants } from "./constants.ts";
import { fileset } from "./fileset.ts";
import { filesystem, subpaths } from "./filesystem.ts";
import { fixedPoints } from "./fixed-points.ts";
import { builtin } from "./kit.ts";
import { type Entry, isLayout, type Layout, layOut } from "./layout.ts";
import { listParts } from "./list-parts.ts";
import { lists } from "./lists.ts";
import { options, priorities, properties } from "./options.ts";
import { packageFunctions } from "./packages.ts";
import { stringFormats } from "./string-formats.ts";
import { strings } from "./strings.ts";
import { trivial } from "./trivial.ts";
import { typeConstructors } from "./type-constructors.ts";
import { typeFamilies } from "./type-families.ts";
import { type TypeParts, useTypeParts } from "./type-parts.ts";
import { intTypes, numberTypes, types } from "./types.ts";
import { writtenFunctions } from "./written/index.ts";
import { type ParseText, useParser } from "./written/written.ts";

/** What other parts of the project put into lib: the module system, and what a flake's lib has more. */
export interface LibraryParts {
  /** Parses text of ours: without it, the functions that are written in Nix are unknown. */
  readonly parse?: ParseText;
  readonly evalModules?: Definition;
  /** What the module system says of types. */
  readonly typeParts?: TypeParts;
  /** `lib.nixosSystem` of the nixpkgs flake. */
  readonly nixosSystem?: Definition;
  /** Further names of `lib` itself; they take precedence. */
  readonly extra?: Iterable<readonly [string, Definition | Thunk | Value]>;
}

/** All modelled functions of nixpkgs' lib, for the documentation. */
export const libraryFunctions: readonly Definition[] = [
  ...trivial,
  ...fixedPoints,
  ...lists,
  ...listParts,
  ...attrsets,
  ...attrPaths,
  ...attrColumns,
  ...strings,
  ...stringFormats,
  ...options,
  ...properties,
  ...priorities,
  ...types,
  ...intTypes,
  ...numberTypes,
  ...typeConstructors,
  ...typeFamilies,
  ...filesystem,
  ...subpaths,
  ...fileset,
  ...writtenFunctions,
  ...packageFunctions,
  ...constants,
];

/** Made when a configuration first asks for lib, and shared by all evaluations. */
let layout: Layout | null = null;

/** The modelled `lib` of nixpkgs. What is not modelled is unknown: no name that some nixpkgs has is ever called missing. */
export function createLib(evaluator: Evaluator, parts: LibraryParts = {}): Value {
  if (parts.parse) useParser(evaluator, parts.parse);
  if (parts.typeParts) useTypeParts(evaluator, parts.typeParts);
  layout ??= layOut(libraryFunctions);
  const makers = new Maker(evaluator);
  const { evalModules, nixosSystem } = parts;
  const injected = new Map<string, Thunk>();
  if (evalModules) injected.set("evalModules", makers.thunk(evalModules, "lib.evalModules"));
  const modules = layout.entries.get("modules") ?? null;
  if (evalModules && isLayout(modules))
    injected.set(
      "modules",
      delayed(null, () => makers.set(modules, injected)),
    );
  const root = new Map(injected);
  if (nixosSystem) root.set("nixosSystem", makers.thunk(nixosSystem, "lib.nixosSystem"));
  for (const [name, given] of parts.extra ?? []) {
    root.set(name, "run" in given ? makers.thunk(given, `lib.${name}`) : thunkOf(given));
  }
  return makers.set(layout, root);
}

/** Makes the values of one evaluation: a function that stands in two places of lib is made once. */
class Maker {
  readonly #evaluator: Evaluator;
  readonly #made = new Map<Entry, Thunk>();

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  /** The set; of names in `replaced`, that value. Every set of lib is open. */
  set({ set, entries }: Layout, replaced: ReadonlyMap<string, Thunk> = new Map()): AttributesValue {
    const made = new Map<string, Attribute>();
    for (const [name, entry] of entries) {
      const thunk = replaced.get(name) ?? this.thunk(entry, `${set}.${name}`);
      made.set(name, { thunk, at: null });
    }
    if (set === "lib") for (const [name, thunk] of replaced) made.set(name, { thunk, at: null });
    return {
      type: "attrs",
      entries: made,
      rest: unsupported(`a name of ${set} that is not modelled`),
      origin: nowhere,
    };
  }

  thunk(entry: Entry, name: string): Thunk {
    const before = entry && this.#made.get(entry);
    if (before) return before;
    const thunk = delayed(null, () => this.#value(entry, name));
    if (entry) this.#made.set(entry, thunk);
    return thunk;
  }

  #value(entry: Entry, name: string): Value {
    if (entry === null) return unsupported(`${name} is not modelled`);
    if (isLayout(entry)) return this.set(entry);
    if ("builtin" in entry) return builtin({ evaluator: this.#evaluator, at: null }, entry.builtin);
    if (entry.parameters.length > 0) return functionOf(entry, this.#evaluator);
    return runDefinition(entry, this.#evaluator, [], null);
  }
}
