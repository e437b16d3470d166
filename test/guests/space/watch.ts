import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SpaceFacts } from "../../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../../server/src/disk/local/probe-local.ts";
import { buildImage } from "../../harness/disk-builder.ts";
import { file } from "../cpio.ts";
import { RunningGuest } from "../guest.ts";
import type { Layout } from "./layouts.ts";

/** One filesystem and what is done to it; the names are those of space.c. */
export interface Watched {
  readonly layout: Layout;
  readonly load: "fill" | "small" | "cut" | "confirm" | "brief" | "mixed";
}

/** What the guest said of a filesystem at one moment of its clock (milliseconds); bytes. Under emulation it may be a slow one. */
export interface Told {
  readonly atMs: number;
  readonly totalBytes: number;
  /** As df says it. */
  readonly freeBytes: number;
  readonly availableBytes: number;
  /** What ext4 has promised to data in memory, and df takes off already; read before and after df. */
  readonly promisedBytes: readonly [number, number];
  /** What the trees of free space of xfs hold; 0 for others. */
  readonly treesBytes: number;
  readonly inodes: { readonly total: number; readonly free: number };
  /** Transactions of the journal of ext3 and ext4 that are wholly on the disk. */
  readonly commits: number;
}

/** What was read from outside, between two moments of the guest's clock; text: why it is not known. */
export interface Sample {
  readonly fromMs: number;
  readonly toMs: number;
  /** By the clock of this machine. */
  readonly hostMs: number;
  readonly space: SpaceFacts | string;
}

/** What a copy of the image says while the guest stood still, and what replaying its journal brings. */
export interface Cut {
  readonly seen: SpaceFacts | string;
  /** Blocks and inodes that are free by the descriptors of ext2, ext3 and ext4; null for others. */
  /** What e2fsck said meanwhile. */
  readonly said: string;
  readonly replayed: { readonly freeBytes: number; readonly freeInodes: number } | null;
}

export interface Watch {
  readonly watched: Watched;
  readonly told: readonly Told[];
  readonly samples: readonly Sample[];
  /** Looks after the guest was left alone, one for each of the plan's `restSeconds`. */
  readonly rests: readonly Sample[];
  /** Copies of the image as after a loss of power. */
  readonly cuts: readonly Cut[];
}

export interface Plan {
  /** By the guest's clock. */
  readonly loadSeconds: number;
  /** The loads go on until there are so many. */
  readonly leastSamples: number;
  /** When to look again after the loads ended; none: what is not written yet is written at once. */
  readonly restSeconds: readonly number[];
}

/**
 * Boots one guest with all these filesystems and lets it write to them. How full they are is noted in the guest many
 * times a second, and looked at from outside once a second.
 */
export async function watchGuest(
  all: readonly Watched[],
  { loadSeconds, leastSamples, restSeconds }: Plan,
): Promise<readonly Watch[]> {
  const folder = mkdtempSync(join(tmpdir(), "lens-samples-"));
  const paths = all.map((_, index) => join(folder, "guest", `${deviceOf(index)}.img`));
  const notes = join(folder, "notes");
  let guest: RunningGuest | undefined;
  try {
    mkdirSync(join(folder, "guest"));
    for (const [index, { layout }] of all.entries()) {
      buildImage(paths[index] as string, { sizeMiB: layout.sizeMiB, fsType: layout.type, mkfs: layout.mkfs });
    }
    writeFileSync(notes, "");
    truncateSync(notes, 64 << 20);
    const drives = [...paths, notes].map((path) => ({ path }));
    const running = await RunningGuest.boot({ drives, memoryMiB: 768, files: [file("space", program(folder))] });
    guest = running;
    const must = async (line: string): Promise<readonly string[]> => {
      const { lines, status } = await running.run(line);
      if (status !== 0) throw new Error(`${line}: ${lines.join("\n")}`);
      return lines;
    };
    for (const [index, { layout }] of all.entries()) {
      const device = deviceOf(index);
      const options = layout.mount === undefined ? "" : `-o ${layout.mount}`;
      await must(`mkdir -p /m/${device} && mount -t ${layout.type} ${options} /dev/${device} /m/${device}`);
    }
    const clock = async (): Promise<number> => Number((await must("/space clock"))[0]);
    const look = async (): Promise<readonly Sample[]> => {
      const fromMs = await clock();
      const hostMs = performance.now();
      const spaces = await spacesOf(folder, paths);
      const toMs = await clock();
      return spaces.map((space) => ({ fromMs, toMs, hostMs, space }));
    };
    await must("sync");
    const devices = all.map((_, index) => deviceOf(index)).join(" ");
    await must(`/space note /run/notes ${devices} > /dev/null 2>&1 < /dev/null &`);
    await must("sleep 1");
    for (const [index, { load }] of all.entries()) {
      await must(`/space load ${load} /m/${deviceOf(index)} > /dev/null 2>&1 < /dev/null &`);
    }
    const looks: (readonly Sample[])[] = [];
    const cuts: (readonly Cut[])[] = [];
    const beginMs = await clock();
    for (
      let spentMs = 0;
      spentMs < loadSeconds * 1000 || looks.length < leastSamples;
      spentMs = (await clock()) - beginMs
    ) {
      looks.push(await look());
      await must("sleep 1");
      if (cuts.length === cutsWanted || spentMs < ((cuts.length + 1) * loadSeconds * 1000) / (cutsWanted + 1)) continue;
      running.pause();
      cuts.push(await cutAll(folder, all, paths));
      running.resume();
    }
    await must('touch /run/stop; while pgrep -f "^/space load" > /dev/null; do sleep 0.2; done');
    const rests: (readonly Sample[])[] = [];
    // Where nobody waits until it is written back by itself, it is written back at once.
    if (restSeconds.length === 0) await must("sync; sleep 1; sync; sleep 1");
    let restedSeconds = 0;
    for (const seconds of restSeconds.length === 0 ? [0] : restSeconds) {
      await must(`sleep ${seconds - restedSeconds}`);
      restedSeconds = seconds;
      rests.push(await look());
    }
    await must("touch /run/done && sleep 1");
    const [length] = await must(`wc -c < /run/notes && cat /run/notes > /dev/${deviceOf(all.length)} && sync`);
    const told = recordsOf(readFileSync(notes).subarray(0, Number(length)));
    return all.map((watched, index) => ({
      watched,
      told: told.flatMap((record) => (record.device === index ? [record.told] : [])),
      samples: looks.map((samples) => samples[index] as Sample),
      rests: rests.map((each) => each[index] as Sample),
      cuts: cuts.map((each) => each[index] as Cut),
    }));
  } finally {
    await guest?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function spacesOf(folder: string, paths: readonly string[]): Promise<readonly (SpaceFacts | string)[]> {
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: folder, paths, directories: [] });
  return paths.map((path) => {
    const image = facts.images.get(path);
    const filesystem = image?.state === "seen" ? image.value.filesystem : image;
    const space = filesystem?.state === "seen" ? filesystem.value.space : filesystem;
    return space?.state === "seen" ? space.value : JSON.stringify(space);
  });
}

/** So many times the guest is stopped and its images are copied. */
const cutsWanted = 1;

/** Copies all images of ext2, ext3 and ext4 while nobody writes to them, and lets e2fsck replay their journals. */
async function cutAll(folder: string, all: readonly Watched[], paths: readonly string[]): Promise<readonly Cut[]> {
  const cuts: Cut[] = [];
  const copy = join(folder, "cut.img");
  for (const [index, { layout }] of all.entries()) {
    if (!layout.type.startsWith("ext")) {
      cuts.push({ seen: "", replayed: null, said: "" });
      continue;
    }
    execFileSync("cp", ["--sparse=always", paths[index] as string, copy]);
    const [seen = ""] = await spacesOf(folder, [copy]);
    const fsck = spawnSync("e2fsck", ["-y", "-E", "journal_only", copy], { encoding: "utf8", env: withAdminPath() });
    const said = spawnSync("dumpe2fs", [copy], { encoding: "utf8", env: withAdminPath(), maxBuffer: 64 << 20 }).stdout;
    const unit = Number((/^Cluster size: +(\d+)$/m.exec(said) ?? /^Block size: +(\d+)$/m.exec(said))?.[1]);
    let free = 0;
    let inodes = 0;
    for (const [, clusters, ofInodes] of said.matchAll(/^ +(\d+) free (?:blocks|clusters), (\d+) free inodes/gm)) {
      free += Number(clusters);
      inodes += Number(ofInodes);
    }
    cuts.push({ seen, replayed: { freeBytes: free * unit, freeInodes: inodes }, said: fsck.stdout });
  }
  rmSync(copy, { force: true });
  return cuts;
}

/** Some distributions keep administration programs out of the PATH of a user. */
function withAdminPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, LC_ALL: "C" };
}

function deviceOf(index: number): string {
  return `vd${String.fromCharCode(97 + index)}`;
}

function program(folder: string): Buffer {
  const source = fileURLToPath(new URL("../inside/space.c", import.meta.url));
  execFileSync("cc", ["-O2", "-static", "-o", join(folder, "space"), source]);
  return readFileSync(join(folder, "space"));
}

/** Numbers of one record of space.c. */
const recordNumbers = 11;

function recordsOf(bytes: Buffer): readonly { readonly device: number; readonly told: Told }[] {
  const records: { device: number; told: Told }[] = [];
  for (let at = 0; at + recordNumbers * 8 <= bytes.length; at += recordNumbers * 8) {
    const number = (index: number): number => bytes.readDoubleLE(at + index * 8);
    records.push({
      device: number(1),
      told: {
        atMs: number(0),
        totalBytes: number(2),
        freeBytes: number(3),
        availableBytes: number(4),
        promisedBytes: [number(5), number(6)],
        treesBytes: number(7),
        inodes: { total: number(8), free: number(9) },
        commits: number(10),
      },
    });
  }
  return records;
}
