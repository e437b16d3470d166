import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fuzzLive, LiveImage } from "../disk/live-fuzz.ts";
import { buildImage } from "../harness/disk-builder.ts";
import { MountSpace } from "./mount-space.ts";
import { needLoopDevices, needTools } from "./tools.ts";

const ready = needLoopDevices() && needTools("mount", "unshare", "nsenter", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs");
/** `LIVE_LOOKS=2000000` is the long run. */
const looks = Number(process.env["LIVE_LOOKS"] ?? 5000);
const seed = Number(process.env["SEED"] ?? 20261201);

const kinds: readonly (readonly [string, number, "ext2" | "ext3" | "ext4" | "xfs" | "btrfs", readonly string[]])[] = [
  ["ext4", 48, "ext4", ["-q", "-F"]],
  ["ext4, blocks of 1 KiB", 48, "ext4", ["-q", "-F", "-b", "1024", "-O", "meta_bg,^resize_inode"]],
  ["ext4, clusters", 64, "ext4", ["-q", "-F", "-O", "bigalloc,fast_commit"]],
  ["ext3", 48, "ext3", ["-q", "-F"]],
  ["ext2", 16, "ext2", ["-q", "-F"]],
  ["xfs", 300, "xfs", ["-q"]],
  ["btrfs", 128, "btrfs", ["-q"]],
];

it.runIf(ready)(
  `${looks} looks at mounted filesystems with changed descriptors, logs, headers and trees`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "lens-live-fuzz-"));
    const space = await MountSpace.open();
    try {
      const images: LiveImage[] = [];
      for (const [index, [name, sizeMiB, fsType, mkfs]] of kinds.entries()) {
        const path = join(folder, `${index}.img`);
        const point = join(folder, `${index}`);
        mkdirSync(point);
        buildImage(path, { sizeMiB, fsType, mkfs });
        await space.must("mount", "-o", "loop", path, point);
        const write = 'for i in 1 2 3 4 5 6; do dd if=/dev/zero of="$0/$i" bs=4k count=8 conv=fsync status=none; done';
        await space.must("sh", "-c", write, point);
        images.push(new LiveImage(name, path));
        await space.must("umount", point);
        rmSync(path);
      }
      const report = fuzzLive(images, looks, seed);
      expect(report.looks).toBe(looks);
      if (looks > 5000) process.stderr.write(`${JSON.stringify(report)}\n`);
    } finally {
      await space.close();
      rmSync(folder, { recursive: true });
    }
  },
  24 * 3600 * 1000,
);
