import { attached } from "../../base/attached.ts";
import { known } from "../../microvm/model.ts";
import type { Subject } from "./finding.ts";

/**
 * What `preStart` does with an image that is not of the declared size: moves it aside, or lengthens it. `perhaps`: it may
 * remove the image, under a condition, by a pattern or a variable, or in a program that is not known. Read from the text as
 * it is written, because the store paths in it are not known. What it removes for sure is transient (microvm/transient.ts).
 */
export function handledAtStart({ guest, volume }: Subject): "moves" | "grows" | "perhaps" | null {
  const image = known(volume.image);
  if (image === undefined || !guest.preStartParts?.length) return null;
  const all = commandsOf(guest.preStartParts);
  for (const command of all) {
    if (!command.includes(`'${image}'`) && !command.includes(`"${image}"`) && !command.split(/\s+/).includes(image))
      continue;
    if (/(^|[\s/])mv\s/.test(command)) return "moves";
    if (/(^|[\s/])truncate\s+(?:-s\s*|--size[=\s]\s*)["']?>/.test(command)) return "grows";
  }
  return all.some((command) => mayRemove(command, image)) ? "perhaps" : null;
}

function mayRemove(command: string, image: string): boolean {
  if (/^\s*"?\$\(unknown\)"?\s*$/.test(command) || /(^|[\s/])find\s.*(-delete|\brm\b)/.test(command)) return true;
  const removed = /(?:^|[\s/;&|({])(?:rm|unlink|shred)\s+([^;&|]*)/.exec(command)?.[1] ?? "";
  const words = removed.match(/'[^']*'|(?:"[^"]*"|[^\s"'])+/g) ?? [];
  return words.some((word) => !word.startsWith("-") && mayMean(word, image));
}

/** Whether a word of the shell may stand for the image: as it is, by a pattern, or through something that is not known. */
function mayMean(word: string, image: string): boolean {
  const open = word.replace(/["']/g, "").replace(/\$\([^)]*\)|\$\{[^}]*\}|\$\w+/g, "*");
  const source = open.replace(/^(\.\/+)+/, "").replace(/[.+^${}()|\\]/g, "\\$&");
  try {
    return new RegExp(`(^|/)${source.replace(/\*/g, ".*").replace(/\?/g, ".")}$`).test(image);
  } catch {
    // A set of characters that is no pattern of ours.
    return true;
  }
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
