import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, linkSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { needTools } from "../host/tools.ts";
import { asPlan, guestFolder, hashInside, makeImage, refusal, soundExt, targetAt, tool } from "./images.ts";

const ready = needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "resize2fs", "flock");
const MiB = 1024 * 1024;
const quiet = { step: () => {} };

describe.skipIf(!ready)("grow", () => {
  test.each(["ext2", "ext3", "ext4"])(
    "lengthens an image and its %s filesystem, and keeps what is in it",
    async (type) => {
      const path = join(guestFolder(), "data.img");
      const hash = makeImage(path, type, 64, ["-L", "web"]);
      const target = await targetAt(path);
      expect(await runPlan(asPlan(planGrow(target, 256 * MiB)), target, quiet)).toBeNull();
      const after = await targetAt(path);
      expect(after.image.apparentBytes).toBe(256 * MiB);
      expect(after.image.filesystem).toMatchObject({ value: { type, label: "web", sizeBytes: 256 * MiB } });
      expect({ hash: hashInside(path), sound: soundExt(path) }).toEqual({ hash, sound: true });
      expect(hashInside(`${path}.before-grow`)).toBe(hash);
      expect(statSync(`${path}.before-grow`).size).toBe(64 * MiB);
      expect(planGrow(after, 256 * MiB).kind).toBe("done");
    },
  );

  test("takes names with blanks, quotes, line breaks and a leading dash", async () => {
    const path = join(guestFolder(), "- a 'b\"\n$(x).img");
    const hash = makeImage(path, "blank", 8) || undefined;
    tool("mkfs.ext4", "-q", "-F", path);
    const target = await targetAt(path);
    expect(await runPlan(asPlan(planGrow(target, 32 * MiB)), target, quiet)).toBeNull();
    expect(hash).toBeUndefined();
    expect(soundExt(path)).toBe(true);
    expect(statSync(path).size).toBe(32 * MiB);
  });

  test("leaves the old or the new image when it is interrupted between any two steps, and can be run again", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const { length } = asPlan(planGrow(await targetAt(path), 32 * MiB)).steps;
    for (let count = 0; count <= length; count++) {
      const to = (32 + count) * MiB;
      const target = await targetAt(path);
      const plan = asPlan(planGrow(target, to));
      for (const { argv } of plan.steps.slice(0, count)) spawnSync(argv[0], argv.slice(1), { stdio: "ignore" });
      expect({ count, hash: hashInside(path), sound: soundExt(path) }).toEqual({ count, hash, sound: true });
      const again = await targetAt(path);
      const outcome = planGrow(again, to);
      if (outcome.kind === "plan") {
        // A second name from `ln` alone is the image itself: the copy is refused until that name is gone.
        expect(await runPlan(outcome, again, quiet)).toBeNull();
      } else if (refusal(outcome) === "operation.hardLinks") {
        expect(again.image.links).toBe(2);
        tool("rm", "--", newestBackup(path));
        const third = await targetAt(path);
        expect(await runPlan(asPlan(planGrow(third, to)), third, quiet)).toBeNull();
      }
      expect({ size: statSync(path).size, hash: hashInside(path) }).toEqual({ size: to, hash });
    }
  });

  test("only lengthens what grows in the guest", async () => {
    for (const [type, sizeMiB] of [
      ["xfs", 300],
      ["btrfs", 128],
    ] as const) {
      const path = join(guestFolder(), `${type}.img`);
      makeImage(path, type, sizeMiB);
      const target = await targetAt(path);
      const plan = asPlan(planGrow(target, 512 * MiB));
      expect(plan.afterwards?.id).toBe(`operation.grow.${type}`);
      expect(await runPlan(plan, target, quiet)).toBeNull();
      const { image } = await targetAt(path);
      expect(image.apparentBytes).toBe(512 * MiB);
      expect(image.filesystem).toMatchObject({ value: { type, sizeBytes: sizeMiB * MiB } });
    }
  });

  test("follows a link to the image, and leaves the link", async () => {
    const folder = guestFolder();
    makeImage(join(folder, "real.img"), "ext4", 16);
    symlinkSync("real.img", join(folder, "link.img"));
    const target = await targetAt(join(folder, "link.img"));
    expect(target.path).toBe(join(folder, "real.img"));
    expect(await runPlan(asPlan(planGrow(target, 32 * MiB)), target, quiet)).toBeNull();
    expect(statSync(join(folder, "link.img")).size).toBe(32 * MiB);
    expect(readdirSync(folder).sort()).toEqual(["link.img", "real.img", "real.img.before-grow"]);
  });

  test("refuses what would lose or change anything else", async () => {
    const folder = guestFolder();
    const at = async (name: string, type: string, sizeMiB: number) => {
      makeImage(join(folder, name), type, sizeMiB);
      return targetAt(join(folder, name));
    };
    expect(refusal(planGrow(await at("short.img", "ext4", 16), 8 * MiB))).toBe("operation.grow.shrink");
    expect(refusal(planGrow(await at("fat.img", "vfat", 64), 128 * MiB))).toBe("operation.grow.cannot");
    expect(refusal(planGrow(await at("blank.img", "blank", 64), 128 * MiB))).toBe("operation.blank");
    linkSync(join(folder, "short.img"), join(folder, "second.img"));
    expect(refusal(planGrow(await targetAt(join(folder, "short.img")), 64 * MiB))).toBe("operation.hardLinks");
    const small = await at("space.img", "ext4", 16);
    expect(refusal(planGrow({ ...small, freeBytes: 1000 }, 64 * MiB))).toBe("operation.grow.noRoom");
    expect(planGrow({ ...small, freeBytes: 1000 }, 64 * MiB, { fileOnly: true }).kind).toBe("plan");
    expect(refusal(planGrow({ ...small, runningGuest: "web" }, 64 * MiB))).toBe("operation.running");
    tool("qemu-img", "create", "-q", "-f", "qcow2", join(folder, "cow.img"), "64M");
    expect(refusal(planGrow(await targetAt(join(folder, "cow.img")), 128 * MiB))).toBe("operation.notRaw");
  });

  test("refuses an image that somebody holds, and stops when it is taken in between", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const holder = spawn("flock", ["--exclusive", path, "sh", "-c", "echo held; exec cat"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(holder.stdout, "data");
    try {
      expect(refusal(planGrow(await targetAt(path), 32 * MiB))).toBe("operation.inUse");
      expect((await runPlan(plan, target, quiet))?.id).toBe("operation.inUse");
    } finally {
      holder.stdin.end();
      await once(holder, "exit");
    }
    expect(existsSync(`${path}.before-grow`)).toBe(false);
    expect(hashInside(path)).toBe(hash);
  });

  test("stops when the file was replaced since it was looked at", async () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    makeImage(path, "ext4", 16);
    const target = await targetAt(path);
    makeImage(join(folder, "other.img"), "ext4", 24);
    tool("mv", join(folder, "other.img"), path);
    expect((await runPlan(asPlan(planGrow(target, 32 * MiB)), target, quiet))?.id).toBe("operation.run.changed");
    expect(statSync(path).size).toBe(24 * MiB);
  });
});

function newestBackup(path: string): string {
  const names = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => `${path}.before-grow${n === 1 ? "" : `-${n}`}`);
  return names.filter((name) => existsSync(name)).at(-1) as string;
}
