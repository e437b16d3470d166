import type { GuestFacts, HostFacts } from "../../disk/facts.ts";

interface Index {
  readonly byPath: ReadonlyMap<string, GuestFacts>;
  readonly byName: ReadonlyMap<string, GuestFacts>;
}

/** Found once for each probe: rules ask for every volume of hundreds of guests. */
const indexes = new WeakMap<HostFacts, Index>();

/** The guests' directories of a host by absolute path and by name. */
export function directoriesOf(facts: HostFacts): Index {
  const before = indexes.get(facts);
  if (before) return before;
  const made: Index = {
    byPath: new Map(facts.guests.map((guest) => [guest.directory, guest])),
    byName: new Map(facts.guests.map((guest) => [guest.name, guest])),
  };
  indexes.set(facts, made);
  return made;
}
