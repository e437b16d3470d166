import { driveLetters } from "../forecast/guest/letters.ts";
import { type Mount, mountOf, plain, settled } from "../forecast/guest/mount.ts";
import { contains, holdsOverlay } from "../forecast/guest/overlay.ts";
import { type Guest, known, type Volume } from "../microvm/model.ts";

interface Way {
  readonly volume: Volume;
  readonly mount: Mount | null;
  /** Of the disk that it becomes. */
  readonly letter: string | null;
}

/** What the names in a log belong to. A function answers undefined where no volume, or more than one, has the name. */
export function waysOf(guest: Guest) {
  const ways = guest.volumes.map((volume): Way => {
    const { letter, actual } = driveLetters(guest, volume);
    const mount = mountOf(guest, volume, letter);
    return { volume, mount: mount !== null && "mountPoint" in mount ? mount : null, letter: actual };
  });
  const overlay = known(guest.writableStoreOverlay) ?? null;
  const one = (matches: (way: Way) => boolean): Volume | undefined => {
    const [found, ...more] = ways.filter(matches);
    return more.length === 0 ? found?.volume : undefined;
  };
  const carrier =
    overlay === null ? undefined : ways.find(({ mount }) => mount && holdsOverlay(guest, mount.mountPoint, overlay));
  return {
    /** `microvm.writableStoreOverlay`, or null. */
    overlay,
    /** The volume on which the overlay's upper layer lies, or null: a share, or nothing of its own. */
    store: carrier?.volume ?? null,
    /** The only volume that there is. */
    only: (): Volume | undefined => (guest.volumesOpen === null ? one(() => true) : undefined),
    byMountPoint: (where: string): Volume | undefined =>
      one(({ mount }) => mount !== null && plain(mount.mountPoint) === where),
    byDevice: (path: string): Volume | undefined => {
      const looked = one((way) => looksFor(way, path));
      return (
        looked ??
        (ways.some((way) => looksFor(way, path)) ? undefined : one(({ letter }) => path === `/dev/vd${letter}`))
      );
    },
    byPath: (path: string): Volume | undefined => one(({ volume }) => isImage(known(volume.image), path)),
    /** The only volume whose image lies in that directory of the host. */
    byDirectory: (path: string): Volume | undefined =>
      one(({ volume }) => isImage(known(volume.image)?.replace(/\/?[^/]*$/, ""), path)),
    byType: (type: string | null): Volume | undefined =>
      one(({ volume }) => known(volume.autoCreate) === true && (type === null || known(volume.fsType) === type)),
    /** The path is the overlay's upper or work directory, or above it on the same volume. */
    isUpper: (path: string | null): boolean =>
      path !== null && overlay !== null && (contains(overlay, path) || plain(path) === plain(overlay)),
    isOptional: (volume: Volume | null, optional: (mount: Mount) => boolean): boolean => {
      const mount = ways.find((way) => way.volume === volume)?.mount;
      return mount ? optional(mount) : false;
    },
  };
}

/** The guest mounts the volume from that device. */
function looksFor({ mount }: Way, path: string): boolean {
  const device = mount === null ? undefined : settled(mount.device);
  if (device === undefined) return false;
  if (device.by === "label") return decoded(path) === `/dev/disk/by-label/${device.label}`;
  if (device.by === "uuid") return path.toLowerCase() === `/dev/disk/by-uuid/${device.uuid.toLowerCase()}`;
  return device.by === "letter" ? device.letter !== null && path === `/dev/vd${device.letter}` : path === device.device;
}

/** The label in a link's name, without udev's escapes. */
function decoded(path: string): string {
  return path.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The same file, as far as two spellings of its name tell: one may be relative to the guest's directory. */
function isImage(image: string | undefined, path: string): boolean {
  if (image === undefined || image === "") return false;
  const [a, b] = [image, path].map((each) => each.replace(/^\.\//, "").replace(/\/(?:\.?\/)+/g, "/")) as [
    string,
    string,
  ];
  return a === b || b.endsWith(`/${a}`) || a.endsWith(`/${b}`);
}
