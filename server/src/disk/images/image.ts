import type { ContainerFacts, ContentType, FileKind, FilesystemFacts, ImageFacts, Observed } from "../facts.ts";
import { bytesAt, type Outcome, type Reading } from "./bytes.ts";
import { notReadYet, readExt } from "./filesystems/ext.ts";
import { type Content, identify, maxBlankBytes } from "./filesystems/identify.ts";
import { readMemberFromHead } from "./filesystems/members.ts";
import { readXfs } from "./filesystems/xfs.ts";
import type { Container } from "./formats/block-map.ts";
import { mayBeContainer, raw, readContainer, throughMap } from "./formats/container.ts";

/** What lstat or stat says of one path; sizes in bytes, times in whole milliseconds. */
export interface FileStat {
  readonly kind: FileKind;
  readonly device: number;
  readonly inode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly apparentBytes: number;
  readonly allocatedBytes: number;
  readonly modifiedMs: number;
  /** Time of the last change of the inode; part of the cache's key only. */
  readonly changedMs: number;
}

/** What the bytes of an image say. */
export type ImageContent = Pick<ImageFacts, "container" | "filesystem" | "blank">;

/** Only these hold bytes that a guest could use. */
export function mayHoldImage(kind: FileKind): boolean {
  return kind === "regular" || kind === "block-device";
}

/** Reads container, filesystem and blankness of a regular file or block device. */
export function* readImage(stat: FileStat): Reading<ImageContent> {
  if (stat.apparentBytes === 0) return contentOf(rawOf(stat), { state: "blank" });
  // Nothing was ever written into it. Small files may lie inside their inode, so they are read.
  if (stat.kind === "regular" && stat.allocatedBytes === 0 && stat.apparentBytes >= 1 << 20) {
    return contentOf(rawOf(stat), { state: "blank" });
  }
  const head = yield* bytesAt(0, headBytes);
  const simple = contentOfHead(stat, head);
  if (simple !== null) return simple;
  const container = yield* readContainer(head, stat.apparentBytes);
  if (typeof container === "string") {
    const malformed = { state: "unreadable", reason: "malformed", detail: container } as const;
    return { container: malformed, filesystem: malformed, blank: false };
  }
  if (container.map === null) {
    return contentOf(container.facts, yield* identify(head, container.facts.virtualBytes));
  }
  return yield* readInside(container, stat.apparentBytes);
}

/** What every reader begins with: superblocks, and what makes a disk a member of an array or a cache. */
export const headBytes = 8192;

/**
 * The content of a raw image whose first page says everything: that is so with ext2, ext3 and ext4, which nearly all
 * volumes are. Null: more must be read.
 */
export function contentOfHead(stat: FileStat, head: Uint8Array): ImageContent | null {
  if (stat.apparentBytes % (1 << 20) !== 0 || stat.apparentBytes === 0 || mayBeContainer(head)) return null;
  if (readXfs(head) !== null || readMemberFromHead(head) !== null) return null;
  const ext = readExt(head);
  if (ext === null || typeof ext === "string" || ext.space === notReadYet) return null;
  return contentOf(rawOf(stat), { state: "found", filesystem: ext });
}

/** The content of something that has none: directories, sockets, links that lead nowhere. */
export const noContent: ImageContent = { container: { state: "absent" }, filesystem: { state: "absent" }, blank: null };

/** The content when the bytes cannot be had. */
export function contentUnreadable(observed: Extract<Observed<never>, { state: "unreadable" }>): ImageContent {
  return { container: observed, filesystem: observed, blank: null };
}

/** Turns the end of a reader into content. */
export function contentOfOutcome(outcome: Outcome<ImageContent>): ImageContent {
  if (outcome.ok) return outcome.value;
  const reason = outcome.why === "too-much" ? "malformed" : "unsupported";
  return contentUnreadable({ state: "unreadable", reason, detail: outcome.detail });
}

function* readInside({ facts, map }: Container, fileBytes: number): Reading<ImageContent> {
  if (map === null || typeof map === "string") return notFollowed(facts, map ?? "");
  // A map of small blocks takes more questions than an image may be asked.
  const mostBlankBytes = fileBytes <= maxBlankBytes && map.blockBytes >= 1 << 12 ? 1 << 30 : maxBlankBytes;
  const inside = yield* throughMap(identifyFromStart(facts.virtualBytes, mostBlankBytes), map, facts.virtualBytes);
  return typeof inside === "string" ? notFollowed(facts, inside) : contentOf(facts, inside.value);
}

/** What a container has no block for is zero without being read: all that is there is in the file. */
function* identifyFromStart(diskBytes: number, mostBlankBytes: number): Reading<Content> {
  return yield* identify(yield* bytesAt(0, headBytes), diskBytes, mostBlankBytes);
}

function notFollowed(facts: ContainerFacts, detail: string): ImageContent {
  const filesystem = { state: "unreadable", reason: "unsupported", detail: `not read through ${detail}` } as const;
  return { container: seenContainer(facts), filesystem, blank: null };
}

function contentOf(facts: ContainerFacts, content: Content): ImageContent {
  return { container: seenContainer(facts), filesystem: filesystemOf(content), blank: blankOf(content) };
}

function blankOf(content: Content): boolean | null {
  return content.state === "unrecognised" && !content.wasRead ? null : content.state === "blank";
}

function seenContainer(facts: ContainerFacts): Observed<ContainerFacts> {
  if (facts.format !== "raw") return { state: "seen", value: facts, by: `${facts.format} header` };
  // Ten thousand images of the same size share what is said of it.
  if (lastRaw.value.virtualBytes !== facts.virtualBytes) lastRaw = { state: "seen", value: facts, by: "file size" };
  return lastRaw;
}

function filesystemOf(content: Content): Observed<FilesystemFacts> {
  if (content.state === "found") {
    return { state: "seen", value: content.filesystem, by: evidenceOf(content.filesystem.type) };
  }
  if (content.state === "damaged") return { state: "unreadable", reason: "malformed", detail: content.detail };
  return { state: "absent" };
}

function rawOf(stat: FileStat): ContainerFacts {
  return stat.apparentBytes === lastRaw.value.virtualBytes ? lastRaw.value : raw(stat.apparentBytes).facts;
}

let lastRaw: Extract<Observed<ContainerFacts>, { state: "seen" }> = {
  state: "seen",
  value: raw(0).facts,
  by: "file size",
};

/** One text for each type: facts of ten thousand images live long. */
function evidenceOf(type: ContentType): string {
  let text = evidence.get(type);
  if (text === undefined) {
    text = `${type} superblock`;
    evidence.set(type, text);
  }
  return text;
}

const evidence = new Map<ContentType, string>();
