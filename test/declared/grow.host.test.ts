import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { needRoot, needTools } from "../host/tools.ts";
import { hashInside, makeImage, soundExt, targetAt, tool } from "../operations/images.ts";
import { buildVictim, runVictim } from "../operations/kill.ts";
import { volume } from "./file.ts";
import { growing, scene } from "./scene.ts";

const ready =
  needTools("mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "debugfs", "resize2fs", "qemu-io") && needRoot();
const MiB = 1024 * 1024;

describe.skipIf(!ready)("image grow --declared", () => {
  test.each(["ext2", "ext3", "ext4"])(
    "makes the declared size true, file and %s filesystem, and keeps the old image",
    async (fsType) => {
      const at = scene([volume({ fsType, sizeMiB: 128, grow: growing })]);
      const hash = makeImage(at.image, fsType, 32);
      expect((await at.atStart("grow")).out).toMatch(/would be grown from 32 MiB to the declared 128 MiB/);
      expect(statSync(at.image).size).toBe(32 * MiB);
      const { code, out, err } = await at.atStart("grow", "guest", "--starting", "--yes");
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toBe(
        `guest: ${at.image} is grown from 32 MiB to the declared 128 MiB; the old image stays as ${at.image}.before-grow\n`,
      );
      const { image } = await targetAt(at.image);
      expect(image).toMatchObject({ apparentBytes: 128 * MiB, filesystem: { value: { sizeBytes: 128 * MiB } } });
      expect([hashInside(at.image), hashInside(`${at.image}.before-grow`), soundExt(at.image)]).toEqual([
        hash,
        hash,
        true,
      ]);
      // Again: there is nothing to do, and nothing is said.
      expect(await at.atStart("grow", "guest", "--starting", "--yes")).toEqual({ code: 0, out: "", err: "" });
    },
  );

  test.each([
    ["xfs", 300],
    ["btrfs", 128],
  ] as const)("lengthens %s, whose filesystem grows in the guest", async (fsType, sizeMiB) => {
    const at = scene([volume({ fsType, sizeMiB: 512, grow: growing })]);
    makeImage(at.image, fsType, sizeMiB);
    expect((await at.atStart("grow", "guest", "--starting", "--yes")).code).toBe(0);
    expect((await targetAt(at.image)).image).toMatchObject({
      apparentBytes: 512 * MiB,
      filesystem: { value: { sizeBytes: sizeMiB * MiB } },
    });
  });

  test("never makes one shorter, and leaves alone what has no policy, does not exist or is not declared with a size", async () => {
    const at = scene([
      volume({ sizeMiB: 16, grow: growing }),
      volume({ image: "other.img", sizeMiB: 64 }),
      volume({ image: "missing.img", grow: growing }),
      volume({ image: "brought.img", sizeMiB: null, autoCreate: false, grow: growing }),
    ]);
    makeImage(at.image, "ext4", 32);
    makeImage(join(at.folder, "other.img"), "ext4", 32);
    makeImage(join(at.folder, "brought.img"), "ext4", 32);
    const before = readdirSync(at.folder);
    const { code, out } = await at.atStart("grow", "--yes");
    expect(code).toBe(0);
    expect(out).toBe(`guest: ${at.image} has 32 MiB, 16 MiB are declared: an image is never shortened\n`);
    expect([readdirSync(at.folder), statSync(at.image).size]).toEqual([before, 32 * MiB]);
    expect((await at.atStart("grow", "--all", "--yes")).out).toContain(
      "other.img is grown from 32 MiB to the declared 64 MiB",
    );
  });

  const obstacles: readonly [string, (at: ReturnType<typeof scene>) => unknown, RegExp][] = [
    ["a filesystem that cannot", (at) => makeImage(at.image, "vfat", 32), /a vfat filesystem cannot be grown/],
    ["a blank image", (at) => makeImage(at.image, "blank", 32), /is blank/],
    ["no filesystem", (at) => writeFileSync(at.image, Buffer.alloc(32 * MiB, 7)), /holds no known filesystem/],
    [
      "a holder",
      async (at) => {
        makeImage(at.image, "ext4", 32);
        const qemu = spawn("qemu-io", ["-f", "raw", at.image], { stdio: ["pipe", "pipe", "ignore"] });
        onTestFinished(() => void qemu.kill("SIGKILL"));
        qemu.stdin.write("length\n");
        await once(qemu.stdout, "data");
      },
      /is in use: process qemu-io/,
    ],
    [
      "a damaged filesystem",
      (at) => {
        makeImage(at.image, "ext4", 32);
        tool("dd", "if=/dev/urandom", `of=${at.image}`, "bs=4096", "seek=1", "count=40", "conv=notrunc", "status=none");
      },
      /`e2fsck .+` failed/,
    ],
    [
      "an image that was cut off",
      (at) => {
        makeImage(at.image, "ext4", 32);
        truncateSync(at.image, 20 * MiB);
      },
      /the filesystem in it is larger than the image/,
    ],
    [
      "several names",
      (at) => {
        makeImage(at.image, "ext4", 32);
        tool("ln", at.image, `${at.image}.link`);
      },
      /several names/,
    ],
    ["a qcow2 image", (at) => tool("qemu-img", "create", "-q", "-f", "qcow2", at.image, "32M"), /is not raw/],
  ];
  test.each(obstacles)(
    "%s: the guest starts as it is, or not at all by policy, and one sentence has both numbers",
    async (_, prepare, why) => {
      const at = scene([volume({ sizeMiB: 128, grow: growing })]);
      await prepare(at);
      const before = tool("sha256sum", at.image);
      const { code, err } = await at.atStart("grow", "guest", "--starting", "--yes");
      expect(code).toBe(0);
      expect(err.split("\n")).toHaveLength(2);
      expect(err).toMatch(
        /^microvm-lens: guest: \S+ has .+ and 128 MiB are declared, but it is not grown: .+; the guest starts as it is\n$/,
      );
      expect(err).toMatch(why);
      at.declare([volume({ sizeMiB: 128, grow: { ...growing, onFailure: "refuse" } })]);
      const refused = await at.atStart("grow", "guest", "--starting", "--yes");
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(/the guest is not started\n$/);
      expect(tool("sha256sum", at.image)).toBe(before);
      expect(readdirSync(at.folder).filter((name) => name.includes("microvm-lens"))).toEqual([]);
    },
  );

  test("without room: both numbers, and nothing is left behind", async () => {
    const disk = scene([]);
    tool("mount", "-t", "tmpfs", "-o", "size=100M", "none", disk.folder);
    onTestFinished(() => void tool("umount", disk.folder));
    disk.declare([volume({ sizeMiB: 512, grow: growing })]);
    makeImage(disk.image, "ext4", 64);
    tool("dd", "if=/dev/urandom", `of=${join(disk.folder, "full")}`, "bs=1M", "count=40", "status=none");
    const { code, err } = await disk.atStart("grow", "guest", "--starting", "--yes");
    expect(code).toBe(0);
    expect(err).toMatch(
      /has 64 MiB and 512 MiB are declared, but it is not grown: .+ are needed for a copy, and .+ MiB are free/,
    );
    expect(readdirSync(disk.folder).sort()).toEqual(["data.img", "full"]);
  });

  test("a journal that has to be replayed is replayed in the copy", async () => {
    const at = scene([volume({ sizeMiB: 64, grow: growing })]);
    const hash = makeImage(at.image, "ext4", 32);
    tool("debugfs", "-w", "-R", "feature needs_recovery", at.image);
    expect((await at.atStart("grow", "guest", "--starting", "--yes")).code).toBe(0);
    expect([statSync(at.image).size, hashInside(at.image), soundExt(at.image)]).toEqual([64 * MiB, hash, true]);
  });

  test("the guest that is being started counts as stopped, and every other one as it is", async () => {
    const at = scene([volume({ sizeMiB: 64, grow: growing })]);
    makeImage(at.image, "ext4", 32);
    symlinkSync("/nix/store/first-runner", join(at.folder, "booted"));
    const held = await at.atStart("grow", "guest", "--yes");
    expect(held.err).toMatch(/the guest guest is running/);
    const other = join(at.stateDir, "other");
    mkdirSync(other);
    renameSync(at.image, join(other, "data.img"));
    symlinkSync(join(other, "data.img"), at.image);
    symlinkSync("/nix/store/first-runner", join(other, "booted"));
    expect((await at.atStart("grow", "guest", "--starting", "--yes")).err).toMatch(/the guest other is running/);
    rmSync(join(other, "booted"));
    expect((await at.atStart("grow", "guest", "--starting", "--yes")).out).toMatch(/is grown from 32 MiB/);
    expect(statSync(at.image).size).toBe(64 * MiB);
  });

  test("two at once: one grows, the other one says that it is being grown, and nothing is lost", async () => {
    const at = scene([volume({ sizeMiB: 256, grow: growing })]);
    const hash = makeImage(at.image, "ext4", 64);
    const both = await Promise.all([1, 2].map(() => at.atStart("grow", "guest", "--starting", "--yes")));
    expect(both.filter(({ out }) => out.includes("is grown from 64 MiB"))).toHaveLength(1);
    expect([statSync(at.image).size, hashInside(at.image), soundExt(at.image)]).toEqual([256 * MiB, hash, true]);
    expect(readdirSync(at.folder).filter((name) => name.startsWith("data.img"))).toEqual([
      "data.img",
      "data.img.before-grow",
    ]);
  });

  const victim = ready ? buildVictim() : "";
  test("what an earlier start was killed in is put in order first, at whichever step that was", {
    timeout: 180_000,
  }, async () => {
    for (let step = 0; step < 12; step++) {
      const at = scene([volume({ sizeMiB: 64, grow: growing })]);
      const hash = makeImage(at.image, "ext4", 32);
      await runVictim(victim, ["grow", at.image, String(64 * MiB), String(step)]);
      const { code, err } = await at.atStart("grow", "guest", "--starting", "--yes");
      expect({ step, code, err }).toEqual({ step, code: 0, err: "" });
      expect({ step, is: [statSync(at.image).size, hashInside(at.image), soundExt(at.image)] }).toEqual({
        step,
        is: [64 * MiB, hash, true],
      });
      expect({ step, kept: hashInside(`${at.image}.before-grow`) }).toEqual({ step, kept: hash });
      expect(readdirSync(at.folder).filter((name) => name.includes("microvm-lens"))).toEqual([]);
    }
  });

  test("prints JSON of the described shape", async () => {
    const at = scene([volume({ sizeMiB: 64, grow: growing })]);
    makeImage(at.image, "ext4", 32);
    const planned = JSON.parse((await at.atStart("grow", "--json")).out);
    const done = JSON.parse((await at.atStart("grow", "--json", "--yes")).out);
    expect([schemaErrors("at-start", planned), schemaErrors("at-start", done)]).toEqual([[], []]);
    expect([planned, done]).toMatchObject([
      { volumes: [{ state: "planned", bytes: 32 * MiB }] },
      { start: true, volumes: [{ state: "done", bytes: 64 * MiB, kept: `${at.image}.before-grow` }] },
    ]);
  });

  test("says what goes with what", async () => {
    const at = scene([volume()]);
    expect((await at.atStart("grow", "--size", "4G")).err).toContain("--declared goes without --size");
    expect((await at.atStart("grow", "--starting")).err).toContain("takes one guest");
    expect((await run(["image", "backup", at.image, "--starting"])).err).toContain("not with backup");
    expect((await run(["image", "renew", "guest"])).err).toContain("image renew --declared needs --declared FILE");
  });
});

describe.skipIf(!ready)("image renew --declared", () => {
  const fresh = (at: ReturnType<typeof scene>) => {
    const hash = makeImage(at.image, "ext4", 16);
    return hash;
  };

  test("puts a volume aside that is to be new at each start", async () => {
    const at = scene([volume({ renew: "start" })]);
    fresh(at);
    expect((await at.atStart("renew")).out).toContain("would be recreated");
    expect(existsSync(at.image)).toBe(true);
    const { code, out } = await at.atStart("renew", "guest", "--starting", "--yes");
    expect([code, out]).toEqual([0, `guest: ${at.image} is recreated by this start; the old one is removed\n`]);
    expect(readdirSync(at.folder)).toEqual(["current"]);
    expect(await at.atStart("renew", "guest", "--starting", "--yes")).toEqual({ code: 0, out: "", err: "" });
  });

  test("keeps what was in it for as long as it is told", async () => {
    const at = scene([volume({ renew: "start", renewKeepDays: 3 })]);
    const hash = fresh(at);
    await at.atStart("renew", "guest", "--starting", "--yes");
    expect(hashInside(`${at.image}.aside`)).toBe(hash);
  });

  test("only when the guest's system changed, and never at the first look", async () => {
    const at = scene([volume({ renew: "change" })]);
    const hash = fresh(at);
    const start = () => at.atStart("renew", "guest", "--starting", "--yes");
    expect(await start()).toEqual({ code: 0, out: "", err: "" });
    expect(await start()).toEqual({ code: 0, out: "", err: "" });
    expect(hashInside(at.image)).toBe(hash);
    rmSync(join(at.folder, "current"));
    symlinkSync("/nix/store/second-runner", join(at.folder, "current"));
    expect((await start()).out).toContain("is recreated");
    expect(existsSync(at.image)).toBe(false);
    fresh(at);
    expect(await start()).toEqual({ code: 0, out: "", err: "" });
  });

  test("takes nothing away that a link leads to", async () => {
    const at = scene([volume({ renew: "start" })]);
    const other = join(at.stateDir, "other");
    writeFileSync(other, "precious");
    symlinkSync(other, at.image);
    const { code, err } = await at.atStart("renew", "guest", "--starting", "--yes");
    expect([code, err]).toEqual([0, expect.stringMatching(/stays as it is: the name is a link to/)]);
    expect([readFileSync(other, "utf8"), readdirSync(at.stateDir).sort()]).toEqual([
      "precious",
      ["declared.json", "guest", "other"],
    ]);
  });

  test("leaves what is held, and what nothing would make again", async () => {
    const at = scene([volume({ renew: "start", autoCreate: false })]);
    fresh(at);
    const told = await at.atStart("renew", "guest", "--starting", "--yes");
    expect([told.code, told.err]).toEqual([0, expect.stringMatching(/stays as it is: nothing would create it again/)]);
    at.declare([volume({ renew: "start" })]);
    const holder = spawn("sleep", ["60"], { stdio: [openSync(at.image, "r"), "ignore", "ignore"] });
    onTestFinished(() => void holder.kill("SIGKILL"));
    expect((await at.atStart("renew", "guest", "--starting", "--yes")).err).toMatch(/is in use: process sleep/);
    expect(existsSync(at.image)).toBe(true);
  });
});
