import { afterAll, describe, expect, it } from "vitest";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { layouts } from "./space/layouts.ts";
import { type Sample, type Told, type Watch, type Watched, watchGuest } from "./space/watch.ts";

const ready =
  needLoopDevices() &&
  needTools(
    "qemu-system-x86_64",
    "busybox",
    "depmod",
    "apt-get",
    "cc",
    "mkfs.ext4",
    "mkfs.xfs",
    "mkfs.btrfs",
    "e2fsck",
    "dumpe2fs",
  );

/** `SPACE=all` is the long run: all layouts, each with three loads, and a rest as long as xfs needs. */
const all = process.env["SPACE"] === "all";
const loads = ["fill", "small", "cut", "confirm", "brief", "mixed"] as const;
const guests: readonly (readonly Watched[])[] = all
  ? [0, 2, 4].map((shift) => layouts.map((layout, index) => watched(layout.name, index + shift)))
  : [
      [
        watched("ext4", 5),
        watched("ext4, blocks of 1 KiB, meta_bg", 1),
        watched("xfs", 2),
        watched("btrfs", 4),
        watched("ext3", 0),
      ],
    ];
const plan = all
  ? { loadSeconds: 60, leastSamples: 50, restSeconds: [50, 100] }
  : { loadSeconds: 12, leastSamples: 12, restSeconds: [] };

function watched(name: string, load: number): Watched {
  const layout = layouts.find((one) => one.name === name);
  if (layout === undefined) throw new Error(name);
  return { layout, load: loads[load % loads.length] ?? "fill" };
}

/** So many milliseconds after a change the notes in the guest may miss it. */
const noteMs = 250;

/**
 * What is free and has a place on the disk, at least and at most. df in the guest takes off what ext4 and xfs have
 * promised to data in memory; btrfs does not.
 */
function freeOnDisk({ layout }: Watched, told: Told, first: Told): readonly [number, number] {
  if (layout.type === "btrfs") return [told.freeBytes, told.freeBytes];
  // The trees hold a few blocks more than df counts, at all times.
  if (layout.type === "xfs")
    return [told.treesBytes, told.treesBytes].map((bytes) => bytes - first.treesBytes + first.freeBytes) as [
      number,
      number,
    ];
  return [told.freeBytes + told.promisedBytes[0], told.freeBytes + told.promisedBytes[1]];
}

/** How far a number is from all that were true in a time; 0: it was one of them, or lies between them. */
function distance(value: number, truths: readonly (readonly [number, number])[]): number {
  const least = Math.min(...truths.map(([low]) => low));
  const most = Math.max(...truths.map(([, high]) => high));
  return value < least ? value - least : value > most ? value - most : 0;
}

/** What was told in a time, and right before it. */
function toldIn(told: readonly Told[], fromMs: number, toMs: number): readonly Told[] {
  const begin = told.findLastIndex(({ atMs }) => atMs <= fromMs);
  return told.filter(({ atMs }, index) => index >= begin && atMs <= toMs);
}

/**
 * So many seconds before a sample, by the clock that says that it is longer ago. The clock of an emulated guest loses ticks
 * while the machine is busy, and makes up for them later: then timers fire, but nobody has had the time to write anything.
 */
function before(samples: readonly Sample[], { fromMs, hostMs }: Sample, seconds: number): number {
  const then = samples.findLast((one) => one.hostMs <= hostMs - seconds * 1000);
  return Math.min(fromMs - seconds * 1000, then?.fromMs ?? Number.NEGATIVE_INFINITY);
}

/** What comes and goes between two notes is not noted, and a guest that gets no time notes seldom. */
function slack({ layout }: Watched): number {
  return layout.sizeMiB * 1024 * 1024 * 0.005;
}

/** xfs keeps lists of free blocks beside its trees, and btrfs counts its own reserve when it likes. */
function slackAtRest(watched: Watched): number {
  return watched.layout.type.startsWith("ext") ? 0 : slack(watched);
}

/** As many as one loop of a load makes and deletes between two notes. */
const loopInodes = 80;

const figures: string[] = [];

describe.skipIf(!ready)("free space of a guest that runs, read from outside", () => {
  let number = 0;
  afterAll(() => process.stderr.write(`${figures.join("\n")}\n`));

  for (const each of guests) {
    it(`guest ${++number}: ${each.map(({ layout, load }) => `${layout.name}: ${load}`).join("; ")}`, async () => {
      const watches = await watchGuest(each, plan);
      expect(watches.flatMap(wrongIn).join("\n")).toBe("");
    });
  }
});

/** Everything that was not as it should be. */
function wrongIn(watch: Watch): readonly string[] {
  const { watched, told, samples, rests, cuts } = watch;
  const name = `${watched.layout.name}, ${watched.load}`;
  const first = told[0] as Told;
  const wrong: string[] = [];
  let outsideOfDf = 0;
  let known = 0;
  let latestMs = 0;
  for (const sample of samples) {
    const { fromMs, toMs, space } = sample;
    if (typeof space === "string") continue;
    known++;
    const within = toldIn(told, before(samples, sample, space.behindSeconds), toMs + noteMs);
    const off = distance(
      space.freeBytes,
      within.map((one) => freeOnDisk(watched, one, first)),
    );
    if (Math.abs(off) > slack(watched))
      wrong.push(`${name}: ${off} bytes from what was true at ${Math.round(fromMs)} ms`);
    if (
      distance(
        space.freeBytes,
        within.map(({ freeBytes }) => [freeBytes, freeBytes]),
      ) !== 0
    )
      outsideOfDf++;
    const inodes =
      space.inodes === null
        ? 0
        : distance(
            space.inodes.free,
            within.map((one) => [one.inodes.free, one.inodes.free]),
          );
    // xfs makes inodes as it needs them, out of the blocks that are free.
    if (Math.abs(inodes) > loopInodes && watched.layout.type !== "xfs")
      wrong.push(`${name}: ${inodes} inodes from what was true at ${Math.round(fromMs)} ms`);
    const seconds = [0, 1, 2, 5, 10, 20, 35, 65, 95].find(
      (behind) =>
        Math.abs(
          distance(
            space.freeBytes,
            toldIn(told, before(samples, sample, behind), toMs + noteMs).map((one) => freeOnDisk(watched, one, first)),
          ),
        ) <= slack(watched),
    );
    latestMs = Math.max(latestMs, (seconds ?? 999) * 1000);
  }
  if (known < samples.length / 2) wrong.push(`${name}: known ${known} of ${samples.length} times`);
  for (const { seen, replayed, said } of cuts) {
    // Fast commits are left aside, and e2fsck ends what a truncation or a deletion had begun.
    if (
      replayed === null ||
      typeof seen === "string" ||
      watched.layout.name.includes("fast commits") ||
      said.includes("orphan")
    )
      continue;
    if (seen.freeBytes !== replayed.freeBytes || seen.inodes?.free !== replayed.freeInodes)
      wrong.push(`${name}: ${JSON.stringify({ seen, replayed })}`);
  }
  const errors = rests.map(({ space, fromMs, toMs }, index) => {
    const last = toldIn(told, fromMs, toMs).at(-1) as Told;
    if (typeof space === "string") return Number.NaN;
    // df of xfs takes off what it has promised to files that may grow, for up to five minutes.
    const promised = freeOnDisk(watched, last, first)[0] - last.freeBytes;
    const off = space.availableBytes - last.availableBytes - (watched.layout.type === "xfs" ? promised : 0);
    // The headers of xfs' groups are written later than everything else.
    const isSettled = watched.layout.type !== "xfs" || index > 0;
    if (isSettled && !(Math.abs(off) <= slackAtRest(watched)))
      wrong.push(`${name}: at rest ${off} bytes from df, ${JSON.stringify(space)}`);
    return off;
  });
  figures.push(
    `${name}: ${known} of ${samples.length} samples known, ${outsideOfDf} outside of df, at most ${latestMs / 1000} s behind, at rest ${errors.join(" and ")} bytes from df, ${cuts.length} cuts`,
  );
  return wrong;
}
