import data from "./data.json" with { type: "json" };
import frequencies from "./frequencies.json" with { type: "json" };

/** One option of microvm.nix, as its own declarations have it (generate.mjs). */
export interface OptionFacts {
  /** Full name, e.g. `microvm.volumes.*.size`; `*` is an element of a list, `<name>` any name. */
  readonly name: string;
  readonly type: string;
  readonly default?: string;
  readonly required?: boolean;
  readonly values?: readonly string[];
  readonly example?: string;
}

/** Commit of microvm.nix that the facts were read from. */
export const revision: string = data.revision;

/** Options of guests, then those of hosts. */
export const allOptions: readonly OptionFacts[] = [...data.guest, ...data.host];

const byName = new Map(allOptions.map((option) => [option.name, option]));

/**
 * The part of a path that names an option: from its last `microvm` on, with names in the places of `<name>`. Guests are
 * modules of their own inside of `microvm.vms.<name>.config`. Null for paths that have nothing to do with microvm.nix.
 */
export function optionPath(path: readonly string[]): readonly string[] | null {
  const start = path.lastIndexOf("microvm");
  if (start < 0) return null;
  const own = path.slice(start);
  // The set of a guest's configuration: whatever follows is an option of the guest, and so has a `microvm` of its own.
  if (own[1] === "vms" && own.length > 4 && own[3] === "config") return null;
  const named: string[] = [];
  for (const [index, name] of own.entries()) {
    // `volumes = map (n: { … }) names`: the set is an element of the list, even though no bracket says so.
    const isList = byName.get(named.join("."))?.type.startsWith("list of") === true;
    if (isList && name !== "*") named.push("*");
    named.push(own[1] === "vms" && index === 2 ? "<name>" : name);
  }
  return named;
}

/** The option that a path names, or undefined. */
export function optionAt(path: readonly string[]): OptionFacts | undefined {
  const own = optionPath(path);
  return own ? byName.get(own.join(".")) : undefined;
}

/** Made by microvm.nix itself, or of no use to anybody who writes a configuration. */
const internal: ReadonlySet<string> = new Set(
  ["declaredRunner", "runner", "binScripts", "initrdPath", "systemSymlink", "vmHostPackages"].map(
    (name) => `microvm.${name}`,
  ),
);

const counts: Readonly<Record<string, number>> = frequencies.counts;

/** How often people set an option, or one below it; 0 for those that were not met. */
export function frequency(name: string): number {
  return counts[name] ?? 0;
}

export type Side = "guest" | "host";

/** The names that may stand below a path, with the option where the name is one itself. */
export function optionsBelow(
  path: readonly string[],
  side: Side | null = null,
): ReadonlyMap<string, OptionFacts | null> {
  const found = new Map<string, OptionFacts | null>();
  const own = optionPath(path);
  if (!own) return found;
  const isList = byName.get(own.join("."))?.type.startsWith("list of") === true;
  const prefix = `${own.join(".")}.${isList ? "*." : ""}`;
  for (const option of side === null ? allOptions : data[side]) {
    if (!option.name.startsWith(prefix) || internal.has(option.name)) continue;
    const name = option.name.slice(prefix.length).split(".")[0] as string;
    if (name === "*" || name === "<name>") continue;
    if (option.name === prefix + name) found.set(name, option);
    else if (!found.has(name)) found.set(name, null);
  }
  return found;
}
