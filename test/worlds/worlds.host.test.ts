import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inParallel } from "../host/matrix/run.ts";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { worldOf } from "./generate.ts";
import { Sandbox } from "./play/sandbox.ts";
import { type Result, runWorld } from "./run.ts";
import { complaint, isWrong, summary } from "./summary.ts";

const ready =
  needLoopDevices() &&
  needTools(
    "mkfs.ext4",
    "mkfs.xfs",
    "mkfs.btrfs",
    "mkfs.vfat",
    "losetup",
    "blkid",
    "setpriv",
    "unshare",
    "mount",
    "qemu-io",
    "systemd-tmpfiles",
  );

const seed = Number(process.env["SEED"] ?? 20261201);
const runs = Number(process.env["RUNS"] ?? 160);
const only = process.env["WORLD"];
/** So many fixes of each world are tried. */
const fixes = Number(process.env["FIXES"] ?? 1);
/** A file that takes what was not as forecast. */
const report = process.env["REPORT"];
/** Leaves everything where it was played, to be looked at; the next run does not take it away. */
const keep = process.env["KEEP"] !== undefined;

/**
 * Whole worlds, each laid out for real, forecast by the product, and then played for real. `SEED=… WORLD=…` plays one
 * again; `RUNS=3000` is a long run.
 */
describe.skipIf(!ready)("worlds come true", () => {
  const root = mkdtempSync(join(tmpdir(), "lens-worlds-"));
  const numbers = only === undefined ? Array.from({ length: runs }, (_, index) => index) : only.split(",").map(Number);
  const results: Result[] = [];

  beforeAll(
    async () => {
      const sandbox = await Sandbox.open(root);
      await inParallel(numbers, 2, async (number) => {
        results.push(await runWorld(worldOf(seed, number), sandbox, { keep, fixes }));
      });
    },
    60_000 + runs * 20_000,
  );

  afterAll(() => {
    process.stdout.write(`seed ${seed}, ${summary(results)}\n`);
    if (report !== undefined) writeFileSync(report, results.filter(isWrong).map(complaint).join("\n\n"));
    if (keep) process.stdout.write(`${root}\n`);
    else rmSync(root, { recursive: true, force: true });
  });

  it("each of them is played", () => {
    expect(results.length).toBe(numbers.length);
  });
});
