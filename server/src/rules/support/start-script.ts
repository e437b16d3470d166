import { attached } from "../../base/attached.ts";
import { known } from "../../microvm/model.ts";
import type { Subject } from "./finding.ts";

/**
 * What `preStart` does with an image that is not of the declared size: moves it aside, or lengthens it. Read from the text
 * as it is written, because the store paths in it are not known.
 */
export function handledAtStart({ guest, volume }: Subject): "moves" | "grows" | null {
  const image = known(volume.image);
  if (image === undefined || !guest.preStartParts?.length) return null;
  for (const command of commandsOf(guest.preStartParts)) {
    if (!command.includes(`'${image}'`) && !command.includes(`"${image}"`) && !command.split(/\s+/).includes(image))
      continue;
    if (/(^|[\s/])mv\s/.test(command)) return "moves";
    if (/(^|[\s/])truncate\s+(?:-s\s*|--size[=\s]\s*)["']?>/.test(command)) return "grows";
  }
  return null;
}

const commands = attached<readonly string[], readonly string[]>();

/** The lines of the script without comments. */
function commandsOf(parts: readonly string[]): readonly string[] {
  const before = commands.get(parts);
  if (before) return before;
  const lines = parts.join("\n").split("\n");
  const found = lines.map((line) => line.replace(/(^|\s)#.*$/, "")).filter((line) => line.trim() !== "");
  commands.set(parts, found);
  return found;
}
