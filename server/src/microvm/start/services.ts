import type { AttributesValue, Place, Thunk, Unknown, Value } from "../../nix/eval/value.ts";
import type { Service } from "../model.ts";

/**
 * The services in `systemd.services`. They are read here and now, not when a rule asks: a value that waits holds its whole
 * configuration in memory, and nothing would say that an edit has reached it.
 */
export function readServices(services: Value | undefined): ReadonlyMap<string, Service> {
  if (services?.type !== "attrs") return new Map();
  return new Map([...services.entries].map(([name, { thunk, at }]) => [name, readService(thunk, at)] as const));
}

function readService(thunk: Thunk, at: Place): Service {
  // One that stands nowhere in the user's files is nobody's to judge.
  const value = at === null ? null : thunk.force();
  if (value?.type !== "attrs") return { at, order: null };
  const order = {
    before: strings(value, "before"),
    requiredBy: strings(value, "requiredBy"),
    wantedBy: strings(value, "wantedBy"),
  };
  return { at, order };
}

/**
 * A list of strings; null when something in it is not known. An attribute that is not there is empty: modules that we do
 * not see (NixOS's own) add nothing to a service of the user's.
 */
function strings(value: AttributesValue, name: string): readonly string[] | null {
  const entry = value.entries.get(name);
  if (!entry) return [];
  const list = entry.thunk.force();
  if (list.type !== "list" || (list.rest !== null && !isNixosOwn(list.rest))) return null;
  const found: string[] = [];
  for (const item of list.items) {
    const string = item.thunk.force();
    if (item.conditional || string.type !== "string") return null;
    found.push(string.value);
  }
  return found;
}

/** The part of an option that only NixOS's own modules could add, which are not loaded here. */
function isNixosOwn({ why }: Unknown): boolean {
  return why.reason === "external" && why.what.startsWith("NixOS option ");
}
