import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planConvert } from "../../server/src/operations/convert.ts";
import { lookAtPlace } from "../../server/src/operations/look.ts";
import { planAdopt, planBackUp, planMoveAside } from "../../server/src/operations/move.ts";
import { planChown } from "../../server/src/operations/owner.ts";
import { planRelabel } from "../../server/src/operations/relabel.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { run } from "../cli/run.ts";
import { needTools } from "../host/tools.ts";
import { asPlan, guestFolder, hashInside, makeImage, refusal, targetAt, tool } from "./images.ts";

const ready = needTools(
  "mkfs.ext4",
  "mkfs.xfs",
  "mkfs.btrfs",
  "mkfs.vfat",
  "debugfs",
  "qemu-img",
  "fatlabel",
  "xfs_db",
);
const quiet = { step: () => {} };

describe.skipIf(!ready)("relabel", () => {
  test.each([
    ["ext4", 16, "new-label"],
    ["xfs", 300, "new-label"],
    ["btrfs", 128, "new-label"],
    ["vfat", 64, "NEW-LABEL"],
  ])("gives %s another label", async (type, sizeMiB, label) => {
    const path = join(guestFolder(), "a 'b.img");
    const hash = makeImage(path, type, sizeMiB);
    const target = await targetAt(path);
    expect(await runPlan(asPlan(planRelabel(target, label)), target, quiet)).toBeNull();
    expect(tool("blkid", "-p", "-s", "LABEL", "-o", "value", path).trim()).toBe(label);
    if (hash !== "") expect(hashInside(path)).toBe(hash);
    expect(planRelabel(await targetAt(path), label).kind).toBe("done");
    expect(refusal(planRelabel(target, "x".repeat(300)))).toBe("operation.relabel.tooLong");
    for (const evil of ["a b", "-x", "$(id)", "a'b", "", "ü"]) {
      expect(refusal(planRelabel(target, evil))).toBe("operation.relabel.unsafe");
    }
  });
});

describe.skipIf(!ready)("convert", () => {
  test.each([
    ["qcow2", "qcow2"],
    ["vhdx", "vhdx"],
    ["vhd", "vpc"],
  ])("makes a raw image of %s with the same content", async (format, driver) => {
    const folder = guestFolder();
    const raw = join(folder, "raw.img");
    makeImage(raw, "ext4", 32);
    const path = join(folder, "data.img");
    tool(
      "qemu-img",
      "convert",
      "-f",
      "raw",
      "-O",
      driver,
      ...(driver === "vpc" ? ["-o", "force_size=on"] : []),
      raw,
      path,
    );
    const target = await targetAt(path);
    expect(await runPlan(asPlan(planConvert(target)), target, quiet)).toBeNull();
    expect(readFileSync(path).equals(readFileSync(raw))).toBe(true);
    expect(existsSync(`${path}.${format}`)).toBe(true);
    expect(planConvert(await targetAt(path)).kind).toBe("done");
  });

  test("does not follow an image to the file that it names as its base", async () => {
    const folder = guestFolder();
    writeFileSync(join(folder, "secret"), Buffer.alloc(1 << 20, 7));
    tool(
      "qemu-img",
      "create",
      "-q",
      "-f",
      "qcow2",
      "-b",
      join(folder, "secret"),
      "-F",
      "raw",
      join(folder, "data.img"),
    );
    expect(refusal(planConvert(await targetAt(join(folder, "data.img"))))).toBe("operation.convert.backing");
  });
});

describe.skipIf(!ready)("move and copy", () => {
  test("moves an image aside, under a name that is free", async () => {
    const path = join(guestFolder(), "data.img");
    for (const kept of [`${path}.aside`, `${path}.aside-2`]) {
      const hash = makeImage(path, "ext4", 16);
      const target = await targetAt(path);
      expect(await runPlan(asPlan(planMoveAside(target)), target, quiet)).toBeNull();
      expect(existsSync(path)).toBe(false);
      expect(hashInside(kept)).toBe(hash);
    }
  });

  test("adopts an image, and never writes over one", async () => {
    const folder = guestFolder();
    const [from, to] = [join(folder, "old.img"), join(folder, "new.img")];
    const hash = makeImage(from, "ext4", 16);
    const target = await targetAt(from);
    expect(refusal(planAdopt(target, lookAtPlace(from)))).toBe("operation.move.exists");
    expect(refusal(planAdopt(target, lookAtPlace(join(folder, "none", "x.img"))))).toBe("operation.move.noFolder");
    expect(refusal(planAdopt(target, { path: to, exists: false, device: 1 }))).toBe("operation.move.otherDevice");
    const plan = asPlan(planAdopt(target, lookAtPlace(to)));
    makeImage(to, "ext4", 24);
    expect((await runPlan(plan, target, quiet))?.id).toMatch(/notAsWanted|failed/);
    expect(statSync(to).size).toBe(24 * 1024 * 1024);
    tool("rm", to);
    expect(await runPlan(plan, target, quiet)).toBeNull();
    expect(hashInside(to)).toBe(hash);
  });

  test("backs an image up with its holes", async () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    const hash = makeImage(path, "ext4", 256);
    mkdirSync(join(folder, "safe"));
    const to = join(folder, "safe", "copy.img");
    const target = await targetAt(path);
    expect(await runPlan(asPlan(planBackUp(target, lookAtPlace(to))), target, quiet)).toBeNull();
    expect(hashInside(to)).toBe(hash);
    expect(statSync(to).blocks * 512).toBeLessThan(64 * 1024 * 1024);
    expect(refusal(planBackUp(target, lookAtPlace(to)))).toBe("operation.move.exists");
    expect(await runPlan(asPlan(planBackUp(target, null)), target, quiet)).toBeNull();
    expect(hashInside(`${path}.backup`)).toBe(hash);
  });

  test("chown names the owner that microvm.nix gives, and how to go back", async () => {
    const path = join(guestFolder(), "data.img");
    makeImage(path, "ext4", 16);
    const plan = asPlan(planChown(await targetAt(path)));
    expect(plan.steps[0]?.argv).toContain("microvm:kvm");
    expect(plan.undo.args["mode"]).toMatch(/^0[0-7]{3}$/);
  });
});

describe.skipIf(!ready)("microvm-lens image", () => {
  test("prints the plan and does nothing, until it is told to", async () => {
    const cwd = guestFolder();
    const path = join(cwd, "data.img");
    const hash = makeImage(path, "ext4", 16);
    const shown = await run(["image", "grow", "data.img", "--size", "32M"], { cwd });
    expect({ code: shown.code, size: statSync(path).size }).toEqual({ code: 0, size: 16 * 1024 * 1024 });
    for (const words of ["resize2fs", "lost: nothing", "undo:", "nothing was done"]) expect(shown.out).toContain(words);
    const done = await run(["image", "grow", "data.img", "--size", "32M", "--yes"], { cwd });
    expect({ code: done.code, size: statSync(path).size, hash: hashInside(path) }).toEqual({
      code: 0,
      size: 32 * 1024 * 1024,
      hash,
    });
    expect(done.out).toContain("Done.");
  });

  test.each([
    [["image"], "image takes one of"],
    [["image", "shrink", "data.img"], "image takes one of"],
    [["image", "grow"], "image grow takes one image"],
    [["image", "grow", "data.img"], "image grow needs --size"],
    [["image", "grow", "data.img", "--size", "lots"], "--size takes a size"],
    [["image", "grow", "nowhere.img", "--size", "1G"], "there is no such file"],
    [["image", "grow", ".", "--size", "1G"], "no regular file"],
    [["image", "grow", "data.img", "--size", "1M"], "shorter would cut off data"],
  ])("refuses %j in words", async (argv, words) => {
    const cwd = guestFolder();
    makeImage(join(cwd, "data.img"), "ext4", 16);
    const { code, err } = await run(argv, { cwd });
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});
