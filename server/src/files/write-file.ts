import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

/*
 * The one place that writes files. A file comes into being beside its place, under a name of its own, and takes the place by
 * one rename (or link) when all of it is on the disk: whoever looks, whenever the process or the machine ends, finds the old
 * file or the new one, never half of one.
 */

export interface Writing {
  /**
   * What the file must hold until the moment it is replaced; default: whatever it holds. Something else is a
   * {@link NotWritten} "changed".
   */
  readonly expected?: Uint8Array;
  /** The rights of a file that is new, less the umask (default 0o666); an existing one keeps its own. */
  readonly mode?: number;
}

/** Why a file was not replaced, beside what the system says. */
export class NotWritten extends Error {
  readonly why: "changed" | "several-names" | "owner";
  constructor(why: NotWritten["why"]) {
    super(why);
    this.why = why;
  }
}

/** The whole text of a file is on the disk beside it, and takes its place or goes away again. */
export interface Staged {
  /** The file that is replaced: links are followed. */
  readonly path: string;
  /** Throws a system error or {@link NotWritten}; then nothing has changed. */
  commit(): void;
  /** Takes away what lies beside the file. Harmless after {@link commit}. */
  discard(): void;
}

/** Replaces a file's bytes, or makes it. Throws a system error or {@link NotWritten}: then the old file is there, untouched. */
export function writeWhole(path: string, bytes: Uint8Array, writing: Writing = {}): void {
  const staged = stageWhole(path, bytes, writing);
  try {
    staged.commit();
  } finally {
    staged.discard();
  }
}

/**
 * Writes all bytes beside the file, so that only the rename is left to be done: several files can be staged before the first
 * is replaced. Owner, group and rights of an existing file are kept; what cannot be kept is refused. A device or a pipe
 * is written to when committed.
 */
export function stageWhole(path: string, bytes: Uint8Array, { expected, mode = 0o666 }: Writing = {}): Staged {
  const place = followed(path);
  const before = statSync(place, { throwIfNoEntry: false });
  if (before && !before.isFile()) return { path: place, commit: () => writeFileSync(place, bytes), discard: () => {} };
  if (before && before.nlink > 1) throw new NotWritten("several-names");
  const check = () => {
    const now = statSync(place, { throwIfNoEntry: false });
    const same = now === undefined ? before === undefined : before !== undefined && isSame(before, now);
    if (!same || (expected && !readFileSync(place).equals(expected))) throw new NotWritten("changed");
  };
  check();
  removeLeftovers(dirname(place));
  const draft = writeDraft(place, bytes, before ? null : mode, (fd) => {
    if (before) keepRights(fd, before);
  });
  return {
    path: place,
    commit: () => {
      check();
      renameSync(draft, place);
      // The new file is there by now; where a folder cannot be synced, only how soon it is on the disk is left to the system.
      try {
        syncFolder(dirname(place));
      } catch {}
    },
    discard: () => removeQuietly(draft),
  };
}

/** Makes a file that nobody but its owner may read, whole and on the disk. Throws EEXIST where there is one already. */
export function createWhole(path: string, bytes: Uint8Array): void {
  removeLeftovers(dirname(path));
  const draft = writeDraft(path, bytes, 0o600);
  try {
    // Unlike a rename, a link does not replace what is there.
    linkSync(draft, path);
  } finally {
    removeQuietly(draft);
  }
  syncFolder(dirname(path));
}

/**
 * Replaces a file that can be made anew, without waiting for the disk: after a crash it may be empty or damaged, never
 * after the end of a process. Its readers hold it against a checksum.
 */
export function writeCache(path: string, bytes: Uint8Array): void {
  const draft = newDraft(path, 0o600);
  try {
    try {
      writeFileSync(draft.fd, bytes);
    } finally {
      closeSync(draft.fd);
    }
    renameSync(draft.path, path);
  } finally {
    removeQuietly(draft.path);
  }
}

/** What a draft's name looks like: the process that writes it, and a number that it uses once. */
export const draftName = /^\.microvm-lens\.(\d+)\.\d+\.tmp$/;
/** A draft is older than this only when its process has ended, or waits for its disk. */
const draftMs = 60_000;
/** So old, it is nobody's, though there is a process of its number: another one, or one outside of the container it came from. */
const forgottenMs = 86_400_000;
let drafts = 0;

function newDraft(place: string, mode: number): { fd: number; path: string } {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  for (;;) {
    // A name of its own, not the file's with something added: that might be too long.
    const path = join(dirname(place), `.microvm-lens.${process.pid}.${++drafts}.tmp`);
    try {
      return { fd: openSync(path, flags, mode), path };
    } catch (error) {
      // One of our own process number is from before: a start of the machine gives the numbers anew.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** `mode` null: nobody but this user may read it until `more` has set its rights. */
function writeDraft(place: string, bytes: Uint8Array, mode: number | null, more = (_fd: number) => {}): string {
  const { fd, path } = newDraft(place, mode ?? 0o600);
  try {
    try {
      writeFileSync(fd, bytes);
      more(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    return path;
  } catch (error) {
    removeQuietly(path);
    throw error;
  }
}

function keepRights(fd: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(fd);
  if (own.uid !== uid || own.gid !== gid) {
    try {
      fchownSync(fd, uid, gid);
    } catch {
      throw new NotWritten("owner");
    }
  }
  fchmodSync(fd, mode & 0o7777);
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && b.nlink === a.nlink;
}

/** Where a path leads, also when nothing is there yet: a link that leads nowhere is written through, as open(2) does. */
function followed(path: string): string {
  let at = path;
  for (let links = 0; links < 40; links++) {
    try {
      return realpathSync(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    const to = readlinkSync(at);
    at = isAbsolute(to) ? to : join(dirname(at), to);
  }
  return at;
}

/**
 * What killed processes left in a folder. The number of a process alone does not say that it has ended: it may be one of
 * another container or machine, or that of this process, which had another owner before.
 */
function removeLeftovers(folder: string): void {
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // A folder that may be written to, but not listed.
  }
  for (const name of names) {
    const pid = Number(draftName.exec(name)?.[1]);
    if (!Number.isInteger(pid)) continue;
    const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
    const ended = pid === process.pid || !isRunning(pid);
    const isOld = stats?.isFile() && Math.abs(Date.now() - stats.mtimeMs) > (ended ? draftMs : forgottenMs);
    if (isOld) removeQuietly(join(folder, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** The names in a folder are on the disk, too. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It took its place, or was never there.
  }
}
