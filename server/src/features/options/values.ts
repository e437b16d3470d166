import { posix } from "node:path";
import { sizeWords } from "../../base/words.ts";
import type { Snapshot } from "../../engine/engine.ts";
import { type Guest, known } from "../../microvm/model.ts";
import { optionAt, optionPath } from "../../microvm/options/table.ts";
import { guestBytes } from "../overview-data.ts";
import { declaredAround, guestsIn, volumesIn } from "../session/locate.ts";

/** One value that may be meant. */
export interface ValueProposal {
  /** As text inside of quotes, or bare for numbers and booleans. */
  readonly value: string;
  readonly bare: boolean;
  readonly detail: string;
}

/** Where something is being typed. */
export interface Where {
  readonly snapshot: Snapshot;
  readonly file: string;
  readonly offset: number;
}

/** Filesystems that microvm.nix can make (lib/volumes.nix: fsTypeToUtil). */
const filesystems = ["ext4", "xfs", "btrfs", "vfat", "ext3", "ext2"];

/** Values for the option at a path: those of its type, and those that disk and configuration suggest. */
export function valuesFor(where: Where, path: readonly string[]): ValueProposal[] {
  const option = optionAt(path);
  if (!option) return [];
  if (option.values) return option.values.map((value) => ({ value, bare: false, detail: "" }));
  if (option.type === "boolean") return ["true", "false"].map((value) => ({ value, bare: true, detail: "" }));
  switch (optionPath(path)?.slice(1).join(".")) {
    case "volumes.*.fsType":
      return filesystems.map((value) => ({ value, bare: false, detail: "" }));
    case "volumes.*.image":
      return images(where);
    case "volumes.*.size":
      return sizes(where);
    case "volumes.*.label":
      return labels(where);
    case "volumes.*.mountPoint":
      return overlays(where);
    case "writableStoreOverlay":
      return mountPoints(where);
    case "autostart":
    case "autostart.*":
      return unique(where.snapshot.declarations.guests.map(({ name }) => ({ value: name, bare: false, detail: "" })));
    default:
      return [];
  }
}

/** Guests whose declaration, or one of whose volumes, the cursor stands in; else all that the file declares. */
function guestsOf({ snapshot, file, offset }: Where): readonly Guest[] {
  const found = new Set<Guest>();
  for (const place of declaredAround(snapshot, file, offset)) {
    if (place.kind === "volume") for (const { guest } of place.uses) found.add(guest);
    if (place.kind === "guest") for (const guest of place.uses) found.add(guest);
    if (found.size > 0) return [...found];
  }
  for (const { uses } of guestsIn(snapshot, file)) for (const guest of uses) found.add(guest);
  for (const { uses } of volumesIn(snapshot, file)) for (const { guest } of uses) found.add(guest);
  return [...found];
}

function observed(where: Where) {
  const names = new Set(guestsOf(where).flatMap((guest) => guest.directoryNames));
  return where.snapshot.hosts.flatMap((host) =>
    host.guests
      .filter((guest) => names.has(guest.name))
      .flatMap((guest) =>
        guest.images.flatMap((path) => {
          const image = host.images.get(path);
          return image?.state === "seen" ? [{ name: posix.relative(guest.directory, path), image: image.value }] : [];
        }),
      ),
  );
}

function images(where: Where): ValueProposal[] {
  return unique(
    observed(where).map(({ name, image }) => ({
      value: name,
      bare: false,
      detail: sizeWords(guestBytes(image)),
    })),
  );
}

function sizes(where: Where): ValueProposal[] {
  return unique(
    observed(where)
      .filter(({ image }) => guestBytes(image) % (1024 * 1024) === 0)
      .map(({ name, image }) => ({ value: String(guestBytes(image) / (1024 * 1024)), bare: true, detail: name })),
  );
}

function labels(where: Where): ValueProposal[] {
  return unique(
    observed(where).flatMap(({ name, image }) => {
      const label = image.filesystem.state === "seen" ? image.filesystem.value.label : null;
      return label === null ? [] : [{ value: label, bare: false, detail: name }];
    }),
  );
}

function overlays(where: Where): ValueProposal[] {
  return unique(
    guestsOf(where).flatMap((guest) => {
      const overlay = known(guest.writableStoreOverlay);
      return overlay ? [{ value: overlay, bare: false, detail: "writableStoreOverlay" }] : [];
    }),
  );
}

function mountPoints(where: Where): ValueProposal[] {
  return unique(
    guestsOf(where).flatMap((guest) =>
      guest.volumes.flatMap((volume) => {
        const mountPoint = known(volume.mountPoint);
        return mountPoint ? [{ value: mountPoint, bare: false, detail: known(volume.image) ?? "" }] : [];
      }),
    ),
  );
}

function unique(proposals: readonly ValueProposal[]): ValueProposal[] {
  return [...new Map(proposals.map((proposal) => [proposal.value, proposal])).values()];
}
