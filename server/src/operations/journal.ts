import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createWhole } from "../files/write-file.ts";
import { syncPath } from "./action.ts";
import { isSeparated, processNamespace } from "./look/processes.ts";
import { readOr } from "./look/read-or.ts";
import type { Plan, Target } from "./operation.ts";

/** What is written down beside the image before anything is done to it. */
export interface Journal {
  readonly version: 1;
  readonly operation: string;
  readonly image: ImageBefore;
  readonly work: string | null;
  readonly kept: string | null;
  readonly placed: string | null;
  readonly mountPoint: string | null;
  /** Who wrote it: a process id is only unique together with the time of its start and of the machine's. */
  readonly process: Owner;
}

/** The image as it was before the first step. */
interface ImageBefore {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

interface Owner {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  /** Where the number is that process': `pid:[4026531836]`; missing in journals of older versions. */
  readonly namespace?: string;
}

const maxBytes = 1 << 16;

/** The journal of an image's operations: `.<image>.microvm-lens.json` beside it. */
export function journalPath(image: string): string {
  return join(dirname(image), `.${basename(image)}.microvm-lens.json`);
}

/**
 * Writes the journal, whole and on the disk, or throws: EEXIST when there is one already. Holding it is what keeps a
 * second operation on the same image away.
 */
export function beginJournal({ operation, leaves }: Plan, { path, image }: Target): void {
  const place = journalPath(path);
  const journal: Journal = {
    version: 1,
    operation,
    image: {
      path,
      device: image.device,
      inode: image.inode,
      bytes: image.apparentBytes,
      modifiedMs: image.modifiedMs,
    },
    ...leaves,
    process: ownerOf(process.pid),
  };
  createWhole(place, Buffer.from(`${JSON.stringify(journal, null, 2)}\n`));
}

/** Takes the journal away: nothing is left to be finished. */
export function endJournal(image: string): void {
  removeQuietly(journalPath(image));
  for (const name of draftsOf(image)) removeQuietly(name);
  syncPath(dirname(image));
}

/**
 * The journal beside an image; null: there is none; "hidden": this user may not read it; "foreign": it is none that we
 * would have written.
 */
export function readJournal(image: string): Journal | "hidden" | "foreign" | null {
  let text: string;
  try {
    const fd = openSync(journalPath(image), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return "foreign";
      const buffer = Buffer.alloc(maxBytes);
      text = buffer.toString("utf8", 0, readSync(fd, buffer, 0, maxBytes, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A name for which the journal's would be too long has none.
    if (code === "ENOENT" || code === "ENAMETOOLONG") return null;
    return code === "EACCES" ? "hidden" : "foreign";
  }
  try {
    const value: unknown = JSON.parse(text);
    return isJournal(value) && value.image.path === image ? value : "foreign";
  } catch {
    return "foreign";
  }
}

/**
 * Whether the process that wrote the journal still runs; null: it is one of another namespace of processes (a container),
 * which only root outside of all of them sees.
 */
export function isAlive({ process: { pid, started, boot, namespace } }: Journal): boolean | null {
  if (boot !== bootId()) return false;
  if (namespace !== undefined && namespace !== processNamespace()) return isAliveElsewhere(pid, started, namespace);
  const now = ownerOf(pid);
  return now.started !== "" && now.started === started;
}

function isAliveElsewhere(number: number, started: string, namespace: string): boolean | null {
  let hidden = isSeparated();
  for (const pid of readOr(() => readdirSync("/proc"), [])
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const where = processNamespace(pid);
    if (where === namespace) {
      const numbers = /^NSpid:.*?(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
      if (Number(numbers) === number && ownerOf(pid).started === started) return true;
    }
    // One that has ended, or is a zombie, has no namespace to be seen, and is no matter; the first is in the first.
    if (where === "" && pid !== 1 && ownerOf(pid).started !== "") hidden = true;
  }
  return hidden ? null : false;
}

/** Whether the machine was started again since: then device numbers may differ. */
export function sameBoot(journal: Journal): boolean {
  return journal.process.boot === bootId();
}

function ownerOf(pid: number): Owner {
  // The 22nd field of proc_pid_stat(5); the second one, the name, may hold blanks and parentheses.
  const fields = textOf(`/proc/${pid}/stat`).split(")").at(-1)?.trim().split(" ") ?? [];
  // A zombie has ended, though its parent has not asked yet.
  const started = fields[0] === "Z" ? "" : (fields[19] ?? "");
  return { pid, started, boot: bootId(), namespace: processNamespace() };
}

function bootId(): string {
  return textOf("/proc/sys/kernel/random/boot_id").trim();
}

/** What the script for other hosts (remote-library.sh) left, when it was killed while it wrote the journal. */
function draftsOf(image: string): string[] {
  const prefix = `${basename(journalPath(image))}.`;
  const names = readdirSync(dirname(image)).filter((name) => name.startsWith(prefix) && /\.\d+$/.test(name));
  return names
    .filter((name) => textOf(`/proc/${name.slice(prefix.length)}/stat`) === "")
    .map((name) => join(dirname(image), name));
}

function isJournal(value: unknown): value is Journal {
  if (typeof value !== "object" || value === null) return false;
  const { version, operation, image, process: owner, ...rest } = value as Partial<Journal>;
  const path = (each: unknown) => each === null || (typeof each === "string" && each.startsWith("/"));
  return (
    version === 1 &&
    typeof operation === "string" &&
    [rest.work, rest.kept, rest.placed, rest.mountPoint].every(path) &&
    typeof image === "object" &&
    typeof image.path === "string" &&
    [image.device, image.inode, image.bytes, image.modifiedMs].every(Number.isSafeInteger) &&
    typeof owner === "object" &&
    Number.isSafeInteger(owner.pid) &&
    typeof owner.started === "string" &&
    typeof owner.boot === "string" &&
    (owner.namespace === undefined || typeof owner.namespace === "string")
  );
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not there.
  }
}
