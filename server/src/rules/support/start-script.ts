import type { Field } from "../../microvm/model.ts";
import { known } from "../../microvm/model.ts";
import type { Subject } from "./finding.ts";

/**
 * What `preStart` does with an image that is not of the declared size: moves it aside, or lengthens it. Read from the text
 * as it is written, because the store paths in it are not known.
 */
export function handledAtStart({ guest, volume }: Subject): "moves" | "grows" | null {
  const image = known(volume.image);
  const script = scriptText(guest.preStart);
  if (image === undefined || script === null) return null;
  for (const line of script.split("\n")) {
    const command = line.replace(/(^|\s)#.*$/, "");
    if (!command.includes(`'${image}'`) && !command.includes(`"${image}"`) && !command.split(/\s+/).includes(image))
      continue;
    if (/(^|[\s/])mv\s/.test(command)) return "moves";
    if (/(^|[\s/])truncate\s+-s\s*'?>/.test(command)) return "grows";
  }
  return null;
}

/** The text of a definition, interpolations left out where they are not known. */
function scriptText(field: Field<string>): string | null {
  const value = known(field);
  if (value !== undefined) return value;
  const node = field.state === "unknown" && field.at !== null && "kind" in field.at ? field.at : null;
  if (node?.kind !== "binding" || node.value.kind !== "string") return null;
  return node.value.parts.map((part) => (part.kind === "text" ? part.value : "")).join("");
}
