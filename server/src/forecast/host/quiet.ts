import { attached } from "../../base/attached.ts";
import { type Guest, type Host, known } from "../../microvm/model.ts";
import { plainText } from "../../microvm/start/start.ts";

/** Nothing of the host or the guest says that anything happens before the volume script. */
export function isQuiet(guest: Guest, host: Host | null): boolean {
  const before = quiet.get(guest);
  if (before?.host === host) return before.isQuiet;
  const found = { host, isQuiet: findQuiet(guest, host) };
  quiet.set(guest, found);
  return found.isQuiet;
}

/** Asked of every guest at every keystroke; neither of the two ever changes. */
const quiet = attached<Guest, { readonly host: Host | null; readonly isQuiet: boolean }>();

function findQuiet(guest: Guest, host: Host | null): boolean {
  const preStart = guest.start?.preStart;
  const start = host?.start;
  if (guest.volumes.some(({ image }) => known(image)?.includes("../"))) return false;
  const silent = !preStart || preStart.state === "missing" || plainText(preStart)?.trim() === "";
  if (!silent || !start) return silent && !start;
  return (
    start.units.items.size === 0 &&
    start.tmpfiles.items.length === 0 &&
    start.tmpfilesSettings.items.length === 0 &&
    start.activation.items.size === 0 &&
    start.mounts.items.size === 0 &&
    start.disko.items.length === 0
  );
}
