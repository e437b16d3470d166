import type { ContentType } from "../disk/facts.ts";
import { type Guest, known } from "../microvm/model.ts";
import { isOptional } from "./guest/guest-mount.ts";
import { driveLetters } from "./guest/letters.ts";
import { settled } from "./guest/mount.ts";
import type { Before } from "./host/before.ts";
import { mounts } from "./image/filesystems.ts";
import type { Outcome, Verdict } from "./outcome.ts";
import type { Reason } from "./reasons.ts";
import type { VolumeForecast } from "./volume-forecast.ts";

/** Whether the guest comes up. */
export function verdictOf(
  guest: Guest,
  volumes: readonly VolumeForecast[],
  before: Before,
  reasons: readonly Reason[],
): Verdict {
  if (reasons.some(({ outcome }) => outcome === "no-start")) return "does-not-start";
  const sure = volumes.filter(({ volume }) => volume.conditional === null);
  if (before.ways.length > 0 && before.ways.every((way) => way.refused)) return "does-not-start";
  if (sure.some(keepsFromBooting)) return "does-not-start";
  const shifts = sure.map((each) => takesOtherDisk(each, sure));
  if (shifts.includes("no")) return "does-not-start";
  const open =
    reasons.some(({ outcome }) => outcome === "unknown") || guest.volumesOpen !== null || volumes.length > sure.length;
  if (
    open ||
    shifts.includes("maybe") ||
    before.ways.some((way) => way.refused) ||
    sure.some(({ outcome }) => outcome === "unknown")
  )
    return "unknown";
  const isPlain = ({ outcome, reasons, mount }: VolumeForecast) =>
    (plainly.has(outcome) || (outcome === "blank" && mount === null)) &&
    reasons.every(({ kind }) => !troubles.has(kind));
  return sure.every(isPlain) ? "starts" : "starts-but";
}

const plainly: ReadonlySet<Outcome> = new Set(["create", "reuse", "grow", "recreate"]);

const troubles: ReadonlySet<string> = new Set([
  "format",
  "size-ignored",
  "overlay-full",
  "nearly-full",
  "inodes-used-up",
  "mounted-elsewhere",
]);

/** A mount that fails ends in emergency mode, unless the guest goes on without it (`nofail`). */
function keepsFromBooting({ outcome, reasons, mount }: VolumeForecast): boolean {
  if (outcome === "no-start") return true;
  const [decisive] = reasons;
  if (decisive?.kind === "mount-point-taken" || decisive?.kind === "dropped")
    return decisive.kind === "dropped" && mount !== null;
  if (outcome !== "not-mount" && !(outcome === "blank" && mount !== null)) return false;
  return mount === null || !isOptional(mount);
}

/** Whether a mount that gets another disk than its own takes that one; where it does not, the guest does not boot. */
function takesOtherDisk(shifted: VolumeForecast, all: readonly VolumeForecast[]): "yes" | "no" | "maybe" {
  const { outcome, mount, guest } = shifted;
  if (outcome !== "shift" || mount === null || isOptional(mount)) return "yes";
  const fsType = settled(mount.fsType);
  const device = settled(mount.device);
  if (fsType === undefined || device === undefined) return "maybe";
  const others = all.filter(({ volume }) =>
    device.by === "letter"
      ? driveLetters(guest, volume).actual === device.letter
      : device.by === "label" && known(volume.label) === device.label,
  );
  const answers = new Set(others.map((other) => takes(fsType, other)));
  const [answer] = answers;
  return answer !== undefined && answers.size === 1 ? answer : "maybe";
}

function takes(fsType: string, { outcome, states: { after } }: VolumeForecast): "yes" | "no" | "maybe" {
  if (!plainly.has(outcome) && outcome !== "shift") return "maybe";
  const seen = after?.is === "seen" && after.image.filesystem.state === "seen" ? after.image.filesystem.value : null;
  const type = after?.is === "made" ? (after.type as ContentType) : seen?.type;
  if (type === undefined || fsType === "auto") return type === undefined ? "maybe" : "yes";
  return mounts(fsType, type) ? "yes" : "no";
}
