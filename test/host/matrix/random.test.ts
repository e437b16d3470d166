import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FilesystemFacts } from "../../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../../server/src/disk/probe-local.ts";
import { Random } from "../../harness/random.ts";
import { MountSpace } from "../mount-space.ts";
import { needLoopDevices, needTools } from "../tools.ts";
import { judge } from "./judges.ts";
import { mayBecome, type RandomImage, randomImage } from "./random-images.ts";

const ready =
  needLoopDevices() &&
  needTools(
    ...["mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "blkid", "dumpe2fs", "xfs_db", "btrfs", "fsck.vfat"],
    ...["tune2fs", "resize2fs", "e2fsck", "debugfs", "xfs_admin", "btrfstune", "fatlabel", "mount", "nsenter"],
  );
const runs = Number(process.env["RUNS"] ?? 24);
const seed = Number(process.env["SEED"] ?? 20261122);

/** What is compared with the tools, exactly. */
type Compared = Pick<FilesystemFacts, "label" | "uuid" | "sizeBytes" | "freeBytes"> & { readonly type: string | null };

it.runIf(ready)(`${runs} images made with random options, and used, are what their tools say`, async () => {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), "lens-random-"));
  const space = await MountSpace.open();
  const differences: unknown[] = [];
  const counts = new Map<string, number>();
  try {
    mkdirSync(join(folder, "mnt"));
    for (let i = 0; i < runs; i++) {
      const image = randomImage(random);
      const path = join(folder, `${i}.img`);
      const done = await make(image, path, join(folder, "mnt"), space);
      // Some options exclude each other: then there is nothing to compare.
      if (done.length > 0) {
        const { ours, theirs } = await compare(image, path);
        counts.set(image.type, (counts.get(image.type) ?? 0) + 1);
        if (JSON.stringify(ours) !== JSON.stringify(theirs))
          differences.push({ i, size: image.sizeBytes, done, ours, theirs });
      }
      rmSync(path);
    }
  } finally {
    await space.close();
    rmSync(folder, { recursive: true });
  }
  if (process.env["RUNS"] !== undefined) process.stderr.write(`${JSON.stringify([...counts])}\n`);
  expect(differences).toEqual([]);
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(runs / 2);
});

/** The steps that worked; none where even the first one failed. */
async function make(
  { sizeBytes, steps }: RandomImage,
  path: string,
  mountPoint: string,
  space: MountSpace,
): Promise<readonly string[]> {
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  const done: string[] = [];
  for (const step of steps) {
    const [program = "", ...args] = step.map((word) => word.replace("IMAGE", path).replace("MOUNT", mountPoint));
    const { status } = await space.run(program, ...args);
    // e2fsck says with 1 that it has mended something.
    const worked = status === 0 || (program === "e2fsck" && status === 1);
    if (worked) done.push(step.join(" "));
    else if (done.length === 0) return [];
  }
  return done;
}

async function compare(
  image: RandomImage,
  path: string,
): Promise<{ ours: Compared | string; theirs: Compared | string }> {
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: "/none", paths: [path], directories: [] });
  const seen = facts.images.get(path);
  const filesystem = seen?.state === "seen" ? seen.value.filesystem : seen;
  const judged = await judge(path, mayBecome(image.type)[0] ?? "ext4");
  const theirs = pick({ sizeBytes: 0, freeBytes: null, ...judged });
  if (filesystem?.state !== "seen") return { ours: JSON.stringify(filesystem), theirs };
  return { ours: pick(filesystem.value), theirs };
}

function pick({ type, label, uuid, sizeBytes, freeBytes }: Compared): Compared {
  return { type, label, uuid, sizeBytes, freeBytes };
}
