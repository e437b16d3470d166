import type { ImageFacts, Observed } from "./facts.ts";
import { type FileStat, type ImageContent, mayHoldImage, noContent } from "./image.ts";
import { type Holders, inUse } from "./in-use.ts";
import type { Machine } from "./machine.ts";

/** Looks at one path. Absent: nothing is there, not even a link that leads nowhere. */
export async function lookAtImage(machine: Machine, holders: Holders, path: string): Promise<Observed<ImageFacts>> {
  const answer = machine.lstat(path);
  const link = answer instanceof Promise ? await answer : answer;
  if (link.state !== "seen") return link;
  if (link.value.kind !== "symlink") return factsOf(machine, holders, path, path, link.value, link.value);
  const real = await machine.realpath(path);
  const realPath = real.state === "seen" ? real.value : path;
  const target = await machine.stat(path);
  if (target.state === "unreadable") return target;
  if (target.state === "seen") return factsOf(machine, holders, path, realPath, link.value, target.value);
  const nowhere: FileStat = { ...link.value, kind: "unknown", apparentBytes: 0, allocatedBytes: 0 };
  return imageFacts(path, realPath, link.value, nowhere, noContent, { state: "absent" });
}

async function factsOf(
  machine: Machine,
  holders: Holders,
  path: string,
  realPath: string,
  link: FileStat,
  stat: FileStat,
): Promise<Observed<ImageFacts>> {
  if (!mayHoldImage(stat.kind)) return imageFacts(path, realPath, link, stat, noContent, { state: "absent" });
  const answer = machine.content(realPath, stat);
  const content = answer instanceof Promise ? await answer : answer;
  const held = inUse(holders, realPath, stat);
  return imageFacts(path, realPath, link, stat, held.state === "seen" ? whileInUse(content) : content, held);
}

/**
 * The content while somebody holds the image: xfs does not mark itself as mounted, so that its count of free space
 * may be an old one although its log looks clean.
 */
export function whileInUse(content: ImageContent): ImageContent {
  const { filesystem } = content;
  if (filesystem.state !== "seen" || filesystem.value.type !== "xfs" || !filesystem.value.freeIsCurrent) return content;
  return { ...content, filesystem: { ...filesystem, value: { ...filesystem.value, freeIsCurrent: false } } };
}

function imageFacts(
  path: string,
  realPath: string,
  link: FileStat,
  stat: FileStat,
  content: ImageContent,
  held: Observed<true>,
): Observed<ImageFacts> {
  const { device, inode, links, uid, gid, mode, apparentBytes, allocatedBytes, modifiedMs, kind } = stat;
  const { container, filesystem, blank } = content;
  const facts: ImageFacts = {
    path,
    realPath,
    linkKind: link.kind,
    kind,
    device,
    inode,
    links,
    uid,
    gid,
    mode,
    apparentBytes,
    allocatedBytes,
    modifiedMs,
    container,
    filesystem,
    blank,
    inUse: held,
  };
  return { state: "seen", value: facts, by: "lstat" };
}
