import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { printable } from "../../base/printable.ts";
import { messages, type Text } from "../../base/text.ts";
import { type Declared, type DeclaredGuest, readOwnGuest } from "../../declared/file.ts";
import type { GuestFacts, HostFacts } from "../../disk/facts.ts";
import { parseRunner } from "../../disk/runner.ts";
import { readJournal } from "../../operations/journal.ts";
import { findHolders, type OpenFiles, openFiles } from "../../operations/look/holders.ts";
import { realPathOf } from "../../operations/look/look.ts";
import type { Candidate, Claims } from "../../operations/plans/prune.ts";
import { keptName } from "../../operations/plans/remove.ts";
import { saidBy } from "./own-guests.ts";

const text = messages("cli.prune-look", {
  runner: { en: "what {path} names is not known", "zh-cn": "无法得知 {path} 引用了什么" },
  directory: { en: "{path} could not be read", "zh-cn": "无法读取 {path}" },
});

/** What may be left over, and all that may have a claim on it. */
export interface Leftovers {
  readonly candidates: readonly Candidate[];
  readonly images: ReadonlyMap<string, number>;
  readonly claims: Claims;
}

/** A runner names dozens of paths, of which most are programs and folders. */
const mostScripts = 2000;

/** Larger scripts are not read: what they name is not known then. */
const longestScript = 1 << 20;

/**
 * Gathers the files of the declared guests' directories and of folders that belong to no guest, and everything that names
 * files: what is declared, the runners `current`, `booted` and `old` of every guest, journals, backing files, shares.
 * Directories of guests that are neither declared nor say themselves what they declare are left alone.
 */
export function lookForLeftovers(declared: Declared, facts: HostFacts): Leftovers {
  const claims = new Gathering();
  const byDirectory = new Map(declared.guests.map((guest) => [realPathOf(guest.directory), guest]));
  for (const guest of declared.guests) claims.declare(guest);
  for (const { settings } of declared.units) claims.commands([...settings.values()].flat());
  for (const guest of facts.guests) claims.runners(guest);
  for (const [path, image] of facts.images) {
    const container = image.state === "seen" ? image.value.container : image;
    if (container.state === "unreadable" && claims.declared.has(path)) claims.unread(path);
    if (image.state !== "seen" || container.state !== "seen") continue;
    if (image.value.linkKind === "symlink") claims.name(image.value.realPath);
    else if (container.value.backingFile !== null) claims.name(path);
  }
  for (const path of backingFiles(facts)) claims.name(path);
  let seen: OpenFiles | null = null;
  const openNow = () => {
    seen ??= openFiles();
    return seen;
  };
  const candidates: Candidate[] = [];
  const open = facts.guests.filter((guest) => byDirectory.has(realPathOf(guest.directory)) || isNobodys(guest));
  for (const guest of open) {
    claims.journals(guest.directory);
    // A link may have been put there by whoever may write the state directory: what it leads to is not the guest's.
    const own = new Set(isLink(guest.directory) ? [] : guest.images);
    for (const { name } of filesIn(guest.directory)) {
      const path = join(guest.directory, name);
      if (own.has(path) || keptName(path) !== null) candidates.push(...candidateAt(path, openNow));
    }
  }
  for (const folder of claims.foldersElsewhere(facts.guests)) {
    claims.journals(folder);
    for (const { name } of filesIn(folder)) {
      const kept = keptName(join(folder, name));
      if (kept && claims.declared.has(kept.image)) candidates.push(...candidateAt(join(folder, name), openNow));
    }
  }
  const images = new Map(
    candidates
      .flatMap(({ path }) => keptName(path)?.image ?? [])
      .filter((path) => holdsData(path, facts))
      .map((path) => [path, statSync(path, { throwIfNoEntry: false })?.birthtimeMs ?? 0]),
  );
  return { candidates, images, claims: claims.all() };
}

/** The files that images have their content from. */
export function backingFiles({ images }: HostFacts): readonly string[] {
  return [...images.values()].flatMap((image) => {
    if (image.state !== "seen" || image.value.container.state !== "seen") return [];
    const { backingFile } = image.value.container.value;
    if (backingFile === null) return [];
    return [resolve(dirname(image.value.realPath), backingFile.replace(/^file:/, ""))];
  });
}

/** A folder with images in which microvm.nix put nothing of its own. */
function isNobodys({ current, booted, managed }: GuestFacts): boolean {
  return current.state === "absent" && booted.state === "absent" && managed === "unknown";
}

class Gathering {
  /** Images as declared, as absolute paths. */
  readonly declared = new Set<string>();
  readonly #paths = new Set<string>();
  readonly #texts: string[] = [];
  readonly #followed = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #shared: string[] = [];
  #unknown: Text | null = null;

  /** Something names this path. */
  name(path: string): void {
    this.#paths.add(resolve(path));
    this.#paths.add(realPathOf(resolve(path)));
  }

  /** What units run. */
  commands(lines: readonly string[]): void {
    for (const line of lines) this.#script(line);
  }

  /** Nobody knows what this image has its content from. */
  unread(path: string): void {
    this.#unknown ??= text.directory({ path: printable(path) });
  }

  declare({ directory, volumes, preStart, hostCommands, shares }: DeclaredGuest): void {
    for (const { image } of volumes) {
      const path = resolve(directory, image);
      this.declared.add(path);
      this.name(path);
    }
    for (const words of [preStart, ...hostCommands]) this.#script(words);
    for (const { source } of shares) this.#shared.push(realPathOf(resolve(directory, source)));
  }

  /** What the runners of a guest name, whether it is declared here or not. */
  runners({ directory, current, booted }: GuestFacts): void {
    if (current.state === "unreadable") this.#unknown ??= text.directory({ path: printable(directory) });
    for (const link of ["current", "booted", "old"]) {
      if (lstatSync(join(directory, link), { throwIfNoEntry: false }) === undefined) continue;
      const place = join(directory, link, "bin", "microvm-run");
      const script = readScript(place);
      // What `old` led to may have been collected: nothing can start it any more.
      if (script === null && link === "old") continue;
      const runner = script === null ? null : parseRunner(script);
      const config = runner?.configFile ? readScript(resolve(directory, runner.configFile)) : "";
      if (script === null || runner === null || config === null) {
        this.#unknown ??= text.runner({ path: printable(place) });
      }
      for (const words of [script ?? "", config ?? ""]) this.#script(words);
      for (const { image } of runner?.volumes ?? []) this.name(resolve(directory, image));
      this.said(join(directory, link), directory);
      // Links to scripts, as runners have them.
      for (const name of namesIn(join(directory, link, "bin"))) {
        this.#script(readScript(join(directory, link, "bin", name)) ?? "");
      }
    }
    if (booted.state === "unreadable") this.#unknown ??= text.directory({ path: printable(directory) });
  }

  /** A text, and those of the scripts that it names, as deep as they go. */
  #script(words: string): void {
    const open = [words];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      this.#texts.push(next);
      for (const [path] of next.matchAll(/(?<![\w.])\/(?!dev\/|proc\/|sys\/)[\w.+?=@:/-]+/g)) {
        if (this.#followed.has(path)) continue;
        if (this.#followed.size >= mostScripts) {
          this.unread(path);
          return;
        }
        this.#followed.add(path);
        const script = readScript(path);
        // Programs name no images of their own.
        if (script !== null && !script.includes("\0")) open.push(script);
      }
    }
  }

  /** What a runner says of its guest's volumes: what it names counts, whoever made the link to it. */
  said(runner: string, directory: string): void {
    const words = saidBy(runner);
    if (words === null) return;
    const guest = readOwnGuest(words, directory, null);
    if (typeof guest === "string") this.#unknown ??= text.runner({ path: printable(runner) });
    else this.declare(guest);
  }

  /** What operations that run or were interrupted name. */
  journals(folder: string): void {
    for (const { name } of filesIn(folder)) {
      const image = /^\.(.+)\.microvm-lens\.json$/s.exec(name)?.[1];
      if (image === undefined) continue;
      const journal = readJournal(join(folder, image));
      if (typeof journal === "string") this.#closed.add(folder);
      else if (journal) {
        for (const path of [journal.image.path, journal.work, journal.kept, journal.placed]) {
          if (path !== null) this.name(path);
        }
      }
    }
  }

  /** Folders of declared images that are no guest's directory. */
  foldersElsewhere(guests: readonly GuestFacts[]): readonly string[] {
    const own = new Set(guests.map(({ directory }) => directory));
    return [...new Set([...this.declared].map((path) => dirname(path)))].filter((folder) => !own.has(folder));
  }

  all(): Claims {
    const files = new Set([...this.#paths].flatMap((path) => identityOf(path)));
    const closed = new Set([...this.#closed, ...this.#shared]);
    return { paths: this.#paths, files, texts: this.#texts.filter(Boolean), closed, unknown: this.#unknown };
  }
}

function candidateAt(path: string, open: () => OpenFiles): Candidate[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return [];
  const { dev, ino, nlink, blocks, mtimeMs, ctimeMs } = stats;
  return [
    {
      path,
      device: dev,
      inode: ino,
      links: nlink,
      bytes: blocks * 512,
      modifiedMs: Math.floor(mtimeMs),
      changedMs: Math.floor(ctimeMs),
      holder: () => findHolders(stats, open()).found[0] ?? null,
    },
  ];
}

/** There is an image with something in it: then what it was before is no longer the only copy. */
function holdsData(path: string, facts: HostFacts): boolean {
  const seen = facts.images.get(path);
  if (seen?.state === "seen") return seen.value.kind === "regular" && seen.value.blank === false;
  const stats = statSync(path, { throwIfNoEntry: false });
  return seen === undefined && stats?.isFile() === true && stats.blocks > 0;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function identityOf(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? [] : [`${stats.dev}:${stats.ino}`];
}

function filesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  } catch {
    return [];
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readScript(path: string): string | null {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= longestScript ? readFileSync(path, "utf8") : null;
  } catch {
    return null;
  }
}
