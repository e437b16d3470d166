import { ownerAtStart } from "../../forecast/directories.ts";
import { directoryOf, microvmMay } from "../../forecast/image/observed.ts";
import type { RuleContext } from "../frame/rule.ts";
import type { Subject } from "../support/finding.ts";

/** The user microvm may take the image away and make another one, as far as is known of its directory. */
export function mayReplace(context: RuleContext, { guest, volume }: Subject): boolean {
  return context.onDisk(guest, volume).every(({ facts, path }) => {
    const directory = directoryOf(path);
    const seen = facts.directories.get(directory);
    if (seen?.state !== "seen") return true;
    return microvmMay(facts, ownerAtStart(guest, facts, directory, seen.value), 3) !== false;
  });
}
