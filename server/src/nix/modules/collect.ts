import { rootCause } from "../eval/make.ts";
import type { Thunk, Unknown } from "../eval/value.ts";
import { loadModule, type Module, type ModuleArguments } from "./module.ts";
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
}

interface Loaded {
  readonly module: Module | Unknown;
  readonly input: ModuleInput;
  readonly imports: readonly Loaded[];
}

/**
 * Finds all modules that the given ones import, like `collectModules` of lib/modules.nix: breadth first, one per key,
 * without those that some module disables. `modulesPath` completes relative names in `disabledModules`.
 */
export function collectModules(inputs: readonly ModuleInput[], args: ModuleArguments, modulesPath: string): Collected {
  const files = new Map<string, Loaded>();
  const disabled = new Set<string>();
  const load = (input: ModuleInput, key: string): Loaded => {
    const value = input.value.force();
    const path = value.type === "path" || value.type === "string" ? value.value : null;
    const known = path === null || input.conditional ? undefined : files.get(path);
    if (known) return known;
    const imports: Loaded[] = [];
    const module = loadModule(input, args, key);
    const loaded: Loaded = { module, input, imports };
    if (path !== null) files.set(path, loaded);
    if (!("type" in module)) {
      for (const thunk of module.disabled) disabled.add(keyOf(thunk, modulesPath));
      module.imports.forEach((imported, n) => {
        const conditional = imported.conditional ?? input.conditional ?? null;
        imports.push(load({ ...imported, conditional }, `${module.key}:anon-${n + 1}`));
      });
    }
    return loaded;
  };
  const queue = inputs.map((input, n) => load(input, `:anon-${n + 1}`));
  return breadthFirst(queue, disabled);
}

function breadthFirst(start: Loaded[], disabled: ReadonlySet<string>): Collected {
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

function keyOf(thunk: Thunk, modulesPath: string): string {
  const value = thunk.force();
  if (value.type === "path") return value.value;
  if (value.type === "string") return value.value.startsWith("/") ? value.value : `${modulesPath}/${value.value}`;
  if (value.type !== "attrs") return "";
  const key = value.entries.get("key")?.thunk.force();
  return key?.type === "string" || key?.type === "path" ? key.value : "";
}
