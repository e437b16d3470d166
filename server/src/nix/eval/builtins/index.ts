import type { Interpreter } from "../interpreter.ts";
import { boolean, nullValue, otherBuiltins, unsupported } from "../make.ts";
import type { Bound } from "../scope.ts";
import { type Attribute, delayed, ready, type Thunk, type Value } from "../value.ts";
import { attributeBuiltins } from "./attributes.ts";
import { controlBuiltins } from "./control.ts";
import type { Definition } from "./definition.ts";
import { constants, externalBuiltins } from "./external.ts";
import { fileBuiltins } from "./files.ts";
import { functionOf } from "./function.ts";
import { hashBuiltins } from "./hash.ts";
import { jsonBuiltins } from "./json.ts";
import { listBuiltins } from "./lists.ts";
import { numberBuiltins } from "./numbers.ts";
import { regexBuiltins } from "./regex.ts";
import { sortBuiltins } from "./sort.ts";
import { sourceBuiltins } from "./sources.ts";
import { stringBuiltins } from "./strings.ts";
import { tomlBuiltins } from "./toml.ts";
import { typeBuiltins } from "./types.ts";
import { versionBuiltins } from "./versions.ts";
import { xmlBuiltins } from "./xml.ts";

/** Every builtin function that is modelled or named, for docs and tests. */
export const builtinDefinitions: readonly Definition[] = [
  ...typeBuiltins,
  ...numberBuiltins,
  ...listBuiltins,
  ...sortBuiltins,
  ...attributeBuiltins,
  ...stringBuiltins,
  ...versionBuiltins,
  ...regexBuiltins,
  ...jsonBuiltins,
  ...tomlBuiltins,
  ...xmlBuiltins,
  ...hashBuiltins,
  ...fileBuiltins,
  ...externalBuiltins,
  ...sourceBuiltins,
  ...controlBuiltins,
];

/** Builtins that are names of the language, too. All others are in scope with two underscores before their name. */
const plainNames = new Set([
  "abort",
  "baseNameOf",
  "break",
  "derivation",
  "derivationStrict",
  "dirOf",
  "fetchGit",
  "fetchMercurial",
  "fetchTarball",
  "fetchTree",
  "fromTOML",
  "import",
  "isNull",
  "map",
  "placeholder",
  "removeAttrs",
  "scopedImport",
  "throw",
  "toString",
]);

/** What the name `__curPos` is bound to: the interpreter puts the place of the name in its stead. */
export const currentPosition: Thunk = ready(unsupported("__curPos"));

/** The set `builtins` and the names that every file sees. */
export function createGlobals(interpreter: Interpreter): {
  readonly builtins: Thunk;
  readonly names: ReadonlyMap<string, Bound>;
} {
  const entries = new Map<string, Attribute>();
  const names = new Map<string, Bound>();
  const add = (name: string, thunk: Thunk) => {
    entries.set(name, { thunk, at: null });
    names.set(plainNames.has(name) ? name : `__${name}`, { thunk });
  };
  for (const definition of builtinDefinitions) {
    add(
      definition.name,
      delayed(null, () => functionOf(definition, interpreter)),
    );
  }
  for (const [name, value] of constants) add(name, ready(value));
  const words: readonly (readonly [string, Value])[] = [
    ["true", boolean(true)],
    ["false", boolean(false)],
    ["null", nullValue()],
  ];
  for (const [name, value] of words) {
    const thunk = ready(value);
    entries.set(name, { thunk, at: null });
    names.set(name, { thunk });
  }
  names.set("__curPos", { thunk: currentPosition });
  const builtins = delayed(null, () => ({
    type: "attrs",
    entries,
    rest: otherBuiltins,
    origin: { at: null, step: "builtin", from: [] },
  }));
  entries.set("builtins", { thunk: builtins, at: null });
  names.set("builtins", { thunk: builtins });
  return { builtins, names };
}
