import type { ImageFacts } from "../disk/facts.ts";
import { isOperable, isReplaceable, isTrimmable } from "../disk/handling.ts";
import { muchToGiveBack, reclaimableBytes } from "../disk/images/usage.ts";
import type { Snapshot } from "../engine/engine.ts";
import { known, type Volume } from "../microvm/model.ts";
import type { VolumeOnDisk } from "../rules/frame/rule.ts";

/** Operations that a row of the view offers. Whether they can be done now is looked at when they are planned. */
export const rowOperations = ["grow", "backup", "moveAside", "relabel", "trim"] as const;
export type RowOperation = (typeof rowOperations)[number];

/** Where an image lies and what `microvm-lens` is given to work on it, without the host. */
export interface OperationOn {
  readonly host: string;
  readonly command: readonly string[];
}

export type VolumeOperations = Readonly<Partial<Record<RowOperation, OperationOn>>>;

/** A place where a volume looks for its image, and there is none. */
export interface AdoptingPlace {
  readonly host: string;
  readonly path: string;
  readonly guest: string;
  readonly image: string;
}

type Seen = VolumeOnDisk & { readonly seen: ImageFacts };

/** What may be done with the image of a volume. */
export function operationsOn({ facts, path, seen }: Seen, volume: Volume): VolumeOperations {
  const on = (...command: readonly string[]): OperationOn => ({ host: facts.host, command: ["image", ...command] });
  if (!isOperable(seen)) return {};
  const found: { -readonly [Name in RowOperation]?: OperationOn } = { moveAside: on("move-aside", path) };
  if (isReplaceable(seen)) found.backup = on("backup", path);
  if ((reclaimableBytes(seen) ?? 0) >= muchToGiveBack && isTrimmable(seen)) found.trim = on("trim", path);
  const toMiB = growableTo(seen, known(volume.sizeMiB));
  if (toMiB !== null) found.grow = on("grow", path, "--size", `${toMiB}M`);
  const label = known(volume.label);
  const { container, filesystem } = seen;
  const isRaw = container.state === "seen" && container.value.format === "raw";
  if (typeof label === "string" && isRaw && filesystem.state === "seen" && filesystem.value.label !== label)
    found.relabel = on("relabel", path, "--label", label);
  return found;
}

const growing: ReadonlySet<string> = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs"]);

/** The declared size in MiB of a raw image that is shorter and has a filesystem that grows. */
function growableTo({ container, filesystem, apparentBytes }: ImageFacts, toMiB: number | undefined): number | null {
  const raw = container.state === "seen" && container.value.format === "raw";
  if (!raw || filesystem.state !== "seen" || toMiB === undefined || toMiB * 1024 * 1024 <= apparentBytes) return null;
  const { type, multipleDevices } = filesystem.value;
  return growing.has(type) && !multipleDevices ? toMiB : null;
}

/** Where volumes look for an image that is not there. */
export function adoptingPlaces({ declarations, context }: Snapshot): AdoptingPlace[] {
  return declarations.guests.flatMap((guest) =>
    guest.volumes.flatMap((volume) =>
      context
        .onDisk(guest, volume)
        .filter(({ image }) => image.state === "absent")
        .map(({ facts, path }) => ({
          host: facts.host,
          path,
          guest: guest.name,
          image: known(volume.image) ?? path,
        })),
    ),
  );
}
