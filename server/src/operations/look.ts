import { lstatSync, readdirSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { ImageFacts, Observed } from "../disk/facts.ts";
import { createLocalProbe } from "../disk/probe-local.ts";
import type { Place } from "./move.ts";
import type { Target } from "./operation.ts";

/** Looks at one image of this machine, afresh. */
export async function lookAtTarget(path: string): Promise<Observed<Target>> {
  const asked = await observe(path);
  if (asked.image?.state !== "seen") return asked.image ?? { state: "absent" };
  // Renaming has to happen where the file is, not where a link to it is.
  const { realPath } = asked.image.value;
  const { image, facts } = realPath === path ? asked : await observe(realPath);
  if (image?.state !== "seen") return image ?? { state: "absent" };
  const folder = dirname(realPath);
  const guest = facts.guests.find(({ directory }) => directory === folder || directory === dirname(path));
  const running = guest?.running.state === "seen" && guest.running.value;
  const own = facts.space?.get(image.value.device)?.freeBytes;
  return {
    state: "seen",
    by: image.by,
    value: {
      path: realPath,
      image: image.value,
      runningGuest: running && guest ? guest.name : null,
      freeBytes: own ?? (facts.freeBytes.state === "seen" ? facts.freeBytes.value : null),
      siblings: new Set(namesIn(folder)),
    },
  };
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
