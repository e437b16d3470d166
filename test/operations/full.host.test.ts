import { mkdirSync, mkdtempSync, realpathSync, rmdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { needRoot, needTools } from "../host/tools.ts";
import { tool } from "./images.ts";
import { buildVictim, recoverAll, runVictim, strange, withArgument } from "./kill.ts";
import { scenes } from "./scenes.ts";

const ready =
  needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "qemu-img", "xfs_db") && needRoot();
/** Pages between two tries; `PAGES=1` for a disk that is full at every single write. */
const pages = Number(process.env["PAGES"] ?? 160);

/** A file system of its own, whose size is set so that so many pages are free: writing one more fails as on a full disk. */
describe.skipIf(!ready)("a disk that gets full during an operation", () => {
  const victim = ready ? buildVictim() : "";
  let disk = "";

  beforeAll(() => {
    disk = realpathSync(mkdtempSync(join(tmpdir(), "microvm-lens-full-")));
    tool("mount", "-t", "tmpfs", "-o", "size=2G", "none", disk);
  });

  afterAll(() => {
    if (disk === "") return;
    tool("umount", disk);
    rmdirSync(disk);
  });

  for (const scene of scenes.filter(({ mounts, slow }) => !mounts && !slow)) {
    test(scene.name, { timeout: 600_000 }, async () => {
      const folder = join(disk, scene.name, "guest");
      mkdirSync(folder, { recursive: true });
      const prepared = scene.prepare(folder);
      const ends = { failed: 0, done: 0 };
      // 0 and 1 for what only needs room for its journal.
      for (let free = 0; ends.done === 0; free = free === 0 ? 1 : free + (free === 1 ? pages - 1 || 1 : pages)) {
        leave(free);
        const code = await runVictim(victim, [...withArgument(prepared.words), "-1"], { BLIND: "1" });
        leave(1 << 18);
        ends[code === 0 ? "done" : "failed"]++;
        expect({ free, code, lost: prepared.lost(false) }).toEqual({ free, code, lost: [] });
        await recoverAll(prepared.image);
        expect({ free, code, lost: prepared.lost(true) }).toEqual({ free, code, lost: [] });
        expect({ free, code, strange: strange(prepared, folder) }).toEqual({ free, code, strange: [] });
        prepared.again();
      }
      expect(ends.failed).toBeGreaterThan(0);
      process.stderr.write(`${scene.name}: ${JSON.stringify(ends)}\n`);
    });
  }

  /** Sets the size so that so many pages are free. */
  function leave(free: number): void {
    const { blocks, bfree, bsize } = statfsSync(disk);
    tool("mount", "-o", `remount,size=${(blocks - bfree + free) * bsize}`, disk);
  }
});
