import { printable } from "../base/printable.ts";
import { type Text, verbatim } from "../base/text.ts";
import type { HostFacts } from "../disk/facts.ts";
import { type Guest, known, type MicrovmInput, type Volume } from "../microvm/model.ts";
import { isInstalled, ownerAtStart } from "./directories.ts";
import { evaluationFailures, evaluationFaults } from "./evaluation.ts";
import { belowReadOnly, lookupFaults, mountDisk, takenMountPoint } from "./guest/guest-mount.ts";
import { deployedLetter, driveLetters } from "./guest/letters.ts";
import { isLeftOut, type Mount, mountOf } from "./guest/mount.ts";
import { overlayFaults, overlayShare, overlaySpace } from "./guest/overlay.ts";
import { useOf } from "./guest/use.ts";
import type { Before, BeforeWay, Parent } from "./host/before.ts";
import { attach, attachFaults } from "./hypervisor.ts";
import { directoryOf } from "./image/observed.ts";
import { seenState } from "./image/seen-state.ts";
import { type ImageState, sameState } from "./image/state.ts";
import { failures, type Outcome, steps } from "./outcome.ts";
import { type Reason, reason } from "./reasons.ts";
import { verdictOf } from "./verdict.ts";
import type { GuestForecast, VolumeForecast } from "./volume-forecast.ts";
import { creationFaults, playVolumeScript, scriptFaults } from "./volume-script.ts";
import { outcomeWords } from "./words/outcome-words.ts";
import { text } from "./words/reason-texts.ts";
import type { VolumeOnDisk } from "./world.ts";

/** All that the start of a guest on one host depends on. */
export interface Start {
  readonly guest: Guest;
  readonly facts: HostFacts | null;
  /** The places of a volume's image on that host. */
  readonly places: (volume: Volume) => readonly VolumeOnDisk[];
  /** The locked microvm.nix that makes the guest. */
  readonly input: MicrovmInput | null;
  /** What happens before the volume script. */
  readonly before: (places: ReadonlyMap<Volume, VolumeOnDisk>) => Before;
  /** What in the guest may write to its disks before it mounts them; null: nothing. */
  readonly guestWrites: () => Text | null;
}

/** Plays the next start of a guest in its real order. Pure: everything comes with the start. */
export function forecastStart(start: Start): GuestForecast {
  const { guest, facts } = start;
  const failing = evaluationFailures(guest);
  const places = new Map<Volume, VolumeOnDisk>();
  for (const volume of guest.volumes) {
    const place = onlyPlace(start.places(volume));
    if (place) places.set(volume, place);
  }
  const before = start.before(places);
  const volumes = guest.volumes.map((volume) =>
    forecastVolume(start, volume, places.get(volume) ?? null, before, failing),
  );
  const share = overlayShare(guest);
  const reasons = distinct([...failing, ...(share ? [share] : [])]);
  return { guest, facts, volumes, reasons, verdict: verdictOf(guest, volumes, before, reasons) };
}

/** The place to judge: the only one, or the only one at which something is. */
function onlyPlace(places: readonly VolumeOnDisk[]): VolumeOnDisk | null {
  if (places.length === 1) return places[0] as VolumeOnDisk;
  const existing = places.filter((place) => place.image.state !== "absent");
  return existing.length === 1 ? (existing[0] as VolumeOnDisk) : null;
}

function forecastVolume(
  start: Start,
  volume: Volume,
  place: VolumeOnDisk | null,
  before: Before,
  failing: readonly Reason[],
): VolumeForecast {
  const { guest, facts } = start;
  const { letter } = driveLetters(guest, volume);
  const mounted = mountOf(guest, volume, letter);
  const mount = mounted !== null && "mountPoint" in mounted ? mounted : null;
  const always = [
    // Its own come first: of each kind one is told.
    ...evaluationFaults(guest, volume),
    ...failing,
    ...scriptFaults(volume),
    ...attachFaults(guest, volume, mount),
    ...mountFaults(guest, volume, mount),
  ];
  // What the overlay cannot use was mounted before.
  const isTaken = mount !== null && takenMountPoint(guest, volume, mount.mountPoint) !== null;
  const last = mount && !isTaken ? overlayFaults(guest, volume, mount) : [];
  if (mounted !== null && !mount) always.push(reason("field-unknown", "guest", "unknown", { field: "mountPoint" }));
  const finished = (reasons: readonly Reason[], states: VolumeForecast["states"]): VolumeForecast => {
    const { outcome, ordered } = decide([...always, ...reasons, ...last]);
    return { guest, volume, facts, place, outcome, reasons: ordered, mount, states };
  };
  const nowhere = whyNoPlace(start, volume, place);
  if (nowhere || !place) {
    const perhaps = isMade(start, volume) ? [] : creationFaults(volume).map(aside);
    return finished([...(nowhere ? [nowhere] : []), ...perhaps], { before: null, after: null });
  }
  const ways = before.ways.map((way) => playWay(start, volume, place, way, mount));
  const [first] = ways;
  if (!first) return finished([], { before: null, after: null });
  if (ways.length === 1) return finished(first.reasons, { before: first.before, after: first.after });
  const outcomes = new Set(ways.map((way) => decide([...always, ...way.reasons, ...last]).outcome));
  const same = (of: (way: PlayedWay) => ImageState | null) =>
    ways.every((way) => sameState(of(way), of(first))) ? of(first) : null;
  const states = { before: same((way) => way.before), after: same((way) => way.after) };
  const all = distinct(ways.flatMap((way) => way.reasons));
  if (outcomes.size === 1) return finished(all, states);
  // What is not so in every way is said by nobody, but for what a start of the guest alone leaves as it is.
  const isIn = (way: PlayedWay, { kind }: Reason) => way.reasons.some((each) => each.kind === kind);
  const alone = ways.filter((_, index) => before.ways[index]?.boots !== true);
  const open = all
    .filter(
      (each) =>
        ways.every((way) => isIn(way, each)) || (each.outcome === null && alone.every((way) => isIn(way, each))),
    )
    .map((each) => ({ ...each, outcome: null }) as Reason);
  const [mere, boot] = ways.map((way) => decide([...always, ...way.reasons, ...last]).outcome);
  const isTold = before.byBoot === true && mere && boot && mere !== "unknown" && boot !== "unknown";
  const both = isTold ? text.byBoot({ boot: outcomeWords[boot](), alone: outcomeWords[mere]() }) : before.why;
  return finished([reason("may-change", "pre-start", "unknown", { why: both ?? verbatim("?") }), ...open], states);
}

function whyNoPlace({ facts, places }: Start, volume: Volume, place: VolumeOnDisk | null): Reason | null {
  if (known(volume.image) === undefined) {
    // A missing one is said of evaluation.
    return reason("field-unknown", "host", "unknown", { field: "image" });
  }
  if (facts === null) return reason("no-host", "host", "unknown", {});
  if (place === null) {
    return reason("several-places", "host", "unknown", { paths: places(volume).map((each) => each.path) });
  }
  if (place.image.state !== "unreadable") return null;
  return reason("unreadable", "host", "unknown", { path: place.path, detail: printable(place.image.detail) });
}

/** What is wrong with the guest's side, whatever is on disk. */
function mountFaults(guest: Guest, volume: Volume, mount: Mount | null): readonly Reason[] {
  if (mount === null) return [];
  const taken = takenMountPoint(guest, volume, mount.mountPoint);
  if (taken) return [taken];
  const below = belowReadOnly(guest, volume, mount.mountPoint);
  return [...lookupFaults(guest, volume, mount), ...(below && !isLeftOut(mount) ? [below] : [])];
}

interface PlayedWay {
  readonly before: ImageState | null;
  readonly after: ImageState | null;
  readonly reasons: readonly Reason[];
}

function playWay(start: Start, volume: Volume, place: VolumeOnDisk, way: BeforeWay, mount: Mount | null): PlayedWay {
  const { guest, input } = start;
  const { facts, path } = place;
  const state = way.states.get(volume) ?? seenState(place);
  if (way.refused) return { before: state, after: null, reasons: [way.refused] };
  const reasons: Reason[] = [...(way.reasons.get(volume) ?? [])];
  if (state.is === "unknown") {
    const why = reason("may-change", "pre-start", "unknown", { why: state.why });
    return { before: state, after: state, reasons: [...reasons, why] };
  }
  const installed = isInstalled(guest, facts);
  const parent = way.parent?.(volume) ?? seenDirectory(guest, facts, place);
  const script = playVolumeScript({ guest, volume, facts, path, installed, parent }, state);
  const after = script.state;
  // A link that leads nowhere was no image.
  const again = seenState(place).is === "seen" && state.is === "absent";
  reasons.push(...(again ? script.reasons.map(madeAgain) : script.reasons));
  if (script.reasons.some(({ outcome }) => outcome === "no-start" || outcome === "unknown")) {
    return { before: state, after, reasons };
  }
  const attachment = attach(guest, volume, facts, path, after, input);
  reasons.push(...attachment);
  // What is in it does not matter to a guest that does not get to see it.
  if (attachment.some(({ kind }) => hidesContent.has(kind))) return { before: state, after, reasons };
  const isTaken = mount !== null && takenMountPoint(guest, volume, mount.mountPoint) !== null;
  if (mount !== null && !isTaken) {
    const letters = driveLetters(guest, volume);
    const found = mountDisk(guest, volume, mount, letters, path, after);
    const by = found.some(({ kind }) => ofContent.has(kind)) ? start.guestWrites() : null;
    reasons.push(...(by === null ? found : [reason("guest-writes", "guest", "unknown", { by })]));
    reasons.push(...overlaySpace(guest, mount, path, after));
  }
  // That is how it came to be blank.
  if (state.is === "seen" && state.image.blank === true) reasons.push(...creationFaults(volume).map(aside));
  reasons.push(...useOf({ guest, volume, place, mount, before: state, after }));
  const moved = deployedLetter({ guest, volume }, place, driveLetters(guest, volume));
  if (moved && mount?.device.is === "known" && mount.device.value.by === "letter") {
    reasons.push(reason("letter-moved", "hypervisor", null, moved));
  }
  return { before: state, after, reasons };
}

/** What is so of the content as the guest gets it. */
const ofContent: ReadonlySet<string> = new Set([
  "blank",
  "no-filesystem",
  "content",
  "other-type",
  "other-label",
  "cut-off",
]);

const hidesContent: ReadonlySet<string> = new Set([
  "not-a-file",
  "format",
  "format-by-guess",
  "created-format",
  "field-unknown",
  "unreadable",
]);

/** The same as something to tell beside what decides. */
function aside({ leaves: _leaves, ...each }: Reason): Reason {
  return { ...each, outcome: null } as Reason;
}

/** An image with something in it is there on the host, or may be: mkfs is not run again. */
function isMade({ places }: Start, volume: Volume): boolean {
  return places(volume).some(
    ({ image }) => image.state === "unreadable" || (image.state === "seen" && image.value.blank !== true),
  );
}

/** A directory that could not be looked at is taken for one that is there: nothing is said of it. */
function seenDirectory(guest: Guest, facts: HostFacts, { path, image }: VolumeOnDisk): Parent | null {
  const isDangling = image.state === "seen" && seenState({ image }).is === "dangling";
  const directory = directoryOf(isDangling ? image.value.realPath : path);
  const seen = facts.directories.get(directory);
  if (seen?.state !== "seen") return seen?.state === "absent" ? { directory, owner: seen } : null;
  return { directory, owner: { ...seen, value: ownerAtStart(guest, facts, directory, seen.value) } };
}

function madeAgain(each: Reason): Reason {
  return each.outcome === "create" ? { ...each, outcome: "recreate" } : each;
}

/**
 * What comes of it all: the first failure, unless something is not known of an earlier step; else what is not known, else
 * what lands in RAM, else what is done with the image. What decides comes first.
 */
export function decide(all: readonly Reason[]): { readonly outcome: Outcome; readonly ordered: readonly Reason[] } {
  const inOrder = [...distinct(all)].sort((a, b) => steps.indexOf(a.step) - steps.indexOf(b.step));
  const failure = inOrder.find((each) => isFailure(each));
  const unknown = inOrder.find((each) => each.outcome === "unknown" && blocks(each, failure));
  const decisive =
    unknown ??
    failure ??
    inOrder.find((each) => each.outcome === "unknown") ??
    inOrder.find((each) => each.outcome === "in-ram") ??
    inOrder.filter((each) => each.outcome !== null).at(-1);
  if (!decisive) {
    const why = reason("field-unknown", "host", "unknown", { field: "image" });
    return { outcome: "unknown", ordered: [why, ...inOrder] };
  }
  return {
    outcome: decisive.outcome ?? "unknown",
    ordered: [decisive, ...inOrder.filter((each) => each !== decisive)],
  };
}

/** A failure of the guest's side is one wherever its image lies; what may go wrong before it would have another word. */
function blocks(unknown: Reason, failure: Reason | undefined): boolean {
  if (!failure) return true;
  return steps.indexOf(unknown.step) < steps.indexOf(failure.step) && !ofWhere.has(unknown.kind);
}

const ofWhere: ReadonlySet<string> = new Set(["no-host", "several-places"]);

function isFailure({ kind, outcome }: Reason): boolean {
  return outcome !== null && (failures.has(outcome) || kind === "blank");
}

/** One of each kind, and of one that is about an option, one of each option. */
function distinct(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.filter((each, index) => reasons.findIndex((other) => isSame(other, each)) === index);
}

function isSame(a: Reason, b: Reason): boolean {
  return a.kind === b.kind && optionOf(a) === optionOf(b);
}

function optionOf({ facts }: Reason): string | null {
  return "option" in facts ? facts.option : null;
}
