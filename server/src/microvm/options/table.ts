import data from "./data.json" with { type: "json" };
import { keeperOptions, keeperPath } from "./keeper.ts";
import type { OptionFacts } from "./option-facts.ts";

/** When the commit of microvm.nix that the facts were read from was made, in seconds since 1970. */
export const revisionModified: number = data.modified;

export const guestOptions = data.guest as readonly OptionFacts[];
export const hostOptions = data.host as readonly OptionFacts[];

/** Options of guests, then those of hosts. */
export const allOptions: readonly OptionFacts[] = [...guestOptions, ...hostOptions];

/** When options that are no more were taken away, by name, in seconds since 1970. */
export const removedOptions: ReadonlyMap<string, number> = new Map(Object.entries(data.removed));

/** Options that came after the revision of the table: of these only the names are known. */
export const laterOptions: readonly string[] = [
  "microvm.instance",
  "microvm.shares.*.dax",
  "microvm.storeDiskDirect",
  "microvm.host.installCommand",
  "microvm.host.stopOrphans",
];

const byName = new Map([...allOptions, ...keeperOptions].map((option) => [option.name, option]));

/** The option of this full name, or undefined. */
export function optionNamed(name: string): OptionFacts | undefined {
  return byName.get(name);
}

const toRequired = new Set(
  allOptions
    .filter(({ required }) => required)
    .flatMap(({ name }) => name.split(".").map((_, index, parts) => parts.slice(0, index + 1).join("."))),
);

/** Does this full name name an option that has to be given, or a set with such an option in it? */
export function leadsToRequired(name: string): boolean {
  return toRequired.has(name);
}

/**
 * The part of a path that names an option: from its last `microvm` on, with names in the places of `<name>`. Guests are
 * modules of their own inside of `microvm.vms.<name>.config`. Our own module's options begin with `services.microvm-lens`.
 * Null for paths that have nothing to do with either.
 */
export function optionPath(path: readonly string[]): readonly string[] | null {
  const keeper = keeperPath(path);
  if (keeper) return keeper;
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

/** The names right below a full path, with the option where the name is one itself. */
export function childrenOf(
  path: readonly string[],
  options: readonly OptionFacts[],
): ReadonlyMap<string, OptionFacts | null> {
  const found = new Map<string, OptionFacts | null>();
  const prefix = `${path.join(".")}.`;
  for (const option of options) {
    if (!option.name.startsWith(prefix)) continue;
    const name = option.name.slice(prefix.length).split(".")[0] as string;
    if (name === "*" || name.startsWith("<")) continue;
    if (option.name === prefix + name) found.set(name, option);
    else if (!found.has(name)) found.set(name, null);
  }
  return found;
}
