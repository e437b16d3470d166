import { posix } from "node:path";
import { attached } from "../../base/attached.ts";
import type { GuestFacts, HostFacts } from "../../disk/facts.ts";
import { imagePath } from "../../disk/state-directory.ts";
import { directoriesOf } from "../../forecast/directories.ts";
import { directoryOf } from "../../forecast/image/observed.ts";
import { rememberedOf } from "../../forecast/remembered.ts";
import { known } from "../../microvm/model.ts";
import type { GuestContext, RuleContext, VolumeOnDisk } from "../frame/rule.ts";
import type { Subject } from "./finding.ts";
import { editDistance } from "./spelling.ts";

/**
 * Images in a guest's directory that no declared volume uses, by path. Null when that cannot be said: a guest whose
 * volumes are not all known may use them.
 */
export function unusedImages(context: RuleContext, facts: HostFacts, directory: string): readonly string[] | null {
  if (!context.declarations.complete) return null;
  const used = usedPaths(context);
  const present = directoriesOf(facts).byPath.get(directory);
  if (used === null || !present) return null;
  return present.images.filter((path) => {
    const image = facts.images.get(path);
    if (used.has(path)) return false;
    return image?.state !== "seen" || !used.has(image.value.realPath);
  });
}

/** The runner that is installed uses the image, whatever is declared by now. Null: what it uses could not be read. */
export function runnerUses(facts: HostFacts, { directory, deployed }: GuestFacts, path: string): boolean | null {
  if (deployed.state === "absent") return false;
  if (deployed.state === "unreadable") return null;
  const realPath = realPathOf(facts, path);
  return deployed.value.some(({ image }) => {
    const used = imagePath(directory, image);
    return used === path || realPathOf(facts, used) === realPath;
  });
}

function realPathOf(facts: HostFacts, path: string): string {
  const image = facts.images.get(path);
  return image?.state === "seen" ? image.value.realPath : path;
}

/** An unused image beside the place where a volume's image is missing, if there is exactly one that may be meant. */
export function orphanFor(context: RuleContext, { volume }: Subject, place: VolumeOnDisk): string | null {
  const directory = directoryOf(place.path);
  const present = directoriesOf(place.facts).byPath.get(directory);
  // Until the guest is deployed anew, a start would make an image anew that was taken from its runner.
  const unused = (unusedImages(context, place.facts, directory) ?? []).filter(
    (path) => !present || runnerUses(place.facts, present, path) === false,
  );
  if (unused.length === 1) return unused[0] as string;
  const name = known(volume.image) ?? "";
  const near = unused.filter((path) => editDistance(path.slice(path.lastIndexOf("/") + 1), name) <= 3);
  return near.length === 1 ? (near[0] as string) : null;
}

const cache = attached<RuleContext, ReadonlySet<string> | null>();

/** Every path that a declared volume has or may have; null when one of them is not known. */
function usedPaths(context: RuleContext): ReadonlySet<string> | null {
  const before = cache.get(context);
  if (before !== undefined) return before;
  const { guests } = context.declarations;
  let used: Set<string> | null = null;
  if (guests.every((guest) => pathsOf(context, guest) !== null)) {
    used = new Set();
    for (const guest of guests) for (const path of pathsOf(context, guest) ?? []) used.add(path);
  }
  cache.set(context, used);
  return used;
}

/** The same of one guest. */
const pathsOf = rememberedOf((context: GuestContext, guest): readonly string[] | null => {
  if (guest.volumesOpen !== null) return null;
  const used = new Set<string>();
  for (const volume of guest.volumes) {
    if (known(volume.image) === undefined) return null;
    for (const place of context.onDisk(guest, volume)) {
      used.add(place.path);
      if (place.image.state !== "seen") continue;
      const { realPath, container } = place.image.value;
      used.add(realPath);
      const backing = container.state === "seen" ? container.value.backingFile : null;
      if (backing !== null) used.add(posix.resolve(directoryOf(realPath), backing.replace(/^file:/, "")));
    }
  }
  return [...used];
});
