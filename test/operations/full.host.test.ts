import { mkdirSync, mkdtempSync, realpathSync, rmdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Text } from "../../server/src/base/text.ts";
import { planRecoveryOfOwn, runRecovery } from "../../server/src/operations/recover.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { needLoopDevices, needRoot, needTools } from "../host/tools.ts";
import { tool } from "./images.ts";
import { strange, withArgument } from "./kill.ts";
import { planned } from "./planned.ts";
import { scenes } from "./scenes.ts";

const ready =
  needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "qemu-img", "xfs_db") && needRoot();
/** Pages between two tries; `PAGES=1` for a disk that is full at every single write; then
 * the mounted and the large scenes are there, too, and `SCENES` tells by a pattern which. */
const every = process.env["PAGES"] !== undefined;
const pages = Number(process.env["PAGES"] ?? 160);
const only = new RegExp(process.env["SCENES"] ?? "");
const loops = ready && every && needLoopDevices();

/** A file system of its own, whose size is set so that so many pages are free: writing one more fails as on a full disk. */
describe.skipIf(!ready)("a disk that gets full during an operation", () => {
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

  const here = scenes.filter(({ name, mounts, slow }) => (every ? loops && only.test(name) : !mounts && !slow));
  for (const scene of here) {
    test(scene.name, { timeout: 600_000 }, async () => {
      const folder = join(disk, scene.name, "guest");
      mkdirSync(folder, { recursive: true });
      const prepared = scene.prepare(folder);
      const ends = { failed: 0, done: 0 };
      const why = new Set<string>();
      // 0 and 1 for what only needs room for its journal.
      for (let free = 0; ends.done === 0; free = free === 0 ? 1 : free + (free === 1 ? pages - 1 || 1 : pages)) {
        leave(free);
        const { plan, target } = await planned(withArgument(prepared.words), true);
        const stopped = await runPlan(plan, target, { step: () => {} });
        leave(1 << 18);
        ends[stopped === null ? "done" : "failed"]++;
        if (stopped) why.add(firstWord(stopped));
        expect({ free, stopped, lost: prepared.lost(false) }).toEqual({ free, stopped, lost: [] });
        // What this process left itself: it lives on.
        const left = planRecoveryOfOwn(prepared.image);
        if (left)
          expect({ free, failed: left.kind === "recovery" && (await runRecovery(left)) }).toEqual({
            free,
            failed: null,
          });
        expect({ free, stopped, lost: prepared.lost(true) }).toEqual({ free, stopped, lost: [] });
        expect({ free, stopped, strange: strange(prepared, folder) }).toEqual({ free, stopped, strange: [] });
        prepared.again();
      }
      expect(ends.failed).toBeGreaterThan(0);
      process.stderr.write(`${scene.name}: ${JSON.stringify(ends)} ${[...why].join(", ")}\n`);
    });
  }

  /** Sets the size so that so many pages are free. */
  function leave(free: number): void {
    const { blocks, bfree, bsize } = statfsSync(disk);
    tool("mount", "-o", `remount,size=${(blocks - bfree + free) * bsize}`, disk);
  }
});

/** What an operation ended at: the program that failed, or the reason. */
function firstWord({ id, args }: Text): string {
  const step = args["step"];
  return typeof step === "string" ? (step.split(" ")[0] as string) : id;
}
