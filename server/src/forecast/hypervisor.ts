import type { HostFacts } from "../disk/facts.ts";
import { type Guest, known, type MicrovmInput, type Volume } from "../microvm/model.ts";
import { isInstalled } from "./directories.ts";
import { driveLetters } from "./guest/letters.ts";
import { type Mount, settled } from "./guest/mount.ts";
import { acceptsFormat, expectedFormat, looksForItself } from "./image/formats.ts";
import { containerFormat, microvmMay } from "./image/observed.ts";
import type { ImageState } from "./image/state.ts";
import { type Owner, type Reason, reason } from "./reasons.ts";

const step = "hypervisor";

/** What keeps the hypervisor from attaching the volume, whatever is on disk. */
export function attachFaults(guest: Guest, volume: Volume, mount: Mount | null): readonly Reason[] {
  const found: Reason[] = [];
  const hypervisor = known(guest.hypervisor);
  // The hypervisors take drives as lists with commas (lib/runners/qemu.nix), firecracker as JSON.
  if (known(volume.image)?.includes(",") && hypervisor !== undefined && hypervisor !== "firecracker") {
    found.push(reason("comma", step, "no-start", { hypervisor }));
  }
  const { letter, actual } = driveLetters(guest, volume);
  found.push(...beyondLetters(guest, volume));
  const device = mount && settled(mount.device);
  if (letter !== null && actual !== null && letter !== actual && device?.by === "letter" && device.letter === letter) {
    found.push(reason("store-disk-first", step, "shift", { declared: letter, actual }));
  }
  return found;
}

/** lib.zipLists of volumes and letters ends with the shorter list (lib/default.nix, withDriveLetters). */
function beyondLetters(guest: Guest, volume: Volume): Reason[] {
  const storeOnDisk = known(guest.storeOnDisk);
  const mountPoint = known(volume.mountPoint);
  const limit = storeOnDisk ? 25 : 26;
  const isBeyond = storeOnDisk !== undefined && volume.position !== null && volume.position >= limit;
  if (!isBeyond || mountPoint === undefined) return [];
  const number = (volume.position ?? 0) + 1;
  if (mountPoint !== null) return [reason("dropped", step, "not-mount", { number, limit, hypervisor: null })];
  // The other hypervisors get the whole list, and a volume that is not to be mounted needs no letter.
  const hypervisor = known(guest.hypervisor) ?? "";
  return byLetter.has(hypervisor) ? [reason("dropped", step, "not-mount", { number, limit, hypervisor })] : [];
}

/** Whose runners take the list that ends with the letters (lib/runners). */
const byLetter: ReadonlySet<string> = new Set(["qemu", "stratovirt", "vfkit"]);

/** Mounted without a label: by the letter of its place in the list. */
export function findsByLetter(volume: Volume): boolean {
  return known(volume.label) === null && known(volume.mountPoint) != null;
}

/** Whether the hypervisor runs as the user microvm: a guest that no host declares may be started by hand, by anybody. */
export function runsAsMicrovm(guest: Guest, facts: HostFacts, path: string): boolean {
  return guest.host !== null || path.startsWith(`${facts.stateDir}/`);
}

/** Whether the hypervisor may open what is there, and takes it for what it is. */
export function attach(
  guest: Guest,
  volume: Volume,
  facts: HostFacts,
  path: string,
  state: ImageState,
  input: MicrovmInput | null,
): readonly Reason[] {
  if (state.is === "made" || state.is === "blank") {
    const denied = state.owner ? permission(guest, volume, facts, path, state.owner) : [];
    if (denied.length > 0 || state.is === "blank") return denied;
    const expected = expectedFormat(guest, volume);
    if (expected === null || expected === "raw" || looksForItself(guest, input)) return [];
    return [reason("created-format", step, "no-start", { path, expected })];
  }
  if (state.is !== "seen") return [];
  const { image } = state;
  if (image.kind !== "regular" && image.kind !== "block-device") {
    return [reason("not-a-file", step, "no-start", { path: image.path, kind: image.kind })];
  }
  return [...permission(guest, volume, facts, path, image), ...format(guest, volume, state, input)];
}

type Seen = Extract<ImageState, { readonly is: "seen" }>;

function permission(guest: Guest, volume: Volume, facts: HostFacts, path: string, owner: Owner): Reason[] {
  const readOnly = known(volume.readOnly);
  if (readOnly === undefined || microvmMay(facts, owner, readOnly ? 4 : 6) !== false) return [];
  const { uid, gid, mode } = owner;
  if (!runsAsMicrovm(guest, facts, path)) {
    return isInstalled(guest, facts) ? [reason("may-not-open", step, "unknown", { owner: { uid, gid, mode } })] : [];
  }
  return [reason("not-permitted", step, "no-start", { path, owner: { uid, gid, mode }, readOnly })];
}

function format(guest: Guest, volume: Volume, { image }: Seen, input: MicrovmInput | null): Reason[] {
  const { path } = image;
  const found = containerFormat(image);
  if (found === null) {
    const detail = image.container.state === "unreadable" ? image.container.detail : "";
    return [reason("unreadable", step, "unknown", { path, detail })];
  }
  if (looksForItself(guest, input)) return found === "raw" ? [] : [reason("format-by-guess", step, "unknown", {})];
  const accepted = acceptsFormat(guest, volume, found);
  if (accepted === null) return [reason("field-unknown", step, "unknown", { field: "imageType" })];
  const expected = expectedFormat(guest, volume) ?? "raw";
  if (accepted) return [];
  // Told that it is raw, a hypervisor attaches anything; told otherwise, it looks for a header that is not there.
  // What a guest does with a disk that it does not mount, nobody knows.
  const asRaw = known(volume.mountPoint) === null ? "reuse" : "not-mount";
  return [reason("format", step, expected === "raw" ? asRaw : "no-start", { path, found, expected })];
}
