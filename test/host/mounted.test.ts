import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FilesystemFacts, ImageFacts, SpaceFacts } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { buildImage } from "../harness/disk-builder.ts";
import { askDfMounted } from "./matrix/judges.ts";
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

function spaceOf(facts: ImageFacts): SpaceFacts {
  const { space: counted } = filesystem(facts);
  if (counted.state !== "seen") throw new Error(JSON.stringify(counted));
  return counted.value;
}

async function mountAndFill(fsType: "ext2" | "ext3" | "ext4" | "xfs" | "btrfs"): Promise<void> {
  buildImage(image, { sizeMiB: 400, fsType, mkfs: fsType === "xfs" || fsType === "btrfs" ? ["-q"] : ["-q", "-F"] });
  await space.must("mount", "-o", "loop", image, mountPoint);
  await space.must("dd", "if=/dev/urandom", `of=${join(mountPoint, "file")}`, "bs=1M", "count=30", "status=none");
  await space.must("sync", "-f", mountPoint);
}

describe.runIf(ready)("really mounted images", () => {
  for (const fsType of ["ext2", "ext3", "ext4", "xfs", "btrfs"] as const) {
    it(`${fsType}: as full as df says after a sync, while it is mounted, after a power failure, and at rest`, async () => {
      await mountAndFill(fsType);
      // xfs writes the headers of its groups later than its log; freezing it writes them now.
      await space.must("fsfreeze", "--freeze", mountPoint);
      await space.must("fsfreeze", "--unfreeze", mountPoint);
      const df = await askDfMounted(space, mountPoint);
      const mounted = await look();
      expect(spaceOf(mounted)).toMatchObject({ ...df, asOf: "commit" });
      expect(mounted.inUse).toMatchObject({ state: "seen", by: expect.stringMatching(/^loop device \/dev\/loop\d+$/) });
      const copy = join(folder, "crashed.img");
      await space.must("cp", "--sparse=always", image, copy);

      await space.must("umount", mountPoint);
      const after = await look();
      expect(spaceOf(after)).toMatchObject({ ...df, asOf: "rest" });
      expect(filesystem(after).state).toBe("clean");
      expect(after.inUse).toEqual({ state: "absent" });
      // As after a power failure: nobody holds it, and still it is as full.
      expect(spaceOf(await look(copy))).toMatchObject(df);
    });
  }

  it("ext4: the last mount point is read", async () => {
    await mountAndFill("ext4");
    await space.must("umount", mountPoint);
    expect(filesystem(await look()).lastMounted).toBe(mountPoint);
  });

  it("xfs: untouched since it was mounted, its log looks clean, but the count is that of a commit", async () => {
    buildImage(image, { sizeMiB: 400, fsType: "xfs", mkfs: ["-q"] });
    await space.must("mount", "-o", "loop", image, mountPoint);
    expect(spaceOf(await look())).toMatchObject({ asOf: "commit" });
  });

  it("ext4: recorded errors are seen", async () => {
    buildImage(image, { sizeMiB: 64, fsType: "ext4", mkfs: ["-q", "-F"] });
    await space.must("debugfs", "-w", "-R", "ssv state 3", image);
    expect(filesystem(await look()).state).toBe("errors");
  });
});
