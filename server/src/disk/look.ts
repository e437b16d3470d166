import type { FileKind, ImageFacts, Observed } from "./facts.ts";
import { type FileStat, type ImageContent, mayHoldImage, noContent } from "./images/image.ts";
import { type Holders, held } from "./in-use.ts";
import type { Machine, Soon } from "./machine.ts";

/**
 * Looks at one path. Absent: nothing is there, not even a link that leads nowhere. The answer is there at once where
 * the machine's answers are: ten thousand promises would cost more than the looking. Files that a listing calls regular
 * (`listedAs`) are opened without a look before: opening anything else may do more than looking.
 */
export function lookAtImage(
  machine: Machine,
  holders: Holders,
  path: string,
  listedAs: FileKind = "unknown",
): Soon<Observed<ImageFacts>> {
  const known = machine.recall?.(path, holders) ?? null;
  if (known !== null) return known;
  if (listedAs === "regular") {
    const read = machine.readRegular?.(path) ?? null;
    if (read !== null) return finishSoon(machine, holders, path, read.stat, read.content);
  }
  const link = machine.lstat(path);
  if (link instanceof Promise) return link.then((observed) => lookAtEntry(machine, holders, path, observed));
  return lookAtEntry(machine, holders, path, link);
}

function lookAtEntry(
  machine: Machine,
  holders: Holders,
  path: string,
  link: Observed<FileStat>,
): Soon<Observed<ImageFacts>> {
  if (link.state !== "seen") return link;
  const stat = link.value;
  if (stat.kind === "symlink") return followLink(machine, holders, path, stat);
  if (!mayHoldImage(stat.kind)) return imageFacts(path, path, stat, stat, noContent, notHeld);
  return finishSoon(machine, holders, path, stat, machine.content(path, stat));
}

function finishSoon(
  machine: Machine,
  holders: Holders,
  path: string,
  stat: FileStat,
  content: Soon<ImageContent>,
): Soon<Observed<ImageFacts>> {
  if (content instanceof Promise) return content.then((read) => finish(machine, holders, path, stat, read));
  return finish(machine, holders, path, stat, content);
}

function finish(
  machine: Machine,
  holders: Holders,
  path: string,
  stat: FileStat,
  content: ImageContent,
): Observed<ImageFacts> {
  const holder = held(holders, path, stat.device, stat.inode);
  const facts = imageFacts(path, path, stat, stat, holder.state === "seen" ? whileInUse(content) : content, holder);
  machine.keep?.(path, stat, facts);
  return facts;
}

async function followLink(
  machine: Machine,
  holders: Holders,
  path: string,
  link: FileStat,
): Promise<Observed<ImageFacts>> {
  const real = await machine.realpath(path);
  const realPath = real.state === "seen" ? real.value : path;
  const target = await machine.stat(path);
  if (target.state === "unreadable") return target;
  if (target.state === "absent") {
    const nowhere: FileStat = { ...link, kind: "unknown", apparentBytes: 0, allocatedBytes: 0 };
    return imageFacts(path, realPath, link, nowhere, noContent, notHeld);
  }
  const stat = target.value;
  if (!mayHoldImage(stat.kind)) return imageFacts(path, realPath, link, stat, noContent, notHeld);
  const content = await machine.content(realPath, stat);
  const holder = held(holders, realPath, stat.device, stat.inode);
  return imageFacts(path, realPath, link, stat, holder.state === "seen" ? whileInUse(content) : content, holder);
}

/** The content while somebody holds the image: numbers are those of the last commit then, whatever it looks like. */
export function whileInUse(content: ImageContent): ImageContent {
  const { filesystem } = content;
  if (filesystem.state !== "seen") return content;
  const { space } = filesystem.value;
  if (space.state !== "seen" || space.value.asOf !== "rest") return content;
  const since = { ...space, value: { ...space.value, asOf: "commit", behindSeconds: mountedBehindSeconds } } as const;
  return { ...content, filesystem: { ...filesystem, value: { ...filesystem.value, space: since } } };
}

/** btrfs writes data back within 35 s and commits 30 s after that; where nothing was written since the mount, less. */
const mountedBehindSeconds = 65;

const notHeld: Observed<true> = { state: "absent" };

function imageFacts(
  path: string,
  realPath: string,
  link: FileStat,
  stat: FileStat,
  content: ImageContent,
  holder: Observed<true>,
): Extract<Observed<ImageFacts>, { state: "seen" }> {
  const facts: ImageFacts = {
    path,
    realPath,
    linkKind: link.kind,
    kind: stat.kind,
    device: stat.device,
    inode: stat.inode,
    links: stat.links,
    uid: stat.uid,
    gid: stat.gid,
    mode: stat.mode,
    apparentBytes: stat.apparentBytes,
    allocatedBytes: stat.allocatedBytes,
    modifiedMs: stat.modifiedMs,
    container: content.container,
    filesystem: content.filesystem,
    blank: content.blank,
    inUse: holder,
  };
  return { state: "seen", value: facts, by: "lstat" };
}
