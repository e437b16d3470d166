import { attributes, boolean, list, rootCause, string } from "../eval/make.ts";
import { isError } from "../eval/ops.ts";
import type { Thunk, Unknown, Value } from "../eval/value.ts";
import { ready } from "../eval/value.ts";
import { typeName } from "./definition.ts";
import { loadModule, type Module, type ModuleArguments, textOf } from "./module.ts";
import { refuse } from "./refusal.ts";
import type { ModuleInput } from "./types/type.ts";

/** A module that could not be loaded: it may define anything. */
export interface Unseen {
  readonly because: Unknown;
  readonly conditional: Unknown | null;
  readonly input: ModuleInput;
}

export interface Collected {
  /** In the order in which lib/modules.nix merges them: the last one found comes first. */
  readonly modules: readonly Module[];
  readonly unseen: readonly Unseen[];
  /** Real Nix fails to collect the modules. */
  readonly failure: Unknown | null;
  /** The tree of modules as `evalModules` gives it. */
  readonly graph: () => Value;
}

interface Loaded {
  readonly module: Module | Unknown;
  readonly input: ModuleInput;
  readonly imports: readonly Loaded[];
}

interface Disabled {
  readonly keys: ReadonlySet<string>;
  /** An item that names no module. */
  readonly failure: Unknown | null;
}

/**
 * Finds all modules that the given ones import, like `collectModules` of lib/modules.nix: breadth first, one per key,
 * without those that some module disables. `modulesPath` completes relative names in `disabledModules`; only modules of
 * the class `kind`, where there is one, may be imported.
 */
export function collectModules(
  inputs: readonly ModuleInput[],
  args: ModuleArguments,
  modulesPath: string,
  kind: string | null,
): Collected {
  const files = new Map<string, Loaded>();
  const keys = new Set<string>();
  let failure: Unknown | null = null;
  const load = (input: ModuleInput, key: string): Loaded => {
    const value = input.value.force();
    const path = args.locate?.(value) ?? (value.type === "path" || value.type === "string" ? value.value : null);
    const known = path === null || input.conditional ? undefined : files.get(path);
    if (known) return known;
    const imports: Loaded[] = [];
    const module = ofKind(loadModule(input, args, key), kind);
    const loaded: Loaded = { module, input, imports };
    if (path !== null) files.set(path, loaded);
    if ("type" in module) {
      if (isError(module) && !input.conditional) failure ??= module;
      return loaded;
    }
    for (const thunk of module.disabled) {
      const disabled = keyOf(thunk, modulesPath, module.file);
      if (typeof disabled === "string") keys.add(disabled);
      else if (disabled && !input.conditional) failure ??= disabled;
    }
    module.imports.forEach((imported, n) => {
      const conditional = imported.conditional ?? input.conditional ?? null;
      imports.push(load({ ...imported, conditional }, `${module.key}:anon-${n + 1}`));
    });
    return loaded;
  };
  const start = inputs.map((input, n) => load(input, `:anon-${n + 1}`));
  const found = breadthFirst(start, keys);
  return { ...found, failure, graph: () => graphOf(start, { keys, failure }) };
}

/** The module, unless its class is another than that of the evaluation. */
function ofKind(module: Module | Unknown, kind: string | null): Module | Unknown {
  if ("type" in module || kind === null || module.kind === null || module.kind === kind) return module;
  const message = `The module \`${module.file}\` (class: "${module.kind}") cannot be imported into a module evaluation that expects class "${kind}".`;
  return refuse({ kind: "module", loc: [], message, definitions: [{ file: module.file, at: module.place }] });
}

function breadthFirst(start: readonly Loaded[], disabled: ReadonlySet<string>): Pick<Collected, "modules" | "unseen"> {
  const queue = [...start];
  const seen = new Set<string>();
  const modules: Module[] = [];
  const unseen: Unseen[] = [];
  const reasons = new Set<Unknown>();
  for (let i = 0; i < queue.length; i++) {
    const { module, input, imports } = queue[i] as Loaded;
    if ("type" in module) {
      const root = rootCause(module);
      if (!reasons.has(root)) unseen.push({ because: module, conditional: input.conditional ?? null, input });
      reasons.add(root);
      continue;
    }
    if (seen.has(module.key) || disabled.has(module.key)) continue;
    seen.add(module.key);
    modules.push(module);
    queue.push(...imports);
  }
  return { modules: modules.reverse(), unseen };
}

function graphOf(loaded: readonly Loaded[], disabled: Disabled): Value {
  if (disabled.failure) return disabled.failure;
  const nodes: Thunk[] = [];
  for (const { module, imports } of loaded) {
    if ("type" in module) return module;
    if (module.key === "lib/modules.nix") continue;
    nodes.push(
      ready(
        attributes([
          ["key", string(module.key)],
          ["file", string(module.file)],
          ["disabled", boolean(disabled.keys.has(module.key))],
          ["imports", graphOf(imports, disabled)],
        ]),
      ),
    );
  }
  return list(nodes);
}

/** The key of the module that an item of `disabledModules` names; null where that is not known. */
function keyOf(thunk: Thunk, modulesPath: string, file: string): string | Unknown | null {
  const value = thunk.force();
  if (value.type === "unknown") return null;
  if (value.type === "string") return value.value.startsWith("/") ? value.value : `${modulesPath}/${value.value}`;
  const refused = (problem: string) => {
    const message = `Module \`${file}\` contains a disabledModules item that is ${problem}.`;
    return refuse({ kind: "module", loc: ["disabledModules"], message, definitions: [{ file, at: thunk.at }] });
  };
  if (value.type === "function") return refused("a function");
  if (value.type !== "attrs") return textOf(thunk) ?? refused(`of type ${typeName(value.type)}`);
  if (value.entries.has("outPath") || value.entries.has("__toString")) return textOf(thunk);
  const key = value.entries.get("key");
  if (key) return textOf(key.thunk);
  return value.rest ? null : refused("an attribute set, presumably a module, that does not have a `key` attribute");
}
