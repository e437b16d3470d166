import type { HostItem, Overview, Severity } from "./overview-types.ts";

/** What is worth a look: warnings and errors, and what lies on disk without being declared. */
const urgent: readonly (Severity | null)[] = ["warning", "error"];

/** The overview without whatever is in order: guests and volumes with a warning or an error stay, and what holds them. */
export function onlyProblems(overview: Overview): Overview {
  const hosts = overview.hosts.flatMap((host): HostItem[] => {
    const guests = host.guests.flatMap((guest) => {
      const volumes = guest.volumes.filter(({ severity }) => urgent.includes(severity));
      return volumes.length > 0 || urgent.includes(guest.severity) ? [{ ...guest, volumes }] : [];
    });
    return guests.length > 0 ? [{ ...host, guests }] : [];
  });
  return { ...overview, hosts };
}
