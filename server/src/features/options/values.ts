import { posix } from "node:path";
import type { Snapshot } from "../../engine.ts";
import { known } from "../../microvm/model.ts";
import { sizeWords } from "../../rules/support/words.ts";
import { fileIndex } from "../locate.ts";
import { guestBytes } from "../overview-data.ts";
import { optionAt, optionPath } from "./table.ts";

/** One value that may be meant. */
export interface ValueProposal {
  /** As text inside of quotes, or bare for numbers and booleans. */
  readonly value: string;
  readonly bare: boolean;
  readonly detail: string;
}

/** Filesystems that microvm.nix can make (lib/volumes.nix: fsTypeToUtil). */
const filesystems = ["ext4", "xfs", "btrfs", "vfat", "ext3", "ext2"];

/** Values for the option at a path: those of its type, and those that disk and configuration suggest. */
export function valuesFor(snapshot: Snapshot, file: string, path: readonly string[]): ValueProposal[] {
  const option = optionAt(path);
  if (!option) return [];
  if (option.values) return option.values.map((value) => ({ value, bare: false, detail: "" }));
  if (option.type === "boolean") return ["true", "false"].map((value) => ({ value, bare: true, detail: "" }));
  switch (optionPath(path)?.slice(1).join(".")) {
    case "volumes.*.fsType":
      return filesystems.map((value) => ({ value, bare: false, detail: "" }));
    case "volumes.*.image":
      return images(snapshot, file);
    case "volumes.*.size":
      return sizes(snapshot, file);
    case "volumes.*.label":
      return labels(snapshot, file);
    case "volumes.*.mountPoint":
      return overlays(snapshot, file);
    case "writableStoreOverlay":
      return mountPoints(snapshot, file);
    case "autostart":
    case "autostart.*":
      return unique(snapshot.declarations.guests.map(({ name }) => ({ value: name, bare: false, detail: "" })));
    default:
      return [];
  }
}

/** Guests that the file declares or gives volumes to. */
function guestsOf(snapshot: Snapshot, file: string) {
  const index = fileIndex(snapshot, file);
  const guests = new Set([
    ...index.guests.map(({ guest }) => guest),
    ...index.volumes.flatMap(({ uses }) => uses.map((use) => use.guest)),
  ]);
  return [...guests];
}

function observed(snapshot: Snapshot, file: string) {
  const names = new Set(guestsOf(snapshot, file).flatMap((guest) => guest.directoryNames));
  return snapshot.hosts.flatMap((host) =>
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

function images(snapshot: Snapshot, file: string): ValueProposal[] {
  return unique(
    observed(snapshot, file).map(({ name, image }) => ({
      value: name,
      bare: false,
      detail: sizeWords(guestBytes(image)),
    })),
  );
}

function sizes(snapshot: Snapshot, file: string): ValueProposal[] {
  return unique(
    observed(snapshot, file)
      .filter(({ image }) => guestBytes(image) % (1024 * 1024) === 0)
      .map(({ name, image }) => ({ value: String(guestBytes(image) / (1024 * 1024)), bare: true, detail: name })),
  );
}

function labels(snapshot: Snapshot, file: string): ValueProposal[] {
  return unique(
    observed(snapshot, file).flatMap(({ name, image }) => {
      const label = image.filesystem.state === "seen" ? image.filesystem.value.label : null;
      return label === null ? [] : [{ value: label, bare: false, detail: name }];
    }),
  );
}

function overlays(snapshot: Snapshot, file: string): ValueProposal[] {
  return unique(
    guestsOf(snapshot, file).flatMap((guest) => {
      const overlay = known(guest.writableStoreOverlay);
      return overlay ? [{ value: overlay, bare: false, detail: "writableStoreOverlay" }] : [];
    }),
  );
}

function mountPoints(snapshot: Snapshot, file: string): ValueProposal[] {
  return unique(
    guestsOf(snapshot, file).flatMap((guest) =>
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
