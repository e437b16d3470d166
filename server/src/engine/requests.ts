import { posix } from "node:path";
import type { ProbeRequest } from "../disk/facts.ts";
import { type Declarations, type Field, known } from "../microvm/model.ts";
import { belongs, type HostName } from "./matching.ts";

/** Where microvm.nix keeps guests unless told otherwise (nixos-modules/host/options.nix). */
export const defaultStateDir = "/var/lib/microvms";

/** Everything that has to be asked of one host to judge its guests. */
export function requestFor(
  host: HostName,
  hosts: readonly HostName[],
  declarations: Declarations,
  stateDir: string,
): ProbeRequest {
  const paths = new Set<string>();
  const directories = new Set<string>();
  for (const guest of declarations.guests) {
    if (belongs(guest, host, hosts, declarations) === "no") continue;
    for (const volume of guest.volumes) {
      const image = known(volume.image);
      if (image === undefined || image === "" || image.includes("\0")) continue;
      const places = image.startsWith("/")
        ? [posix.normalize(image)]
        : guest.directoryNames.map((name) => posix.join(stateDir, name, image));
      for (const path of places) {
        paths.add(path);
        directories.add(posix.dirname(path));
      }
    }
  }
  return { stateDir, paths: [...paths], directories: [...directories] };
}

/**
 * The state directory of a host: what the user set, else what its configuration says, else the default. Null when its
 * configuration sets it to something that we cannot know.
 */
export function stateDirOf(
  host: { readonly name: string; readonly stateDir?: string },
  declarations: Declarations,
): string | null {
  if (host.stateDir !== undefined) return host.stateDir;
  const own = declarations.hosts.find(({ name }) => name === host.name);
  if (own) return known(own.stateDir) ?? null;
  const declared = new Set(declarations.hosts.map(({ stateDir }) => describe(stateDir)));
  if (declared.size === 0) return defaultStateDir;
  const [only] = declared;
  return declared.size === 1 && only !== null && only !== undefined ? only : null;
}

function describe(stateDir: Field<string>): string | null {
  return known(stateDir) ?? null;
}
