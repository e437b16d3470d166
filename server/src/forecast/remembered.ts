import { attached } from "../base/attached.ts";
import type { HostFacts } from "../disk/facts.ts";
import type { Guest } from "../microvm/model.ts";
import type { Places } from "./world.ts";

/**
 * Computes something of each guest once, for as long as the guest and what was seen on its hosts stay the same: what a rule
 * adds up over all guests is then only added up at a keystroke. `compute` may ask of nothing but this guest.
 */
export function rememberedOf<C extends Places, T>(
  compute: (context: C, guest: Guest) => T,
): (context: C, guest: Guest) => T {
  const memory = attached<Guest, { readonly hosts: readonly HostFacts[]; readonly value: T }>();
  return (context, guest) => {
    const hosts = context.hostsOf(guest);
    const before = memory.get(guest);
    if (before && isSame(before.hosts, hosts)) return before.value;
    const value = compute(context, guest);
    memory.set(guest, { hosts, value });
    return value;
  };
}

function isSame(a: readonly HostFacts[], b: readonly HostFacts[]): boolean {
  return a === b || (a.length === b.length && a.every((facts, i) => facts === b[i]));
}
