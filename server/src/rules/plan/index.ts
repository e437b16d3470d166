import type { Guest } from "../../microvm/model.ts";
import type { RuleContext } from "../rule.ts";
import type { GuestPlan, VolumePlan } from "./shape.ts";
import { planVolume } from "./volume.ts";

export type { GuestPlan, PlanAction, VolumePlan } from "./shape.ts";
export { planVolume } from "./volume.ts";

/**
 * What the next start of every guest does with each of its volumes. A guest is listed once for each probed host on which
 * its volumes may lie, and once without a host when no probed host is known to run it.
 */
export function planGuests(context: RuleContext): readonly GuestPlan[] {
  return context.declarations.guests.flatMap((guest) => planGuest(context, guest));
}

/** The plan of one guest: one entry for each host that may run it. */
export function planGuest(context: RuleContext, guest: Guest): readonly GuestPlan[] {
  const hosts = new Set<string>();
  for (const volume of guest.volumes) {
    for (const place of context.onDisk(guest, volume)) hosts.add(place.facts.host);
  }
  const plans: VolumePlan[][] = [...(hosts.size > 0 ? hosts : [null])].map((host) =>
    guest.volumes.map((volume) => planVolume(context, guest, volume, host)),
  );
  return plans.map((volumes, index) => ({
    guest: guest.name,
    declaredOn: guest.host,
    host: [...hosts][index] ?? null,
    complete: guest.volumesOpen === null,
    volumes,
  }));
}
