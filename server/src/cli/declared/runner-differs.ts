import { resolve } from "node:path";
import type { DeclaredGuest, DeclaredVolume } from "../../declared/file.ts";
import type { DeployedVolume, Observed } from "../../disk/facts.ts";

/**
 * The first volume in which the installed runner is not what is declared, by its image: it was built from an older
 * configuration, or from another one (`microvm -u`), and what the declaration foretells is not what starts. Null: there is
 * none, or the runner could not be read.
 */
export function differingImage(
  { directory, volumes }: DeclaredGuest,
  deployed: Observed<readonly DeployedVolume[]>,
): string | null {
  if (deployed.state !== "seen") return null;
  const byPath = new Map(deployed.value.map((each) => [resolve(directory, each.image), each]));
  for (const volume of volumes) {
    const path = resolve(directory, volume.image);
    const found = byPath.get(path);
    if (found === undefined || !agree(volume, found)) return volume.image;
    byPath.delete(path);
  }
  const [more] = byPath.values();
  return more?.image ?? null;
}

/** A runner says type and label of the volumes only that it would make. */
function agree({ fsType, label, autoCreate }: DeclaredVolume, deployed: DeployedVolume): boolean {
  if (deployed.fsType === null) return !autoCreate;
  return autoCreate && deployed.fsType === fsType && deployed.label === label;
}
