import { statSync } from "node:fs";
import { resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import type { Declarations, Guest } from "../../microvm/model.ts";
import { CannotDo } from "./command.ts";
import { problems } from "./problems.ts";
import { nearest } from "./suggest.ts";

/** The guests that are called so, of whichever host; at least one. Throws {@link CannotDo}. */
export function guestsNamed({ guests }: Pick<Declarations, "guests">, name: string): readonly Guest[] {
  const found = guests.filter((guest) => guest.name === name);
  if (found.length > 0) return found;
  const names = [...new Set(guests.map((guest) => guest.name))];
  if (names.length === 0) throw new CannotDo(problems.noGuests());
  const problem = problems.noGuestNamed({ name: printable(name), all: names.map(printable).join(", ") });
  const other = nearest(name, names);
  throw new CannotDo(other === null ? problem : problems.didYouMean({ problem, other: printable(other) }));
}

/** Arguments of which the first may be a guest: it is one where there is nothing of that name in the folder. */
export function guestAndPaths(
  words: readonly string[],
  cwd: string,
): { guest: string | null; paths: readonly string[] } {
  const [first, ...rest] = words;
  if (first === undefined || statSync(resolve(cwd, first), { throwIfNoEntry: false }))
    return { guest: null, paths: words };
  return { guest: first, paths: rest };
}
