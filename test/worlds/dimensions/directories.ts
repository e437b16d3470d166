import { dirname } from "node:path";
import type { Chance } from "../chance.ts";
import { q } from "../nix-text.ts";
import { type Feature, imagePath, type VolumeSpec, type Way } from "../world.ts";

/** The folder of an image that does not lie directly in the guest's directory. */
export function folderOf(chance: Chance, index: number, declared: VolumeSpec): Feature | null {
  if (!declared.image.includes("/") || declared.image.startsWith("./")) return null;
  if (declared.image.endsWith("/") || declared.image.startsWith("@CACHE@")) return null;
  const [name, ...lines] = chance.weighted<readonly [string, ...string[]]>([
    [62, ["of microvm", "mkdir -p @", "chown microvm:kvm @"]],
    [22, ["not there"]],
    [9, ["of root, 0755", "mkdir -p @", "chown root:root @", "chmod 0755 @"]],
    [4, ["of root, 0777", "mkdir -p @", "chown root:root @", "chmod 0777 @"]],
    [3, ["of root and group kvm, 0775", "mkdir -p @", "chown root:kvm @", "chmod 0775 @"]],
  ]);
  return {
    name: `folder ${index}: ${name}`,
    give(setting) {
      const volume = setting.volumes[index];
      if (!volume) return {};
      const folder = volume.image.startsWith("x/../") ? `${setting.directory}/x` : dirname(imagePath(setting, volume));
      return { prepare: lines.map((line) => line.replaceAll("@", q(folder))) };
    },
  };
}

/** What makes the directory below /var/cache: the guest's own unit, when it starts (systemd.exec(5), CacheDirectory=). */
export function cacheDirectory(chance: Chance, volumes: readonly VolumeSpec[], way: Way): Feature | null {
  if (way === "lone" || !volumes.some(({ image }) => image.startsWith("@CACHE@"))) return null;
  if (chance.percent(20)) return null;
  const template = chance.percent(50);
  return {
    name: `CacheDirectory= of ${template ? "microvm@" : "microvm@NAME"}`,
    give({ guest, cache }) {
      const unit = template ? "microvm@" : `microvm@${guest}`;
      const name = `lens-worlds/${template ? "%i" : guest}`;
      return {
        own: [{ directories: [cache] }],
        hostLines: [`systemd.services."${unit}".serviceConfig.CacheDirectory = "${name}";`],
      };
    },
  };
}

/** The guest's own directory, where it is not as deploying leaves it. */
export function guestDirectory(chance: Chance): Feature | null {
  if (!chance.percent(5)) return null;
  const [name, line] = chance.one(
    ["of root", "chown root:root @"] as const,
    ["of root, 0777", "chown root:root @; chmod 0777 @"] as const,
    ["0555", "chmod 0555 @"] as const,
  );
  return {
    name: `guest's directory: ${name}`,
    give: ({ directory }) => ({ prepare: [line.replaceAll("@", q(directory))] }),
  };
}
