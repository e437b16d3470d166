import type { Definition } from "../definition.ts";
import { builtinsOfLib, opaqueSets, otherNames, passedOn, repeated } from "./names.ts";

/** What stands under a name of lib: a function of ours, a builtin by its name, a set, or a name that is not modelled. */
export type Entry = Definition | { readonly builtin: string } | Layout | null;

/** The sets of lib with their names, without values: the same for every evaluation. */
export interface Layout {
  readonly set: string;
  readonly entries: Map<string, Entry>;
}

/** Puts the functions where their names say, with what lib passes on and repeats. Of two of one name the first counts. */
export function layOut(functions: readonly Definition[]): Layout {
  const root: Layout = { set: "lib", entries: new Map() };
  for (const definition of functions) put(root, definition.name.split(".").slice(1), definition);
  for (const [set, names] of Object.entries(passedOn)) {
    for (const name of names.split(" ")) put(root, [...set.split("."), name], { builtin: name });
  }
  for (const name of builtinsOfLib.split(" ")) put(root, [name], { builtin: name });
  for (const [set, names] of Object.entries(repeated)) {
    for (const name of names.split(" ")) put(root, [name], find(root, [...set.split("."), name]) ?? null);
  }
  for (const name of opaqueSets.split(" ")) put(root, [name], { set: `lib.${name}`, entries: new Map() });
  for (const name of otherNames.split(" ")) put(root, [name], null);
  return root;
}

export function isLayout(entry: Entry): entry is Layout {
  return entry !== null && "set" in entry;
}

function put(layout: Layout, path: readonly string[], entry: Entry): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  const before = layout.entries.get(name);
  if (rest.length === 0) {
    if (before === undefined) layout.entries.set(name, entry);
    return;
  }
  const inner =
    before !== undefined && isLayout(before) ? before : { set: `${layout.set}.${name}`, entries: new Map() };
  layout.entries.set(name, inner);
  put(inner, rest, entry);
}

function find(layout: Layout, path: readonly string[]): Entry | undefined {
  const [name, ...rest] = path;
  const entry = name === undefined ? undefined : layout.entries.get(name);
  if (rest.length === 0 || entry === undefined) return entry;
  return isLayout(entry) ? find(entry, rest) : undefined;
}
