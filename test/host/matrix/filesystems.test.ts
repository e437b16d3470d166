import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FilesystemFacts, ImageFacts, Observed } from "../../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../../server/src/disk/local/probe-local.ts";
import { MountSpace } from "../mount-space.ts";
import { isInstalled, needLoopDevices, needTools } from "../tools.ts";
import { type Case, filesystemCases, otherCases } from "./cases.ts";
import { askDf, type Judgement, judge } from "./judges.ts";
import { inParallel, type Ran, run } from "./run.ts";

const ready =
  needLoopDevices() &&
  needTools(
    ...[
      "mkfs.ext4",
      "mkfs.xfs",
      "mkfs.btrfs",
      "mkfs.vfat",
      "blkid",
      "dumpe2fs",
      "xfs_db",
      "xfs_logprint",
      "btrfs",
      "fsck.vfat",
    ],
  );
/** A machine without one of the rarer tools leaves those rows out. */
const others = otherCases.filter(({ make }) => isInstalled(programOf(make)));

interface Result {
  readonly made: Ran;
  readonly ours: Observed<ImageFacts>;
  readonly theirs: Judgement;
}

const results = new Map<Case, Result>();
let folder: string;
let mounts: MountSpace;

beforeAll(async () => {
  if (!ready) return;
  folder = mkdtempSync(join(tmpdir(), "lens-matrix-"));
  mkdirSync(join(folder, "content"));
  writeFileSync(join(folder, "content", "file"), "content\n".repeat(1000));
  mounts = await MountSpace.open();
  const probe = createLocalProbe({ host: "here" });
  let number = 0;
  await inParallel([...filesystemCases, ...others], 2, async (row) => {
    const path = join(folder, `${number++}.img`);
    const fd = openSync(path, "w");
    ftruncateSync(fd, row.sizeMiB * 1024 * 1024);
    closeSync(fd);
    const [program = "", ...args] = row.make;
    const made = await run(program, [...args, path], { FOLDER: join(folder, "content") });
    const facts = await probe.observe({ stateDir: join(folder, "none"), paths: [path], directories: [] });
    const ours = facts.images.get(path) ?? { state: "absent" };
    const theirs = await judge(path, row.type);
    results.set(row, { made, ours, theirs: { ...theirs, ...(await askDf(mounts, path, `${path}.mounted`)) } });
    rmSync(path);
  });
});

afterAll(async () => {
  await mounts?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

function programOf(make: readonly string[]): string {
  const script = make[0] === "sh" ? (make[2] ?? "") : "";
  return /\| (\S+)/.exec(script)?.[1] ?? (script === "" ? (make[0] ?? "") : (script.split(" ")[0] ?? ""));
}

function filesystemOf(ours: Observed<ImageFacts>): FilesystemFacts {
  if (ours.state !== "seen") throw new Error(JSON.stringify(ours));
  if (ours.value.filesystem.state !== "seen") throw new Error(JSON.stringify(ours.value.filesystem));
  return ours.value.filesystem.value;
}

function resultOf(row: Case): { ours: FilesystemFacts; theirs: Judgement } {
  const result = results.get(row);
  if (result === undefined) throw new Error("the image was not made");
  expect(result.made, "the tool that makes it").toMatchObject({ status: 0 });
  return { ours: filesystemOf(result.ours), theirs: result.theirs };
}

describe.runIf(ready)(`${filesystemCases.length} filesystems, as blkid and their own tools see them`, () => {
  for (const row of filesystemCases) {
    it(row.name, () => {
      const { ours, theirs } = resultOf(row);
      const { type, label, uuid, sizeBytes, space } = ours;
      expect({ type, label, uuid, sizeBytes }).toEqual({
        type: theirs.type,
        label: theirs.label,
        uuid: theirs.uuid,
        sizeBytes: theirs.sizeBytes,
      });
      const counted = space.state === "seen" ? space.value : null;
      if (theirs.space !== undefined) {
        expect(counted).toMatchObject(theirs.space);
        if (theirs.space.inodes === null) expect(counted?.inodes).toBeNull();
      } else if (row.type === "vfat") expect(counted?.freeBytes).toBe(theirs.freeBytes);
      expect({ type, label }).toEqual({ type: row.type, label: row.label });
      expect({ asOf: counted?.asOf, state: ours.state }).toEqual({ asOf: "rest", state: "clean" });
      if (theirs.state !== undefined) expect(theirs.state).toBe("clean");
      if (theirs.createdMs !== undefined) expect(ours.times?.createdMs).toBe(theirs.createdMs);
      if (theirs.lastMounted !== undefined) {
        expect(ours.lastMounted).toBe(theirs.lastMounted?.replace(/^\/sysroot(?=\/)/, "") ?? null);
      }
    });
  }
});

describe.runIf(ready)(`${others.length} images with other content, as blkid sees them`, () => {
  for (const row of others) {
    it(row.name, () => {
      const { ours, theirs } = resultOf(row);
      expect(ours.type).toBe(row.type);
      expect({ type: ours.type, label: ours.label }).toEqual({ type: theirs.type, label: theirs.label });
      if (ours.uuid !== null) expect(ours.uuid).toBe(theirs.uuid);
    });
  }
});
