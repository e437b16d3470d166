import { charge } from "../eval/budget.ts";
import { attributes, becauseOf, list, string, wrongType } from "../eval/make.ts";
import { applyFunction, coerceToString, selectAttribute } from "../eval/ops.ts";
import { sourceOf } from "../eval/pieces.ts";
import type { AttributesValue, Place, Thunk, Unknown, Value } from "../eval/value.ts";
import { ready } from "../eval/value.ts";
import { type Definition, typeTag, uncertain, type Wrapper } from "./definition.ts";
import { refuse } from "./refusal.ts";
import type { ModuleInput } from "./types/type.ts";

/** A module in canonical form, as `unifyModuleSyntax` of lib/modules.nix makes it. */
export interface Module {
  readonly key: string;
  readonly file: string;
  /** Where its text stands: the set, or the function's result. */
  readonly place: Place;
  readonly imports: readonly ModuleInput[];
  /** `_class` */
  readonly kind: string | null;
  readonly disabled: readonly Thunk[];
  readonly options: Thunk | null;
  readonly config: Definition | null;
  readonly freeform: Thunk | null;
  /** The set of options that it defines, for edits: `config` where it has one, else the module itself. */
  readonly body: Place;
}

/** What applying module functions needs. */
export interface ModuleArguments {
  /** `config`, `options`, `lib`, special arguments … */
  readonly given: ReadonlyMap<string, Thunk>;
  /** `config._module.args.<name>` */
  other(name: string): Thunk;
  importFile(path: string): Value;
  /** Where a module is known from, whatever its source: another path for it, or null. */
  locate?(value: Value): string | null;
}

/** What it takes to read a module, in units of work. */
const moduleUnits = 300;

/** Loads one module: imports paths, calls functions, and brings the result into canonical form. */
export function loadModule(input: ModuleInput, args: ModuleArguments, fallbackKey: string): Module | Unknown {
  charge(moduleUnits);
  const value = input.value.force();
  const wrappers = uncertain([], input.conditional);
  const known = args.locate?.(value) ?? null;
  if (known !== null) return loadFile(known, input, args, wrappers);
  if (input.onlyConfig && value.type === "attrs") return configOnly(input, value, fallbackKey, wrappers);
  switch (value.type) {
    case "function":
      return unify(applyModule(value, args, input.value.at), input.file, fallbackKey, wrappers);
    case "attrs":
      return loadSet(value, input, args, fallbackKey, wrappers);
    case "path":
    case "string":
      return loadFile(value.value, input, args, wrappers);
    case "unknown": {
      const source = sourceOf(value);
      return source === null ? value : loadFile(source, input, args, wrappers);
    }
    case "list":
      return refuseModule(
        "Module imports can't be nested lists. Perhaps you meant to remove one level of lists?",
        input,
      );
    default:
      return wrongType("a module", value.type, input.value.at);
  }
}

function refuseModule(message: string, { file, value }: ModuleInput): Unknown {
  return refuse({ kind: "module", loc: [], message, definitions: [{ file, at: value.at }] });
}

function loadFile(
  path: string,
  input: ModuleInput,
  args: ModuleArguments,
  wrappers: readonly Wrapper[],
): Module | Unknown {
  const imported = args.importFile(path);
  const callable = imported.type === "function" || (imported.type === "attrs" && imported.entries.has("__functor"));
  const result = callable ? applyModule(imported, args, input.value.at) : imported;
  return unify(result, path, path, wrappers);
}

function loadSet(
  value: AttributesValue,
  input: ModuleInput,
  args: ModuleArguments,
  key: string,
  wrappers: readonly Wrapper[],
): Module | Unknown {
  if (value.entries.has("__functor")) {
    return unify(applyModule(value, args, input.value.at), input.file, key, wrappers);
  }
  const tag = typeTag(value);
  if (tag === null || tag === "module") return unify(value, input.file, key, wrappers);
  if (tag === "if" || tag === "override") return configOnly(input, value, key, wrappers);
  // Interpolated into a path, a flake or a package is its source: its default.nix.
  const message = `Expected a module, but found a value of type "${tag}", while trying to load a module into ${input.file}.`;
  return refuseModule(message, input);
}

function configOnly(input: ModuleInput, value: AttributesValue, key: string, wrappers: readonly Wrapper[]): Module {
  const { file } = input;
  const place = value.origin.at;
  const config: Definition = { value: input.value, wrappers, file, at: input.value.at };
  return {
    key,
    file,
    place,
    body: place,
    kind: null,
    imports: [],
    disabled: [],
    options: null,
    freeform: null,
    config,
  };
}

const structure = ["_class", "_file", "key", "disabledModules", "imports", "options", "config", "meta", "freeformType"];

function unify(
  value: Value,
  fallbackFile: string,
  fallbackKey: string,
  wrappers: readonly Wrapper[],
): Module | Unknown {
  if (value.type === "unknown") return value;
  if (value.type !== "attrs") return wrongType("a module", value.type, value.origin.at);
  const get = (name: string) => value.entries.get(name)?.thunk ?? null;
  const file = textOf(get("_file")) ?? fallbackFile;
  const key = textOf(get("key")) ?? fallbackKey;
  const explicit = value.entries.has("config") || value.entries.has("options");
  if (explicit) {
    for (const name of value.entries.keys()) {
      if (!structure.includes(name)) {
        const message = `Module \`${key}' has an unsupported attribute \`${name}'.`;
        return refuse({
          kind: "module",
          loc: [name],
          message,
          definitions: [{ file, at: value.entries.get(name)?.at ?? null }],
        });
      }
    }
  }
  const place = value.origin.at;
  const configThunk = explicit ? get("config") : ready(shorthandConfig(value));
  const configValue = explicit ? get("config") : null;
  const meta = explicit ? get("meta") : null;
  return {
    key,
    file,
    place,
    body: configValue ? configValue.at : place,
    imports: importsOf(explicit ? [get("imports")] : [get("require"), get("imports")], file),
    kind: textOf(get("_class")),
    disabled: itemsOf(get("disabledModules")),
    options: explicit ? get("options") : null,
    freeform: get("freeformType"),
    config: configThunk || meta ? { value: withMeta(configThunk, meta), wrappers, file, at: place } : null,
  };
}

/** `meta` of a module that has `config` or `options` is a definition like others. */
function withMeta(config: Thunk | null, meta: Thunk | null): Thunk {
  if (!meta) return config ?? ready(attributes([]));
  const own = ready(attributes([["meta", meta]]));
  return config
    ? ready(
        attributes([
          ["_type", string("merge")],
          ["contents", list([config, own])],
        ]),
      )
    : own;
}

const notConfig = new Set(["_class", "_file", "key", "disabledModules", "require", "imports", "freeformType"]);

function shorthandConfig(value: AttributesValue): AttributesValue {
  if (![...value.entries.keys()].some((name) => notConfig.has(name))) return value;
  const entries = new Map([...value.entries].filter(([name]) => !notConfig.has(name)));
  return { ...value, entries };
}

/** Calls a module function: its named arguments are looked up even where it has defaults for them. */
function applyModule(f: Value, args: ModuleArguments, at: Place): Value {
  const formals = formalsOf(f, at);
  const entries: [string, Thunk][] = [...args.given];
  if (formals) for (const name of formals) if (!args.given.has(name)) entries.push([name, args.other(name)]);
  return applyFunction(f, [ready(attributes(entries))], at);
}

function formalsOf(f: Value, at: Place): Iterable<string> | null {
  if (f.type === "function") return f.formals?.keys() ?? null;
  if (f.type !== "attrs") return null;
  const declared = f.entries.get("__functionArgs")?.thunk.force();
  if (declared?.type === "attrs") return declared.entries.keys();
  const functor = applyFunction(selectAttribute(f, "__functor", at), [ready(f)], at);
  return functor.type === "function" ? (functor.formals?.keys() ?? null) : null;
}

/** An open or conditional list of imports gives conditional modules and, for what is not seen, an unknown one. */
function importsOf(lists: readonly (Thunk | null)[], file: string): ModuleInput[] {
  const found: ModuleInput[] = [];
  for (const thunk of lists) {
    if (!thunk) continue;
    const value = thunk.force();
    if (value.type === "list") {
      for (const item of value.items) found.push({ value: item.thunk, file, conditional: item.conditional ?? null });
      if (value.rest) found.push({ value: ready(value.rest), file });
    } else {
      const reason = value.type === "unknown" ? value : wrongType("a list", value.type, thunk.at);
      found.push({ value: ready(becauseOf(reason, "imports", thunk.at)), file });
    }
  }
  return found;
}

function itemsOf(thunk: Thunk | null): Thunk[] {
  const value = thunk?.force();
  return value?.type === "list" ? value.items.map((item) => item.thunk) : [];
}

/** What `toString` makes of a value that is not unknown. */
export function textOf(thunk: Thunk | null): string | null {
  const value = thunk?.force();
  if (!value || value.type === "null") return null;
  if (value.type === "string" || value.type === "path") return value.value;
  const text = coerceToString(value, "toString", null);
  return text.type === "string" ? text.value : null;
}
