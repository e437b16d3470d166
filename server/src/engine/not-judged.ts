import { posix } from "node:path";
import { printable } from "../base/printable.ts";
import type { Span } from "../base/span.ts";
import { type Text, verbatim } from "../base/text.ts";
import type { HostFacts, Observed, Unreadable } from "../disk/facts.ts";
import type { Declarations, Field, Guest, Volume } from "../microvm/model.ts";
import { reasonChain, rootCause } from "../nix/eval/reasons.ts";
import { placeSpan, type Unknown } from "../nix/eval/value.ts";
import type { RuleContext, VolumeOnDisk } from "../rules/frame/rule.ts";
import { belongs, type HostName } from "./matching.ts";
import {
  type Cause,
  reasons,
  type ToDo,
  toDo,
  toDoOfConfiguration,
  toDoOfHost,
  toDoOfImage,
} from "./not-judged-words.ts";

/** One thing that could not be judged, why, and what to do about it. */
export interface NotJudged {
  readonly what: "host" | "configuration" | "guest" | "volume" | "image" | "directory";
  /** Name of the host, guest or output, image of the volume, or path. Untrusted: escape before showing. */
  readonly name: string;
  /** Of the probed hosts; null where it is about the configuration. */
  readonly host: string | null;
  readonly cause: Cause;
  readonly reason: Text;
  readonly toDo: ToDo;
  /** Where it is declared; null where it is declared nowhere. */
  readonly at: Span | null;
  /** Where the cause stands, when that is somewhere else. */
  readonly causeAt: Span | null;
  /** The declared volumes that are concerned. */
  readonly volumes: readonly VolumeOf[];
  /** The guest may have volumes that are not known. */
  readonly open: Guest | null;
}

export interface VolumeOf {
  readonly guest: Guest;
  readonly volume: Volume;
}

/** All that one snapshot could not judge. */
export interface NotJudgedList {
  readonly items: readonly NotJudged[];
  /** Declared volumes that were not judged, or not in every respect; guests that may have volumes that are not known. */
  readonly counts: { readonly volumes: number; readonly guests: number; readonly hosts: number };
  ofVolume(volume: Volume): readonly NotJudged[];
  /** What keeps from knowing all volumes of a guest. */
  ofGuest(guest: Guest): readonly NotJudged[];
}

/** A host of the settings and what is known of it: facts, or why it was not even asked. */
export interface AskedHost {
  readonly setting: HostName;
  /** How it is looked at. */
  readonly via: "local" | { readonly ssh: string } | { readonly snapshot: string };
  readonly facts: HostFacts | { readonly cause: "untrusted" | "state-directory-unknown"; readonly reason: Text };
}

/** A host that nobody asked. */
export function unasked(
  setting: HostName & Pick<AskedHost, "via">,
  cause: "untrusted" | "state-directory-unknown",
): AskedHost {
  const host = verbatim(printable(setting.name));
  const reason = cause === "untrusted" ? reasons.untrusted({ host }) : reasons.stateDirUnknown({ host });
  return { setting, via: setting.via, facts: { cause, reason } };
}

/** Gathers what could not be judged. Pure; faces ask for it once per snapshot. */
export function notJudged(
  declarations: Declarations,
  context: RuleContext,
  hosts: readonly AskedHost[],
  named: boolean,
): NotJudgedList {
  const settings = hosts.map(({ setting }) => setting);
  const unseen = hosts.flatMap((host) => unseenHost(host) ?? []);
  const items: NotJudged[] = declarations.problems.map(({ what, unknown }) => ({
    ...ofUnknown(unknown),
    what: "configuration",
    name: what,
    volumes: [],
    open: null,
  }));
  const places = new Map<string, Gathered>();
  for (const guest of declarations.guests) {
    items.push(...unknownsOf(guest));
    const homes = unseen.filter(({ host }) => {
      const sure = belongs(guest, host.setting, settings, declarations);
      // A guest that was found on another host is there.
      return sure === "declared" || (sure === "by-directory" && context.hostsOf(guest).length === 0);
    });
    const all = guest.volumes.map((volume) => ({ guest, volume }));
    for (const { volumes } of homes) volumes.push(...all);
    if (homes.length === 0 && context.hostsOf(guest).length === 0 && all.length > 0) items.push(nowhere(guest, all));
    for (const use of all) {
      for (const place of context.onDisk(guest, use.volume)) {
        const item = ofPlace(place, use);
        if (item === null) continue;
        const key = `${item.host}\0${item.name}`;
        const same = places.get(key);
        if (same) same.volumes.push(use);
        else places.set(key, { ...item, volumes: [use] });
      }
    }
  }
  items.push(...places.values());
  // Nobody misses this machine's images where no guest is declared, unless it was named.
  for (const { item, volumes, host } of unseen) {
    if (named) items.push({ ...item, volumes });
    else items.push(...byDeclaredHost(volumes).map((uses) => elsewhere(item, host, uses)));
  }
  return listOf(items);
}

/** To which volumes are added while guests are gone through. */
interface Gathered extends NotJudged {
  readonly volumes: VolumeOf[];
}

interface UnseenHost {
  readonly host: AskedHost;
  readonly item: NotJudged;
  readonly volumes: VolumeOf[];
}

function unseenHost(host: AskedHost): UnseenHost | null {
  const { facts, setting, via } = host;
  const name = verbatim(printable(setting.name));
  const about = (cause: Cause, reason: Text): UnseenHost => ({
    host,
    volumes: [],
    item: {
      what: "host",
      name: setting.name,
      host: setting.name,
      cause,
      reason,
      toDo: toDo(cause, typeof via === "object" && "ssh" in via ? printable(via.ssh) : setting.name),
      at: null,
      causeAt: null,
      volumes: [],
      open: null,
    },
  });
  if ("cause" in facts) return about(facts.cause, facts.reason);
  const stateDir = verbatim(printable(facts.stateDir));
  const { stateDirectory } = facts;
  if (stateDirectory.state === "seen") return null;
  if (stateDirectory.state === "absent") return about("no-state-directory", reasons.absent({ host: name, stateDir }));
  const detail = verbatim(printable(stateDirectory.detail));
  if (typeof via === "object" && "snapshot" in via)
    return about("snapshot-unusable", reasons.unreachable({ host: name, detail }));
  const reached = via === "local" || stateDirectory.reason === "permission";
  if (!reached) return about("host-unreachable", reasons.unreachable({ host: name, detail }));
  return about(stateDirectory.reason, reasons.unreadable({ host: name, stateDir, detail }));
}

/** The volumes of the guests of each declared host, and those of no host. */
function byDeclaredHost(uses: readonly VolumeOf[]): VolumeOf[][] {
  const found = new Map<string | null, VolumeOf[]>();
  for (const use of uses) {
    const list = found.get(use.guest.host);
    if (list) list.push(use);
    else found.set(use.guest.host, [use]);
  }
  return [...found.values()];
}

/**
 * Nobody named a host, and this machine has no state directory: what is not looked at are the images of the host that the
 * configuration declares, whatever this machine is called.
 */
function elsewhere(item: NotJudged, { facts }: AskedHost, volumes: readonly VolumeOf[]): NotJudged {
  const name = volumes[0]?.guest.host ?? null;
  if (name === null || item.cause !== "no-state-directory" || "cause" in facts) return { ...item, volumes };
  const host = verbatim(printable(name));
  const reason = reasons.elsewhere({ host, stateDir: verbatim(printable(facts.stateDir)) });
  return { ...item, name, host: name, reason, toDo: toDoOfHost(printable(name)), volumes };
}

/** What the configuration does not let us know of a guest. */
function unknownsOf(guest: Guest): NotJudged[] {
  const found: NotJudged[] = [];
  if (guest.volumesOpen !== null) {
    const { reason, ...rest } = ofUnknown(guest.volumesOpen);
    found.push({
      ...rest,
      what: "guest",
      name: guest.name,
      reason: reasons.moreVolumes({ reason }),
      at: placeSpan(guest.at),
      volumes: [],
      open: guest,
    });
  }
  for (const volume of guest.volumes) {
    const first = judgedFields.find((field) => volume[field].state === "unknown");
    const field: Field<unknown> | undefined = first && volume[first];
    if (first === undefined || field?.state !== "unknown") continue;
    const { reason, ...rest } = ofUnknown(field.unknown);
    const image = volume.image.state === "set" ? volume.image.value : null;
    found.push({
      ...rest,
      what: "volume",
      name: image ?? guest.name,
      reason: reasons.field({ option: first === "sizeMiB" ? "size" : first, reason }),
      at: placeSpan(volume.at) ?? placeSpan(guest.at),
      volumes: [{ guest, volume }],
      open: null,
    });
  }
  return found;
}

/** What rules compare with the disk, in the order of what matters most. */
const judgedFields = ["image", "sizeMiB", "fsType", "label", "mountPoint", "autoCreate"] as const;

function ofUnknown(unknown: Unknown): Pick<NotJudged, "cause" | "reason" | "toDo" | "at" | "causeAt" | "host"> {
  const root = rootCause(unknown);
  const cause = causeOf(root);
  const chain = reasonChain(unknown);
  const reason = chain.map(({ text }) => text).reduceRight((from, to) => reasons.because({ to, from }));
  const at = chain.findLast((step) => step.at !== null)?.at ?? null;
  return { cause, reason, toDo: toDoOfConfiguration(cause, root), at, causeAt: at, host: null };
}

function causeOf({ why }: Unknown): Cause {
  if (why.reason !== "unreadable-file") return why.reason === "input" ? "unsupported" : why.reason;
  if (why.problem === "outside" || why.problem === "encrypted" || why.problem === "permission") return why.problem;
  return why.problem === "absent" ? "missing-file" : "unreadable-file";
}

function nowhere(guest: Guest, volumes: readonly VolumeOf[]): NotJudged {
  return {
    what: "guest",
    name: guest.name,
    host: null,
    cause: "no-host",
    reason:
      guest.host === null
        ? reasons.noHost({ guest: verbatim(printable(guest.name)) })
        : reasons.otherHost({ host: verbatim(printable(guest.host)) }),
    toDo: guest.host === null ? toDo("no-host", "") : toDoOfHost(printable(guest.host)),
    at: placeSpan(guest.at),
    causeAt: null,
    volumes,
    open: null,
  };
}

/** What cannot be read at one place of a volume; null where all of it can be. */
function ofPlace({ facts, path, image }: VolumeOnDisk, { volume }: VolumeOf): Omit<NotJudged, "volumes"> | null {
  if (image.state === "absent") return null;
  const about = (what: "image" | "directory", name: string, why: Why, make: typeof reasons.image) => ({
    what,
    name,
    host: facts.host,
    cause: why.reason,
    reason: make({
      path: verbatim(printable(name)),
      host: verbatim(printable(facts.host)),
      detail: verbatim(printable(why.detail)),
    }),
    toDo: toDoOfImage(why.reason),
    at: placeSpan(volume.at),
    causeAt: null,
    open: null,
  });
  if (image.state === "unreadable") {
    const directory = posix.dirname(path);
    const around = facts.directories.get(directory);
    const guest = facts.guests.find((each) => each.directory === directory);
    const closed =
      around?.state === "unreadable" ? around : guest?.current.state === "unreadable" ? guest.current : null;
    return closed?.reason === image.reason
      ? about("directory", directory, closed, reasons.image)
      : about("image", path, image, reasons.image);
  }
  for (const part of [image.value.container, image.value.filesystem] as const) {
    if (part.state === "unreadable") return about("image", path, part, reasons.content);
  }
  return null;
}

type Why = Extract<Observed<never>, { state: "unreadable" }> & { readonly reason: Unreadable };

function listOf(items: readonly NotJudged[]): NotJudgedList {
  const byVolume = new Map<Volume, NotJudged[]>();
  const byGuest = new Map<Guest, NotJudged[]>();
  const add = <K>(map: Map<K, NotJudged[]>, key: K, item: NotJudged) => {
    const list = map.get(key);
    if (list) list.push(item);
    else map.set(key, [item]);
  };
  for (const item of items) {
    for (const { volume } of item.volumes) add(byVolume, volume, item);
    if (item.open) add(byGuest, item.open, item);
  }
  return {
    items,
    counts: {
      volumes: byVolume.size,
      guests: byGuest.size,
      hosts: items.filter(({ what }) => what === "host").length,
    },
    ofVolume: (volume) => byVolume.get(volume) ?? [],
    ofGuest: (guest) => byGuest.get(guest) ?? [],
  };
}
