import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FilesystemFacts, ImageFacts } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/probe-local.ts";
import { buildImage } from "../harness/disk-builder.ts";
import { judge } from "./matrix/judges.ts";
import { MountSpace } from "./mount-space.ts";
import { needLoopDevices, needTools } from "./tools.ts";

const ready =
  needLoopDevices() &&
  needTools("mount", "unshare", "nsenter", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "dumpe2fs", "xfs_db", "btrfs");

let folder: string;
let image: string;
let mountPoint: string;
let space: MountSpace;

beforeEach(async () => {
  space = await MountSpace.open();
  folder = mkdtempSync(join(tmpdir(), "lens-mounted-"));
  image = join(folder, "guest", "data.img");
  mountPoint = join(folder, "mnt");
  mkdirSync(mountPoint);
});
afterEach(async () => {
  await space.close();
  rmSync(folder, { recursive: true });
});

async function look(path = image): Promise<ImageFacts> {
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: folder, paths: [path], directories: [] });
  const seen = facts.images.get(path);
  if (seen?.state !== "seen") throw new Error(JSON.stringify(seen));
  return seen.value;
}

function filesystem(facts: ImageFacts): FilesystemFacts {
  if (facts.filesystem.state !== "seen") throw new Error(JSON.stringify(facts.filesystem));
  return facts.filesystem.value;
}

async function mountAndFill(fsType: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs"): Promise<void> {
  buildImage(image, { sizeMiB: 400, fsType, mkfs: fsType === "xfs" || fsType === "btrfs" ? ["-q"] : ["-q", "-F"] });
  await space.must("mount", "-o", "loop", image, mountPoint);
  await space.must("dd", "if=/dev/urandom", `of=${join(mountPoint, "file")}`, "bs=1M", "count=30", "status=none");
  await space.must("sync", "-f", mountPoint);
}

describe.runIf(ready)("really mounted images", () => {
  for (const fsType of ["ext2", "ext3", "ext4", "xfs"] as const) {
    it(`${fsType}: the free count is flagged as stale while mounted and exact after`, async () => {
      await mountAndFill(fsType);
      const mounted = await look();
      expect(filesystem(mounted)).toMatchObject({ freeIsCurrent: false, state: "needs-recovery" });
      expect(mounted.inUse).toMatchObject({ state: "seen", by: expect.stringMatching(/^loop device \/dev\/loop\d+$/) });
      const copy = join(folder, "crashed.img");
      await space.must("cp", "--sparse=always", image, copy);

      await space.must("umount", mountPoint);
      const after = await look();
      const { freeBytes, sizeBytes } = await judge(image, fsType);
      expect(filesystem(after)).toMatchObject({ freeIsCurrent: true, state: "clean", freeBytes, sizeBytes });
      expect(after.inUse).toEqual({ state: "absent" });
      // The count that was there while mounted was in truth an old one.
      expect(filesystem(mounted).freeBytes).toBeGreaterThan((freeBytes as number) + (25 << 20));
      // As after a power failure: nobody holds it, and still it is not clean.
      expect(filesystem(await look(copy))).toMatchObject({ freeIsCurrent: false, state: "needs-recovery" });
    });
  }

  it("btrfs: the count is current at each commit, mounted or not", async () => {
    await mountAndFill("btrfs");
    const mounted = filesystem(await look());
    const { freeBytes } = await judge(image, "btrfs");
    expect(mounted).toMatchObject({ freeIsCurrent: true, freeBytes });
    await space.must("umount", mountPoint);
    const after = filesystem(await look());
    expect(after).toMatchObject({ freeIsCurrent: true, freeBytes: (await judge(image, "btrfs")).freeBytes });
    expect(Math.abs((after.freeBytes as number) - (mounted.freeBytes as number))).toBeLessThan(1 << 20);
  });

  it("ext4: the last mount point is read", async () => {
    await mountAndFill("ext4");
    await space.must("umount", mountPoint);
    expect(filesystem(await look()).lastMounted).toBe(mountPoint);
  });

  it("xfs: untouched since it was mounted, its log looks clean, but the count is not called current", async () => {
    buildImage(image, { sizeMiB: 400, fsType: "xfs", mkfs: ["-q"] });
    await space.must("mount", "-o", "loop", image, mountPoint);
    expect(filesystem(await look())).toMatchObject({ freeIsCurrent: false });
  });

  it("ext4: recorded errors are seen", async () => {
    buildImage(image, { sizeMiB: 64, fsType: "ext4", mkfs: ["-q", "-F"] });
    await space.must("debugfs", "-w", "-R", "ssv state 3", image);
    expect(filesystem(await look()).state).toBe("errors");
  });
});
