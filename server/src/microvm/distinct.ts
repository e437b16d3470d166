import { placeSpan } from "../nix/eval/value.ts";
import type { Guest } from "./model.ts";

/** The same guest found twice (a sub-flake that the workspace's flake takes in) counts once. */
export function distinct(guests: readonly Guest[]): Guest[] {
  const names = new Map<string, number>();
  const nameOf = ({ host, name }: Guest) => `${host}\n${name}`;
  for (const guest of guests) names.set(nameOf(guest), (names.get(nameOf(guest)) ?? 0) + 1);
  const seen = new Set<string>();
  return guests.filter((guest) => {
    // To look for its places costs more than all the rest of a keystroke.
    if (names.get(nameOf(guest)) === 1) return true;
    const span = placeSpan(guest.at);
    const key = JSON.stringify([
      guest.host,
      guest.name,
      guest.nameFrom,
      span?.file,
      span?.start,
      guest.modules.map((m) => placeSpan(m)?.file),
    ]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
