import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inParallel } from "../host/matrix/run.ts";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { worldOf } from "./generate.ts";
import { knownDifferences, usualSeed } from "./known-differences.ts";
import { Sandbox } from "./play/sandbox.ts";
import { type Result, runWorld } from "./run.ts";
import { shrunk } from "./shrink.ts";
import { complaint, isWrong, summary, unknowns } from "./summary.ts";

const ready =
  needLoopDevices() &&
  needTools(
    ...["mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "losetup", "blkid", "setpriv", "unshare", "mount"],
    ...["nsenter", "findmnt", "qemu-io", "qemu-img", "systemd-tmpfiles", "resize2fs", "xfs_growfs"],
  );

const env = process.env;
const seed = Number(env["SEED"] ?? usualSeed);
const runs = Number(env["RUNS"] ?? 160);
const only = env["WORLD"];
/** So many fixes of each world are tried; by default of every eighth world one. */
const fixes = env["FIXES"] === undefined ? null : Number(env["FIXES"]);
/** Leaves everything where it was played, to be looked at. */
const keep = env["KEEP"] !== undefined;
/** Makes what is not as forecast as small as it gets. */
const shrink = env["SHRINK"] !== undefined;
/** A file that takes what was not as forecast, and what was unknown. */
const report = env["REPORT"];

/**
 * Whole worlds, each laid out for real, forecast by the product, and then played for real. `SEED=… WORLD=…` plays one
 * again; `npm run soak worlds` is a long run.
 */
describe.skipIf(!ready)("worlds come true", () => {
  const root = mkdtempSync(join(tmpdir(), "lens-worlds-"));
  const numbers = only === undefined ? Array.from({ length: runs }, (_, index) => index) : only.split(",").map(Number);
  const results: Result[] = [];

  beforeAll(
    async () => {
      const sandbox = await Sandbox.open(root);
      try {
        await inParallel(numbers, 2, async (number) => {
          const world = worldOf(seed, number);
          const options = { keep, fixes: fixes ?? (number % 8 === 0 ? 1 : 0) };
          let result = await runWorld(world, sandbox, options);
          if (shrink && isWrong(result)) {
            const least = await shrunk(world, async (each) =>
              isWrong(await runWorld(each, sandbox, { ...options, keep: false })),
            );
            result = await runWorld(least, sandbox, options);
          }
          results.push(result);
        });
      } finally {
        await sandbox.close();
      }
    },
    60_000 + runs * 30_000,
  );

  afterAll(() => {
    process.stdout.write(`seed ${seed}, ${summary(results)}\n`);
    const told = [...results.filter(isWrong).map(complaint), ...results.flatMap(unknowns)];
    if (report !== undefined) writeFileSync(report, told.join("\n\n"));
    if (keep) process.stdout.write(`${root}\n`);
    else rmSync(root, { recursive: true, force: true });
  });

  it("each of them is played", () => {
    expect(results.length).toBe(numbers.length);
  });

  it("what is forecast happens, findings agree, and fixes keep their promises", () => {
    const isKnown = ({ world }: Result) => seed === usualSeed && world.number in knownDifferences;
    expect(
      results
        .filter((result) => isWrong(result) && !isKnown(result))
        .map(complaint)
        .join("\n\n"),
    ).toBe("");
  });
});
