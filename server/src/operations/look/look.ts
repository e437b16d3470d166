import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { HostFacts, ImageFacts, Observed } from "../../disk/facts.ts";
import { createLocalProbe } from "../../disk/local/probe-local.ts";
import type { Target } from "../operation.ts";
import type { Place } from "../plans/move.ts";
import { findHolders } from "./holders.ts";

/** Looks at one image of this machine, afresh; `starting`: as in {@link Target.starting}. */
export async function lookAtTarget(path: string, starting: string | null = null): Promise<Observed<Target>> {
  const asked = await observe(path);
  if (asked.image?.state !== "seen") return asked.image ?? { state: "absent" };
  // Renaming has to happen where the file is, not where a link to it is.
  const { realPath } = asked.image.value;
  const { image, facts } = realPath === path ? asked : await observe(realPath);
  if (image?.state !== "seen") return image ?? { state: "absent" };
  const { device, inode } = image.value;
  const holders = findHolders({ dev: device, ino: inode });
  const own = facts.space?.get(device)?.freeBytes;
  return {
    state: "seen",
    by: image.by,
    value: {
      path: realPath,
      viaLink: asked.image.value.linkKind === "symlink",
      image: image.value,
      holders: holders.found,
      unseen: holders.unseen,
      runningGuest: runningWith([asked.facts, facts, await usualGuests()], path, realPath, starting),
      starting,
      freeBytes: own ?? (facts.freeBytes.state === "seen" ? facts.freeBytes.value : null),
      siblings: new Set(namesIn(dirname(realPath))),
    },
  };
}

/** The running guest whose folder holds the image, or whose deployed runner names it, wherever it lies. */
function runningWith(
  observed: readonly (HostFacts | null)[],
  path: string,
  realPath: string,
  starting: string | null,
): string | null {
  const folders = [dirname(path), dirname(realPath)];
  for (const { name, directory, images, running } of observed.flatMap((facts) => facts?.guests ?? [])) {
    const concerned = folders.includes(directory) || images.includes(path) || images.includes(realPath);
    if (name === starting) continue;
    if (concerned && running.state === "seen" && running.value) return name;
  }
  return null;
}

/** Guests of the usual state directory: their images may lie anywhere. */
async function usualGuests(): Promise<HostFacts | null> {
  const stateDir = "/var/lib/microvms";
  if (!existsSync(stateDir)) return null;
  return createLocalProbe({ host: hostname() }).observe({ stateDir, paths: [], directories: [] });
}

/** What is at the place that an image goes to. */
export function lookAtPlace(path: string): Place {
  return {
    path,
    exists: lstatSync(path, { throwIfNoEntry: false }) !== undefined,
    device: statSync(dirname(path), { throwIfNoEntry: false })?.dev ?? null,
  };
}

async function observe(path: string) {
  const stateDir = dirname(dirname(path));
  const probe = createLocalProbe({ host: hostname() });
  const facts = await probe.observe({ stateDir, paths: [path], directories: [dirname(path)] });
  const image: Observed<ImageFacts> | undefined = facts.images.get(path);
  return { facts, image };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Where a file really lies, or would lie when it is gone; its folder is followed, too. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}
