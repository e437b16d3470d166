import { posix } from "node:path";
import { messages } from "../../base/text.ts";
import type { HostFacts, ImageFacts, FileKind as Kind, Observed } from "../../disk/facts.ts";
import { type Guest, type Host, known, type Volume } from "../../microvm/model.ts";
import {
  absent,
  type FileKind,
  type FileState,
  Files,
  parentOf,
  presentDirectory,
  presentFile,
  presentLink,
} from "../../shell/state/files.ts";
import { ownerAtStart } from "../directories.ts";
import { containerFormat } from "../image/observed.ts";
import type { ImageState } from "../image/state.ts";
import type { Owner } from "../reasons.ts";
import type { VolumeOnDisk } from "../world.ts";
import { isEmptiedAtBoot } from "./asking.ts";
import type { Parent } from "./before.ts";
import { movedStateDir } from "./moved.ts";

const text = messages("forecast.files", {
  notLookedAt: { en: "it was not looked at", "zh-cn": "未查看过它" },
  cut: {
    en: "the image is cut off and lengthened again: what is left of its content is not known",
    "zh-cn": "镜像被截断后又加长：其内容还剩多少未知",
  },
  copied: { en: "other content is put into the image", "zh-cn": "镜像被写入其他内容" },
  maybe: { en: "whether the image is there is not known", "zh-cn": "镜像是否存在未知" },
});

const kinds: Readonly<Partial<Record<Kind, FileKind>>> = {
  regular: "file",
  directory: "directory",
  "block-device": "block",
  "character-device": "character",
  fifo: "fifo",
  socket: "socket",
};

/** What was seen of a host's files, as a script would find them; everything else may be there or not. */
export function filesOn(
  guest: Guest,
  facts: HostFacts,
  places: Iterable<VolumeOnDisk>,
  named: readonly string[] = [],
  host: Host | null = null,
): Files {
  const states = new Map<string, FileState>();
  for (const [path, seen] of facts.directories) {
    if (seen.state === "absent") states.set(path, absent);
    else if (seen.state === "seen")
      states.set(path, presentDirectory(false, ownerState(ownerAtStart(guest, facts, path, seen.value))));
  }
  for (const { directory, current, booted } of facts.guests) {
    if (current.state === "seen") states.set(`${directory}/current`, presentLink(current.value));
    if (booted.state !== "unreadable") {
      states.set(`${directory}/booted`, booted.state === "seen" ? presentLink(booted.value) : absent);
    }
  }
  for (const path of named) {
    const seen = facts.images.get(path);
    if (seen?.state === "absent" && !states.has(path)) states.set(path, absent);
    else if (seen?.state === "seen") addImage(states, path, withOwnerAtStart(guest, facts, path, seen.value));
  }
  for (const { path, image } of places) {
    if (image.state === "absent") states.set(path, absent);
    else if (image.state === "seen") addImage(states, path, image.value);
  }
  const moved = movedStateDir(host, facts);
  if (moved) states.set(moved.from, presentLink(moved.to));
  for (const path of standardDirectories) if (!states.has(path)) states.set(path, rootsDirectory);
  for (const path of [...states.keys()]) if (states.get(path)?.exists === "yes") addParents(states, path);
  return new Files(states, { exists: "maybe", why: text.notLookedAt(), plain: isEmptiedAtBoot });
}

const rootsDirectory = presentDirectory(false, { user: "root", group: "root", mode: 0o755 });

/** Every NixOS has these. */
export const standardDirectories: readonly string[] = [
  "/etc",
  "/home",
  "/root",
  "/run",
  "/var",
  "/var/lib",
  "/var/cache",
  "/var/log",
];

function addParents(states: Map<string, FileState>, path: string): void {
  for (let at = parentOf(path); at !== "/" && !states.has(at); at = parentOf(at)) {
    // Of those nobody asked: a start that comes so far can enter them.
    states.set(at, rootsDirectory);
  }
}

function addImage(states: Map<string, FileState>, path: string, image: ImageFacts): void {
  const isLink = image.linkKind === "symlink";
  if (isLink && image.kind === "unknown") {
    states.set(path, presentLink(image.realPath === path ? null : image.realPath));
    if (image.realPath !== path && !states.has(image.realPath)) states.set(image.realPath, absent);
    return;
  }
  if (isLink) states.set(path, presentLink(image.realPath));
  const real = isLink ? image.realPath : path;
  const kind = kinds[image.kind] ?? null;
  if (kind === "directory") states.set(real, presentDirectory(false, ownerState(image)));
  else states.set(real, presentFile(real, image.apparentBytes, { kind, ...ownerState(image) }));
}

function withOwnerAtStart(guest: Guest, facts: HostFacts, path: string, image: ImageFacts): ImageFacts {
  return image.kind === "directory" ? ownerAtStart(guest, facts, path, image) : image;
}

function ownerState({ uid, gid, mode }: Owner): Pick<FileState, "user" | "group" | "mode"> {
  return { user: String(uid), group: String(gid), mode };
}

/** What became of the image at that path. `first` is how it was seen. */
export function imageIn(files: Files, facts: HostFacts, path: string, first: Observed<ImageFacts>): ImageState {
  const followed = files.follow(path);
  if (followed.is === "lost") {
    if (first.state === "seen" && first.value.kind === "unknown") return { is: "dangling", image: first.value };
    return { is: "unknown", why: text.maybe() };
  }
  // A directory on the way that may be there is followed as one that is not.
  const state = files.get(followed.is === "missing" ? path : followed.path);
  if (state.exists === "no" || (followed.is === "missing" && state.exists === "yes")) return { is: "absent" };
  if (state.exists === "maybe") return { is: "unknown", why: state.why ?? text.maybe() };
  const { content } = state;
  if (state.kind !== null && state.kind !== "file" && state.kind !== "block") {
    return first.state === "seen"
      ? { is: "seen", image: first.value, bytes: null }
      : { is: "unknown", why: text.copied() };
  }
  const owner = ownerIn(state, facts);
  if (content.is === "blank") return { is: "blank", bytes: state.bytes, owner };
  if (content.is === "filesystem") {
    const { type, label, bytes } = content;
    return { is: "made", type, label, bytes: state.bytes, filesystemBytes: bytes, owner };
  }
  if (content.is !== "untouched") return { is: "unknown", why: content.is === "unknown" ? content.why : text.copied() };
  const image = imageAt(facts, content.of, first);
  if (!image) return { is: "unknown", why: text.copied() };
  if (content.cutTo !== null && content.cutTo !== state.bytes) return { is: "unknown", why: text.cut() };
  const owned = withOwner(image, state, facts);
  if (state.bytes === null || state.bytes === image.apparentBytes) return { is: "seen", image: owned, bytes: null };
  // The size of a container's file is not that of the disk in it.
  if (containerFormat(image) !== "raw") return { is: "unknown", why: text.copied() };
  return { is: "seen", image: owned, bytes: state.bytes };
}

function imageAt(facts: HostFacts, path: string, first: Observed<ImageFacts>): ImageFacts | null {
  if (first.state === "seen" && (first.value.path === path || first.value.realPath === path)) return first.value;
  const other = facts.images.get(path);
  return other?.state === "seen" ? other.value : null;
}

/** The same image, where a script gave it to somebody else. */
function withOwner(image: ImageFacts, state: FileState, facts: HostFacts): ImageFacts {
  const uid = numberOf(state.user, facts, "uid") ?? image.uid;
  const gid = numberOf(state.group, facts, "gid") ?? image.gid;
  const mode = state.mode ?? image.mode;
  return uid === image.uid && gid === image.gid && mode === image.mode ? image : { ...image, uid, gid, mode };
}

function numberOf(name: string | null, facts: HostFacts, which: "uid" | "gid"): number | null {
  if (name === null) return null;
  if (/^\d+$/.test(name)) return Number(name);
  if (name === "root") return 0;
  const isMicrovm = which === "uid" ? name === "microvm" : name === "kvm";
  return isMicrovm && facts.microvmUser.state === "seen" ? facts.microvmUser.value[which] : null;
}

/** The directory in which a file of that path is or would be made. */
export function parentIn(files: Files, facts: HostFacts, path: string): Parent | null {
  const followed = files.follow(path);
  const own = files.get(path);
  const isLink = own.kind === "link" && own.target !== null;
  const named = isLink ? parentOf(posix.resolve(parentOf(path), own.target)) : parentOf(path);
  // `x/../a.img` leads through x.
  const through = !isLink && path.includes("/../") ? parentOf(followed.path) : posix.normalize(named);
  const directory = followed.is === "missing" ? through : parentOf(followed.path);
  const found = (owner: Parent["owner"]): Parent => ({ directory, owner });
  if (followed.is === "missing") return found({ state: "absent" });
  if (followed.is === "lost") return null;
  const state = files.get(directory);
  if (state.exists === "no") return found({ state: "absent" });
  if (state.exists === "maybe") return found({ state: "unreadable", reason: "unsupported", detail: "" });
  const owner = ownerIn(state, facts);
  return owner && found({ state: "seen", value: owner, by: "script" });
}

/** In numbers; null where one of them is not known. */
function ownerIn({ user, group, mode }: FileState, facts: HostFacts): Owner | null {
  const uid = numberOf(user, facts, "uid");
  const gid = numberOf(group, facts, "gid");
  return uid === null || gid === null || mode === null ? null : { uid, gid, mode };
}

/** The path as the script has it: `x/../a.img` leads through x, which has to be there. */
export function scriptPath({ image }: Volume, { path, facts }: VolumeOnDisk): string {
  const written = known(image);
  if (!written?.includes("../")) return path;
  if (written.startsWith("/")) return written;
  const rest = path.startsWith(`${facts.stateDir}/`) ? path.slice(facts.stateDir.length + 1) : "";
  return `${facts.stateDir}/${rest.split("/")[0]}/${written}`;
}

/** The images of these volumes. */
export function imagesIn(
  files: Files,
  facts: HostFacts,
  places: ReadonlyMap<Volume, VolumeOnDisk>,
): Map<Volume, ImageState> {
  return new Map(
    [...places].map(([volume, place]) => [volume, imageIn(files, facts, scriptPath(volume, place), place.image)]),
  );
}
