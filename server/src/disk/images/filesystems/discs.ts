import { decodeUtf8 } from "../../../base/utf8.ts";
import { labelAt } from "../../text.ts";
import { hasText, u8, u16be } from "../numbers.ts";

const sectorBytes = 2048;

/** What the descriptors of an optical disc say, from its 16th sector on. */
export function readDisc(
  volume: Uint8Array,
): { readonly type: "udf" | "iso9660"; readonly label: string | null; readonly uuid: string | null } | null {
  // UDF may come with descriptors of ISO 9660 in front, as a bridge for systems that do not know it.
  for (let at = 0; at + sectorBytes <= volume.length; at += sectorBytes) {
    if (hasText(volume, at + 1, "NSR02") || hasText(volume, at + 1, "NSR03")) {
      return { type: "udf", label: null, uuid: null };
    }
  }
  if (!hasText(volume, 1, "CD001")) return null;
  const own = labelAt(volume, 40, 32);
  return { type: "iso9660", label: merged(joliet(volume), own), uuid: dateOf(volume) };
}

/** The label that Joliet adds, in UTF-16 (libblkid/src/superblocks/iso9660.c). */
function joliet(volume: Uint8Array): string | null {
  for (let at = sectorBytes; at + sectorBytes <= volume.length && u8(volume, at) !== 255; at += sectorBytes) {
    const isSupplement = u8(volume, at) === 2 && hasText(volume, at + 1, "CD001");
    if (!isSupplement || !["%/@", "%/C", "%/E"].some((level) => hasText(volume, at + 88, level))) continue;
    let text = "";
    for (let i = 0; i < 16; i++) text += String.fromCharCode(u16be(volume, at + 40 + 2 * i));
    return text.replace(/\0.*$/s, "").trimEnd() || null;
  }
  return null;
}

/** Joliet has 16 characters in any script, the other label twice as many in capitals: they go together. */
function merged(wide: string | null, own: string | null): string | null {
  if (wide === null || own === null || wide.length < 16) return wide ?? own;
  const isSame = [...wide].every((letter, i) => own[i] === "_" || own[i]?.toUpperCase() === letter.toUpperCase());
  return isSame ? wide + own.slice(16) : wide;
}

/** When it was changed, else made: udev takes it for the UUID. */
function dateOf(volume: Uint8Array): string | null {
  for (const at of [830, 813]) {
    const digits = decodeUtf8(volume.subarray(at, at + 16));
    const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits);
    if (found !== null && !/^0+$/.test(digits)) return found.slice(1).join("-");
  }
  return null;
}
