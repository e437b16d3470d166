import { type Declarations, type Guest, isLone, type MicrovmInput } from "../../microvm/model.ts";
import { placeSpan } from "../../nix/eval/value.ts";

/** When `imageType` came to microvm.nix (f6dcfb7, pull request #477), in seconds since 1970. */
export const imageTypeSince = 1772055583;

/**
 * Before this day (2026-02-01, in seconds since 1970) no cloud-hypervisor refused writes to the first sector of an image
 * whose format it guessed (its pull request #7728 of February 2026), so that no nixpkgs had one.
 */
export const sectorsRefusedSince = 1769904000;

/**
 * The locked microvm.nix that makes the guest: that of the innermost flake in whose folder its text lies. Null where
 * there is none, or more than one; a module on its own may be meant for any.
 */
export function inputOf(
  { microvmInputs = [] }: Pick<Declarations, "microvmInputs">,
  guest: Guest,
): MicrovmInput | null {
  const file = isLone(guest) ? "" : (placeSpan(guest.at)?.file ?? "");
  const around = microvmInputs.filter(({ folder }) => file.startsWith(`${folder}/`));
  const innermost = around.sort((a, b) => b.folder.length - a.folder.length)[0];
  const own = around.filter(({ folder }) => folder === innermost?.folder);
  return own.length === 1 ? (innermost ?? null) : null;
}
