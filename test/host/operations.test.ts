import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findHolders } from "../../server/src/operations/look/holders.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { asPlan, guestFolder, makeImage, refusal, targetAt, tool } from "../operations/images.ts";
import { buildVictim, recoverAll, runVictim } from "../operations/kill.ts";
import { needLoopDevices, needTools } from "./tools.ts";

const ready = needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "xfs_growfs", "btrfs", "resize2fs") && needLoopDevices();
const MiB = 1024 * 1024;
const quiet = { step: () => {} };

describe.skipIf(!ready)("a grown image, mounted", () => {
  const victim = ready ? buildVictim() : "";

  test.each([
    ["ext2", 16, 64],
    ["ext3", 16, 64],
    ["ext4", 16, 64],
    ["xfs", 300, 400],
    ["btrfs", 128, 256],
  ])("%s: has the new size, and every file as before", async (type, fromMiB, toMiB) => {
    const path = join(guestFolder(), "data.img");
    makeImage(path, type, fromMiB);
    const before = mounted(path, [], (folder) => {
      for (let i = 0; i < 12; i++) writeFileSync(join(folder, `file ${i}`), Buffer.alloc(i * 77_777, String(i)));
      mkdirSync(join(folder, "deep", "er"), { recursive: true });
      writeFileSync(join(folder, "deep", "er", "ü"), "deep");
      return listing(folder);
    });
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, toMiB * MiB, { mount: !type.startsWith("ext") }));
    expect(await runPlan(plan, target, quiet)).toBeNull();
    expect(findHolders({ dev: target.image.device, ino: target.image.inode }).found).toEqual([]);
    const { image } = await targetAt(path);
    expect(image.filesystem).toMatchObject({ value: { type, sizeBytes: toMiB * MiB } });
    const [after, bytes] = mounted(path, ["ro"], (folder) => {
      const { blocks, bsize } = statfsSync(folder);
      return [listing(folder), blocks * bsize] as const;
    });
    expect(after).toEqual(before);
    // A filesystem keeps some of its blocks for itself.
    expect(bytes).toBeGreaterThan(toMiB * MiB * 0.7);
    expect(bytes).toBeGreaterThan(fromMiB * MiB);
    if (!type.startsWith("ext")) expect(existsSync(plan.leaves.mountPoint as string)).toBe(false);
  });

  test.each([
    ["xfs", 300, "400"],
    ["btrfs", 128, "256"],
  ])("%s: killed before every step, the next run unmounts it, and can go on", async (type, sizeMiB, toMiB) => {
    const path = join(guestFolder(), "data.img");
    makeImage(path, type, sizeMiB);
    const before = mounted(path, [], (folder) => {
      writeFileSync(join(folder, "file"), Buffer.alloc(5_000_000, type));
      return listing(folder);
    });
    for (let step = 0, ended = false; !ended; step++) {
      ended = (await runVictim(victim, ["grow-mounted", path, String(Number(toMiB) + step), String(step)])) === 0;
      const outcome = await recoverAll(path);
      expect({ step, outcome }).toEqual({ step, outcome: ended ? null : "operation.recover.inPlace" });
      const { image } = await targetAt(path);
      expect({ step, held: findHolders({ dev: image.device, ino: image.inode }).found }).toEqual({ step, held: [] });
      expect(mounted(path, ["ro"], listing)).toEqual(before);
    }
    expect(readdirSync("/run").filter((name) => name.startsWith("microvm-lens-"))).toEqual([]);
  });

  test("a btrfs whose twin is mounted is not mounted beside it", async () => {
    const folder = guestFolder();
    const [path, twin] = [join(folder, "data.img"), join(folder, "twin.img")];
    makeImage(path, "btrfs", 128);
    tool("cp", path, twin);
    const target = await targetAt(path);
    const outcome = mounted(twin, [], () => planGrow(target, 256 * MiB, { mount: true }));
    expect(refusal(outcome)).toBe("operation.mount.sameUuid");
  });
});

/** Mounts an image, asks, and unmounts it. */
function mounted<T>(path: string, options: readonly string[], ask: (folder: string) => T): T {
  const folder = `${path}.mnt`;
  mkdirSync(folder);
  tool("mount", "-o", ["loop", ...options].join(","), path, folder);
  try {
    return ask(folder);
  } finally {
    tool("umount", folder);
    rmdirSync(folder);
  }
}

/** Every file with its hash. */
function listing(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}
