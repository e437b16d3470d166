import { basename } from "node:path";
import { isBelow } from "../../base/folders.ts";
import { messages, type Text } from "../../base/text.ts";
import { workSuffix } from "../../disk/guests.ts";
import { writtenSince } from "../look/same-file.ts";
import { type KeptWord, keptName } from "./remove.ts";

const text = messages("operation.prune", {
  grown: { en: "the image before it was grown", "zh-cn": "扩展之前的镜像" },
  restored: { en: "the image before a backup took its place", "zh-cn": "被备份取代之前的镜像" },
  relabelled: { en: "the image before it got another label", "zh-cn": "更改标签之前的镜像" },
  trimmed: { en: "the image before it was trimmed", "zh-cn": "归还空间之前的镜像" },
  aside: { en: "an image that was moved aside", "zh-cn": "被移开的镜像" },
  orphan: {
    en: "nothing declares it, no runner names it and nobody has it open",
    "zh-cn": "没有声明、没有 runner 引用，也没有进程打开它",
  },
  quarantined: { en: "it was in quarantine long enough: {reason}", "zh-cn": "隔离期已满：{reason}" },
});

/** A file that may be left over, as it was seen. Times in milliseconds since 1970, sizes in bytes. */
export interface Candidate {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly links: number;
  /** What it takes on the disk. */
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Of the inode: its names, owner and rights. A file that got its name by a link or a rename has the time of that. */
  readonly changedMs: number;
  /** Who holds it, in words; null: nobody. Looks through all processes, so that it is asked last. */
  holder(): Text | null;
}

/** All that may have a claim on files. */
export interface Claims {
  /** Paths that a configuration, a runner or a journal names, followed where they are links. */
  readonly paths: ReadonlySet<string>;
  /** Files behind these paths, as `device:inode`. */
  readonly files: ReadonlySet<string>;
  /** Texts in which a name may stand: scripts of configurations and runners. */
  readonly texts: readonly string[];
  /** Folders in and below which nothing is taken: they are shared with a guest, or a journal in them cannot be read. */
  readonly closed: ReadonlySet<string>;
  /** Why nothing may be called unclaimed; null: everything is known. */
  readonly unknown: Text | null;
}

export interface Limits {
  readonly nowMs: number;
  /** Days for which an operation's leavings stay. */
  readonly keepDays: number;
  /** Days for which nothing may have happened to a file before it goes to quarantine; null: nothing goes there. */
  readonly unusedDays: number | null;
  readonly quarantineDays: number;
}

/** One thing in quarantine. */
export interface Quarantined {
  readonly id: string;
  /** Where it was. */
  readonly from: string;
  readonly reason: string;
  readonly atMs: number;
  readonly bytes: number;
}

/** What pruning does with one file. */
export interface Taking {
  readonly what: "remove" | "quarantine" | "forget";
  readonly path: string;
  readonly bytes: number;
  readonly reason: Text;
  /** Since when it lies there, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly file: { readonly dev: number; readonly ino: number } | null;
  /** Of what is forgotten: its place in quarantine. */
  readonly id: string | null;
}

const dayMs = 86_400_000;

const keptReasons: Readonly<Record<KeptWord, () => Text>> = {
  "before-grow": text.grown,
  "before-restore": text.restored,
  "before-relabel": text.relabelled,
  "before-trim": text.trimmed,
  aside: text.aside,
};

/**
 * What goes, of what was seen: leavings of our own operations after their days, as long as the image that they were is
 * there; what nobody has a claim on into quarantine; what was there long enough for good. Pure: the looks are taken again
 * before each act.
 *
 * @param images paths at which there is an image with something in it → when that file was made; 0: not known.
 */
export function planPrune(
  candidates: readonly Candidate[],
  images: ReadonlyMap<string, number>,
  claims: Claims,
  quarantine: readonly Quarantined[],
  limits: Limits,
): readonly Taking[] {
  const { nowMs, keepDays, unusedDays, quarantineDays } = limits;
  const taken: Taking[] = [];
  for (const candidate of candidates) {
    const { path, bytes, device, inode, modifiedMs, changedMs } = candidate;
    const file = { dev: device, ino: inode };
    const kept = keptName(path);
    if (kept) {
      const isOld = nowMs - changedMs >= keepDays * dayMs;
      const madeMs = images.get(kept.image);
      if (madeMs === undefined || writtenSince({ mtimeMs: modifiedMs }, { birthtimeMs: madeMs })) continue;
      if (!isOld || isClaimed(candidate, claims)) continue;
      taken.push({ what: "remove", path, bytes, file, id: null, sinceMs: changedMs, reason: keptReasons[kept.why]() });
      continue;
    }
    if (unusedDays === null || claims.unknown || ownNames.test(basename(path))) continue;
    const sinceMs = Math.max(modifiedMs, changedMs);
    if (nowMs - sinceMs < unusedDays * dayMs || isClaimed(candidate, claims)) continue;
    taken.push({ what: "quarantine", path, bytes, file, id: null, sinceMs, reason: text.orphan() });
  }
  for (const { id, from, atMs, bytes, reason } of quarantine) {
    // What names it again, as after going back to an older configuration, may want it back.
    if (nowMs - atMs < quarantineDays * dayMs || claims.paths.has(from)) continue;
    taken.push({
      what: "forget",
      path: from,
      bytes,
      file: null,
      id,
      sinceMs: atMs,
      reason: text.quarantined({ reason }),
    });
  }
  return taken;
}

/** Copies in the making, and backups that somebody asked for. */
const ownNames = new RegExp(`${workSuffix.replaceAll(".", "\\.")}$|\\.backup(-\\d+)?$`);

/** Whether anything has a claim on the file: it is held, has further names, or is named somewhere. */
export function isClaimed(candidate: Candidate, { paths, files, texts, closed }: Claims): boolean {
  const { path, device, inode, links } = candidate;
  if (links !== 1 || [...closed].some((folder) => isBelow(path, folder))) return true;
  if (paths.has(path) || files.has(`${device}:${inode}`)) return true;
  const name = basename(path);
  return texts.some((each) => mentions(each, name)) || candidate.holder() !== null;
}

/** The name stands in the text, and not as a part of a longer one. A glob of a script counts as any name that it matches. */
export function mentions(words: string, name: string): boolean {
  for (let at = words.indexOf(name); at >= 0; at = words.indexOf(name, at + 1)) {
    const [before, after] = [words[at - 1] ?? " ", words[at + name.length] ?? " "];
    if (!inNames.test(before) && !inNames.test(after)) return true;
  }
  return globsIn(words).some((glob) => glob.test(name));
}

const inNames = /[\w.+-]/;

/** Words with `*`, `?` or `[` in their last part, as expressions over names. */
function globsIn(words: string): readonly RegExp[] {
  const found = globs.get(words);
  if (found) return found;
  const made = [...words.matchAll(/[^\s"'`;|&()<>=]*[*?[][^\s"'`;|&()<>]*/g)].flatMap(([word]) => {
    const last = word.slice(word.lastIndexOf("/") + 1);
    if (!/[*?[]/.test(last)) return [];
    // A bracket is not looked into: it counts as any one character.
    const pattern = last.replace(/\[[^\]]*\]|[\s\S]/g, (each) =>
      each === "*"
        ? ".*"
        : each === "?" || each.length > 1 || each === "["
          ? "."
          : each.replace(/[.+^${}()|\\\]]/, "\\$&"),
    );
    return [new RegExp(`^${pattern}$`, "s")];
  });
  globs.set(words, made);
  return made;
}

const globs = new Map<string, readonly RegExp[]>();
