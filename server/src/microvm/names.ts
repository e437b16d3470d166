import { external } from "../nix/eval/make.ts";
import { type Place, placeSpan } from "../nix/eval/value.ts";
import { guestId, startId } from "./guests.ts";
import type { Guest } from "./model.ts";

/** The names in memory of a root, and of what was read of it. */
export function keysOf(root: string, guests: readonly { readonly guest: Guest }[]): string[] {
  return [root, startId(root), ...guests.map(({ guest }) => guestId(root, guest.name))];
}

/** An entry of `nixosConfigurations`: a helper that makes several of them is one place. */
export function entryKey(name: string, entry: Place): string | null {
  const span = placeSpan(entry);
  return span && `${name}\n${span.start}\n${span.file}`;
}

/** A module that does not say its host's name: whoever imports it does. */
export function unnamed(guest: Guest): Guest {
  const unknown = external("the configuration that imports this module");
  return { ...guest, hostName: { state: "unknown", unknown, at: null } };
}

/** What a file is called, or its folder where every folder has one of that name. */
export function baseName(file: string): string {
  const parts = file.split("/");
  const last = (parts.pop() ?? "").replace(/\.nix$/, "");
  return last === "default" || last === "configuration" ? (parts.pop() ?? last) : last;
}

/** What an exception of ours says. */
export function messageOf(error: unknown): string {
  return error instanceof RangeError ? "evaluation this deep" : error instanceof Error ? error.message : String(error);
}
