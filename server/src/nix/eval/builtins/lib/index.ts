import { nowhere, unsupported } from "../../make.ts";
import { type Attribute, type AttributesValue, delayed, ready, type Thunk, type Value } from "../../value.ts";
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
import { listParts } from "./list-parts.ts";
import { lists } from "./lists.ts";
import { builtinsOfLib, opaqueSets, passedOn, repeated } from "./names.ts";
import { options, priorities, properties } from "./options.ts";
import { stringFormats } from "./string-formats.ts";
import { strings } from "./strings.ts";
import { trivial } from "./trivial.ts";
import { typeConstructors } from "./type-constructors.ts";
import { intTypes, numberTypes, types } from "./types.ts";
import { type ParseText, useParser } from "./written.ts";
import { writtenBasics } from "./written-basics.ts";
import { writtenGenerators } from "./written-generators.ts";
import { writtenGvariant } from "./written-gvariant.ts";
import { writtenLists } from "./written-lists.ts";
import { writtenMisc } from "./written-misc.ts";
import { writtenModules } from "./written-modules.ts";
import { writtenPackages } from "./written-packages.ts";

/** What other parts of the project put into lib: the module system, and what a flake's lib has more. */
export interface LibraryParts {
  /** Parses text of ours: without it, the functions that are written in Nix are unknown. */
  readonly parse?: ParseText;
  readonly evalModules?: Definition;
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
  ...filesystem,
  ...subpaths,
  ...fileset,
  ...writtenBasics,
  ...writtenLists,
  ...writtenModules,
  ...writtenPackages,
  ...writtenGenerators,
  ...writtenGvariant,
  ...writtenMisc,
  ...constants,
];

/** The modelled `lib` of nixpkgs. What is not modelled is unknown: no name that some nixpkgs has is ever called missing. */
export function createLib(evaluator: Evaluator, parts: LibraryParts = {}): Value {
  if (parts.parse) useParser(evaluator, parts.parse);
  const root = new Folder("lib");
  for (const definition of libraryFunctions)
    root.put(definition.name.split(".").slice(1), functionAt(evaluator, definition));
  for (const [set, names] of Object.entries(passedOn)) {
    for (const name of names.split(" ")) root.put([...set.split("."), name], builtinOf(evaluator, name));
  }
  for (const name of builtinsOfLib.split(" ")) root.put([name], builtinOf(evaluator, name));
  const injected = { evalModules: parts.evalModules, nixosSystem: parts.nixosSystem };
  for (const [name, definition] of Object.entries(injected)) {
    if (!definition) continue;
    if (name === "evalModules") root.put(["modules", name], functionAt(evaluator, definition));
    root.put([name], functionAt(evaluator, definition));
  }
  for (const [set, names] of Object.entries(repeated)) {
    for (const name of names.split(" "))
      root.put([name], root.get([...set.split("."), name]) ?? notModelled(`lib.${name}`));
  }
  for (const name of opaqueSets.split(" ")) root.put([name], ready(openSet(new Map(), `lib.${name}`)));
  for (const [name, given] of parts.extra ?? [])
    root.put([name], "run" in given ? functionAt(evaluator, given) : thunkOf(given), true);
  return root.value();
}

/** A set of lib in the making; names of inner sets are folders. */
class Folder {
  readonly #name: string;
  readonly #entries = new Map<string, Folder | Thunk>();

  constructor(name: string) {
    this.#name = name;
  }

  put(path: readonly string[], thunk: Thunk, replace = false): void {
    const [name, ...rest] = path;
    if (name === undefined) return;
    const before = this.#entries.get(name);
    if (rest.length === 0) {
      if (replace || !before) this.#entries.set(name, thunk);
      return;
    }
    const inner = before instanceof Folder ? before : new Folder(`${this.#name}.${name}`);
    this.#entries.set(name, inner);
    inner.put(rest, thunk, replace);
  }

  get(path: readonly string[]): Thunk | undefined {
    const [name, ...rest] = path;
    const entry = name === undefined ? undefined : this.#entries.get(name);
    if (entry instanceof Folder) return entry.get(rest);
    return rest.length === 0 ? entry : undefined;
  }

  value(): AttributesValue {
    const entries = new Map<string, Attribute>();
    for (const [name, entry] of this.#entries) {
      entries.set(name, { thunk: entry instanceof Folder ? ready(entry.value()) : entry, at: null });
    }
    return openSet(entries, this.#name);
  }
}

function openSet(entries: ReadonlyMap<string, Attribute>, name: string): AttributesValue {
  return { type: "attrs", entries, rest: unsupported(`a name of ${name} that is not modelled`), origin: nowhere };
}
function functionAt(evaluator: Evaluator, definition: Definition): Thunk {
  if (definition.parameters.length > 0) return delayed(null, () => functionOf(definition, evaluator));
  return delayed(null, () => runDefinition(definition, evaluator, [], null));
}
function builtinOf(evaluator: Evaluator, name: string): Thunk {
  return delayed(null, () => builtin({ evaluator, at: null }, name));
}
function notModelled(name: string): Thunk {
  return ready(unsupported(`${name} is not modelled`));
}
