import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import type { Text } from "../base/text.ts";
import type { ImageFacts } from "../disk/facts.ts";
import { workSuffix } from "../disk/guests.ts";
import { sameFile, writtenSince } from "./look/same-file.ts";
import type { Step } from "./operation.ts";

/** A file as it was when a plan was made: identity, bytes and time of the last change (milliseconds). */
export type SeenFile = Pick<ImageFacts, "device" | "inode" | "apparentBytes" | "modifiedMs">;

/** What this process does itself. Each is one system call that happens or does not; none follows a symlink at the end. */
export type Action =
  /** Removes a copy in the making, if there is one. */
  | { readonly kind: "discard"; readonly path: string }
  /** Gives a file a further name; fails where the name is taken or on another filesystem. */
  | { readonly kind: "link"; readonly from: string; readonly to: string }
  /** Takes a name away, while the file has another one, `other`. */
  | { readonly kind: "unlink"; readonly path: string; readonly other: string }
  /** Renames over a file that has another name, `kept`: the name is never free in between. */
  | { readonly kind: "replace"; readonly from: string; readonly to: string; readonly kept: string }
  /** Deletes what an operation kept of `image`, which is another file with a name of its own, and still what was `seen`. */
  | { readonly kind: "deleteOld"; readonly path: string; readonly image: string; readonly seen: SeenFile }
  /** Makes a file longer, never shorter. */
  | { readonly kind: "lengthen"; readonly path: string; readonly bytes: number }
  | { readonly kind: "makeFolder"; readonly path: string }
  | { readonly kind: "removeFolder"; readonly path: string }
  /** Waits until everything is on the disk. */
  | { readonly kind: "sync"; readonly paths: readonly string[] };

/** The step of an action, with the program that would do the same. */
export function own(does: Text, action: Action, more: Pick<Step, "writesImage" | "whileMounted"> = {}): Step {
  return { argv: programFor(action), does, own: action, ...more };
}

/** Does it. Throws what the system says, or that the file is not what it should be. */
export function act(action: Action): void {
  switch (action.kind) {
    case "discard":
      discard(action.path);
      break;
    case "link":
      linkSync(action.from, action.to);
      break;
    case "unlink":
      if (!sameFile(lstatSync(action.path), lstatSync(action.other))) throw new Error("these are two different files");
      unlinkSync(action.path);
      break;
    case "replace":
      replace(action);
      break;
    case "deleteOld":
      deleteOld(action);
      break;
    case "lengthen":
      lengthen(action.path, action.bytes);
      break;
    case "makeFolder":
      mkdirSync(action.path, { mode: 0o700 });
      break;
    case "removeFolder":
      rmdirSync(action.path);
      break;
    case "sync":
      for (const path of action.paths) syncPath(path);
  }
}

/** Waits until a file or the names in a folder are on the disk. */
export function syncPath(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function replace({ from, to, kept }: Extract<Action, { readonly kind: "replace" }>): void {
  const [fresh, old] = [lstatSync(from), lstatSync(to)];
  // Whatever has the name by now would be gone: only what stays under its other name is replaced.
  if (!sameFile(old, lstatSync(kept))) throw new Error("these are two different files");
  if (fresh.uid !== old.uid || fresh.gid !== old.gid || fresh.mode !== old.mode) {
    throw new Error("the new file has another owner or other rights");
  }
  renameSync(from, to);
}

function deleteOld({ path, image, seen }: Extract<Action, { readonly kind: "deleteOld" }>): void {
  const [old, now] = [lstatSync(path), lstatSync(image)];
  if (!old.isFile() || !now.isFile() || sameFile(old, now)) throw new Error("no other image is in its place");
  const isSeen = now.dev === seen.device && now.ino === seen.inode && now.size === seen.apparentBytes;
  if (!isSeen || Math.floor(now.mtimeMs) !== seen.modifiedMs) throw new Error("the image in its place has changed");
  if (writtenSince(old, now)) throw new Error("it was written to after the image in its place was made");
  if (!path.startsWith(`${image}.`)) throw new Error("this is no old image");
  unlinkSync(path);
}

function discard(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!path.endsWith(workSuffix) || !stats.isFile()) throw new Error("this is no copy in the making");
  unlinkSync(path);
}

function lengthen(path: string, bytes: number): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error("this is not a regular file");
    if (stats.size > bytes) throw new Error("the file is longer by now");
    ftruncateSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function programFor(action: Action): Step["argv"] {
  switch (action.kind) {
    case "discard":
      return ["rm", "-f", "--", action.path];
    case "link":
      return ["ln", "-T", "--", action.from, action.to];
    case "unlink":
      return ["rm", "--", action.path];
    case "replace":
      return ["mv", "-T", "-f", "--", action.from, action.to];
    case "deleteOld":
      return ["rm", "--", action.path];
    case "lengthen":
      return ["truncate", "-s", `>${action.bytes}`, "--", action.path];
    case "makeFolder":
      return ["mkdir", "-m", "0700", "--", action.path];
    case "removeFolder":
      return ["rmdir", "--", action.path];
    case "sync":
      return ["sync", "--", ...action.paths];
  }
}
