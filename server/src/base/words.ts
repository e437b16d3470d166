import { printable } from "./printable.ts";
import type { Text } from "./text.ts";

/** `"web", "db"` in English, `"web"、"db"` in Chinese; after `limit` names only the count of the others is told. */
export function nameList(names: readonly string[], limit = 5): Text {
  const shown = names.slice(0, limit);
  const args: Record<string, string | number> = {};
  for (const [index, name] of shown.entries()) args[`n${index}`] = printable(name);
  const slots = shown.map((_, index) => `"{n${index}}"`);
  const rest = names.length - shown.length;
  if (rest > 0) args["rest"] = rest;
  return {
    id: "names",
    template: {
      en: slots.join(", ") + (rest > 0 ? " and {rest} more" : ""),
      "zh-cn": slots.join("、") + (rest > 0 ? " 等另外 {rest} 个" : ""),
    },
    args,
  };
}

/** One MiB in bytes: the unit of `size` (nixos-modules/microvm/options.nix: "Volume size (in MiB)"). */
export const bytesPerMiB = 1024 * 1024;

/** A size for people, exact: `512 MiB`, or `512.5 MiB (537395200 bytes)` when it is not a whole number of MiB. */
export function sizeWords(bytes: number): string {
  const inMiB = bytes / bytesPerMiB;
  if (Number.isInteger(inMiB)) return `${inMiB} MiB`;
  if (bytes < bytesPerMiB) return `${bytes} bytes`;
  return `${inMiB.toFixed(1)} MiB (${bytes} bytes)`;
}

/** A size for people where the exact number does not matter: `1.4 GiB`. */
export function roughSizeWords(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
