import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { journalPath } from "../../server/src/operations/journal.ts";
import { findHolders, openFiles } from "../../server/src/operations/look/holders.ts";
import type { Step } from "../../server/src/operations/operation.ts";
import { planGrow } from "../../server/src/operations/plans/grow.ts";
import { planMoveAside } from "../../server/src/operations/plans/move.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { run } from "../cli/run.ts";
import { needLoopDevices, needTools } from "../host/tools.ts";
import { asPlan, guestFolder, hashInside, makeImage, soundExt, targetAt, tool } from "./images.ts";

const ready = needTools("mkfs.ext4", "debugfs", "resize2fs", "qemu-io", "qemu-img", "python3");
const loops = ready && needLoopDevices();
const MiB = 1024 * 1024;
const quiet = { step: () => {} };

describe.skipIf(!ready)("an image that is held", () => {
  test("by QEMU: every operation refuses, names the process, and leaves everything as it is", async () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    const hash = makeImage(path, "ext4", 16);
    mkdirSync(join(folder, "..", "other"));
    tool("cp", path, join(folder, "..", "other", "copy.img"));
    // qemu-io opens an image as a guest's QEMU does, with the same locks of open file descriptions.
    const qemu = spawn("qemu-io", ["-f", "raw", path], { stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => void qemu.kill("SIGKILL"));
    qemu.stdin.write("length\n");
    await once(qemu.stdout, "data");
    const names = readdirSync(folder);
    for (const words of [
      ["grow", "data.img", "--size", "32M"],
      ["grow", "data.img", "--size", "32M", "--file-only"],
      ["backup", "data.img"],
      ["restore", "data.img", "--from", "../other/copy.img"],
      ["restore", "../other/copy.img", "--from", "data.img"],
      ["move-aside", "data.img"],
      ["adopt", "data.img", "--to", "other.img"],
      ["relabel", "data.img", "--label", "x"],
      ["chown", "data.img"],
      ["convert", "data.img"],
    ]) {
      const { code, err } = await run(["image", ...words, "--yes"], { cwd: folder });
      expect({ words, code, err }).toMatchObject({
        words,
        code: 2,
        err: expect.stringContaining(`qemu-io (${qemu.pid})`),
      });
    }
    expect(readdirSync(folder)).toEqual(names);
    expect(hashInside(path)).toBe(hash);
  });

  test("by a process without a lock: it is found, and a running plan stops before its next step", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const progress = { step: (index: number) => void (index === 3 && holdOpen(path)) };
    expect((await runPlan(plan, target, progress))?.id).toBe("operation.inUse");
    expect(render(findHolders(statSync(path)).found[0] as never)).toMatch(/^process sleep \(\d+\) has it open$/);
    expect(readdirSync(join(path, ".."))).toEqual(["data.img"]);
    expect({ hash: hashInside(path), size: statSync(path).size }).toEqual({ hash, size: 16 * MiB });
  });

  test("by a process that only maps it, having closed it", async () => {
    const path = join(guestFolder(), "data.img");
    makeImage(path, "ext4", 16);
    const program =
      "import mmap,sys,time; f=open(sys.argv[1],'r+b'); m=mmap.mmap(f.fileno(),4096); f.close(); print('mapped',flush=True); time.sleep(99)";
    const holder = spawn("python3", ["-c", program, path], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    const said = expect.stringMatching(new RegExp(`^process python3[.\\d]* \\(${holder.pid}\\) has it open$`));
    for (const open of [undefined, openFiles()]) {
      expect(findHolders(statSync(path), open).found.map((each) => render(each))).toEqual([said]);
    }
    const { code, err } = await run(["image", "grow", path, "--size", "32M", "--yes"], { cwd: "/" });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`(${holder.pid})`) });
  });

  test("in the very moment in which the new one takes its place: the old one is put back", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const before = statSync(path).ino;
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const at = plan.steps.findIndex(({ own }) => own?.kind === "replace");
    const progress = { step: (index: number) => void (index === at && holdOpen(path)) };
    expect((await runPlan(plan, target, progress))?.id).toBe("operation.run.takenMeanwhile");
    expect(statSync(path)).toMatchObject({ ino: before, size: 16 * MiB });
    expect(hashInside(path)).toBe(hash);
    expect(readdirSync(join(path, ".."))).toEqual(["data.img"]);
  });

  test("whose name leads to another file in the very moment of the change: that file stays, too", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const at = plan.steps.findIndex(({ own }) => own?.kind === "replace");
    const other = join(path, "..", "..", "other.img");
    const precious = makeImage(other, "ext4", 16);
    const progress = { step: (index: number) => void (index === at && renameSync(other, path)) };
    expect((await runPlan(plan, target, progress))?.id).toBe("operation.run.failed");
    expect(hashInside(path)).toBe(precious);
    expect(hashInside(`${path}.before-grow`)).toBe(hash);
    expect(readdirSync(join(path, "..")).sort()).toEqual(["data.img", "data.img.before-grow"]);
  });

  test("in the very moment in which it is moved: it gets its old name back", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const before = statSync(path).ino;
    const target = await targetAt(path);
    const plan = asPlan(planMoveAside(target));
    const at = plan.steps.findIndex(({ own }) => own?.kind === "unlink");
    const progress = { step: (index: number) => void (index === at && holdOpen(path)) };
    expect((await runPlan(plan, target, progress))?.id).toBe("operation.run.takenMoving");
    expect({ inode: statSync(path).ino, hash: hashInside(path) }).toEqual({ inode: before, hash });
    expect(readdirSync(join(path, ".."))).toEqual(["data.img"]);
  });

  test("written to while it was copied: nothing is replaced", async () => {
    const path = join(guestFolder(), "data.img");
    makeImage(path, "ext4", 16);
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const progress = { step: (index: number) => void (index === 2 && tool("tune2fs", "-L", "changed", path)) };
    expect((await runPlan(plan, target, progress))?.id).toBe("operation.run.changed");
    expect(statSync(path).size).toBe(16 * MiB);
    expect(tool("e2label", path).trim()).toBe("changed");
    expect(readdirSync(join(path, ".."))).toEqual(["data.img"]);
  });

  test("whose name leads elsewhere while it is copied: what was looked at is copied", async () => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const [secret, away, programs] = ["secret.img", "away.img", "programs"].map((name) => join(path, "..", "..", name));
    makeImage(secret as string, "ext4", 16, ["-L", "secret"]);
    mkdirSync(programs as string);
    // Back in its place before anybody looks again.
    const back = `"$real" "$@"; code=$?; mv -T '${away}' '${path}'; exit $code`;
    const real = `real=${tool("sh", "-c", "command -v cp").trim()}`;
    writeFileSync(join(programs as string, "cp"), `#!/bin/sh\n${real}; ${back}\n`, { mode: 0o755 });
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const before = process.env["PATH"];
    const progress = {
      step: (_: number, { argv }: Step) => {
        process.env["PATH"] = argv[0] === "cp" ? `${programs}:${before}` : before;
        if (argv[0] !== "cp") return;
        renameSync(path, away as string);
        symlinkSync(secret as string, path);
      },
    };
    expect(await runPlan(plan, target, progress)).toBeNull();
    expect({ hash: hashInside(path), label: tool("e2label", path).trim() }).toEqual({ hash, label: "" });
  });

  // Before `cp` it is removed; `truncate` is our own act and does not follow it; e2fsck is never started on it.
  test.each([
    [1, true],
    [2, false],
    [3, false],
  ])("whose copy is replaced by a link before step %i: what it leads to is not touched", async (before, goesOn) => {
    const path = join(guestFolder(), "data.img");
    const hash = makeImage(path, "ext4", 16);
    const precious = join(path, "..", "..", "precious.img");
    makeImage(precious, "ext4", 24);
    const digest = readFileSync(precious);
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const work = plan.leaves.work as string;
    // The third one is planted by the step before it, as by a process that watches the folder.
    const plant = (index: number): void => {
      if (index !== before) return;
      rmSync(work, { force: true });
      symlinkSync(precious, work);
    };
    const steps = plan.steps.map((step, index) =>
      index === 2 && before === 3 ? { does: step.does, argv: ["ln", "-s", "-f", "--", precious, work] as const } : step,
    );
    const stopped = await runPlan({ ...plan, steps }, target, { step: before === 3 ? () => {} : plant });
    expect(stopped === null).toBe(goesOn);
    expect(readFileSync(precious).equals(digest)).toBe(true);
    expect(hashInside(path)).toBe(hash);
  });

  test("by another operation: the second one refuses", async () => {
    const path = join(guestFolder(), "data.img");
    makeImage(path, "ext4", 16);
    const target = await targetAt(path);
    const plan = asPlan(planGrow(target, 32 * MiB));
    const second: string[] = [];
    const progress = {
      step: (index: number) => {
        if (index === 1) second.push(existsSync(journalPath(path)) ? "journal" : "");
        if (index === 1) void runPlan(plan, target, quiet).then((stopped) => second.push(stopped?.id ?? "ran"));
      },
    };
    expect(await runPlan(plan, target, progress)).toBeNull();
    expect(second).toEqual(["journal", "operation.run.begunMeanwhile"]);
    expect(existsSync(journalPath(path))).toBe(false);
  });

  test.skipIf(!loops)("by a loop device or a mount: named with its place", async () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    makeImage(path, "ext4", 16);
    const device = tool("losetup", "--find", "--show", path).trim();
    try {
      expect(findHolders(statSync(path)).found.map((text) => render(text))).toContain(
        `loop device ${device} is made of it`,
      );
      mkdirSync(join(folder, "mnt"));
      tool("mount", "-o", "ro", device, join(folder, "mnt"));
      const { code, err } = await run(["image", "grow", path, "--size", "32M", "--yes"]);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(join(folder, "mnt")) });
    } finally {
      spawnSync("umount", [join(folder, "mnt")]);
      spawnSync("losetup", ["-d", device]);
      rmdirSync(join(folder, "mnt"));
    }
  });
});

describe.skipIf(!loops)("a full disk", () => {
  test("at any amount of free space: the image stays as it is, and nothing else is left", async () => {
    const folder = guestFolder();
    const [disk, mnt] = [join(folder, "disk"), join(folder, "mnt")];
    makeImage(disk, "blank", 48);
    tool("mkfs.ext4", "-q", "-F", "-m", "0", disk);
    mkdirSync(mnt);
    tool("mount", "-o", "loop", disk, mnt);
    try {
      const path = join(mnt, "data.img");
      const hash = makeImage(path, "ext4", 8);
      const ends = new Set<string>();
      for (const leftKiB of [0, 4, 64, 1024, 3000, 4200, 4400, 4600, 5200, 8000]) {
        fill(mnt, leftKiB);
        const target = await targetAt(path);
        // As if the look at the free space had been too early.
        const seen = asPlan(planGrow({ ...target, freeBytes: null }, 24 * MiB));
        const plan = { ...seen, steps: seen.steps.map(({ needsBytes: _, ...step }) => step) };
        const stopped = await runPlan(plan, target, quiet);
        ends.add(stopped === null ? "done" : (String(stopped.args["step"] ?? stopped.id).split(" ")[0] as string));
        expect({ leftKiB, hash: hashInside(path), sound: soundExt(path) }).toEqual({ leftKiB, hash, sound: true });
        if (stopped === null) break;
        expect(readdirSync(mnt).sort()).toEqual(["data.img", "filler", "lost+found"]);
        expect(statSync(path).size).toBe(8 * MiB);
      }
      expect(ends).toContain("cp");
      expect(ends.size).toBeGreaterThan(1);
      process.stderr.write(`ended at: ${[...ends].join(", ")}\n`);
    } finally {
      tool("umount", mnt);
    }
  });

  /** Leaves about so much free. */
  function fill(mnt: string, leftKiB: number): void {
    const filler = join(mnt, "filler");
    writeFileSync(filler, "");
    tool("sync", "-f", mnt);
    const free = Number(
      tool("stat", "-f", "-c", "%a*%S", mnt)
        .split("*")
        .reduce((a, b) => String(Number(a) * Number(b))),
    );
    spawnSync("fallocate", ["-l", String(Math.max(free - leftKiB * 1024, 1)), filler]);
  }
});

/** Another process has the file open until the test is over. */
function holdOpen(path: string): void {
  const fd = openSync(path, "r");
  const child = spawn("sleep", ["600"], { stdio: [fd, "ignore", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  closeSync(fd);
}

describe.skipIf(!loops)("an image of which another mount namespace made a loop device", () => {
  test("is held, though its path there means nothing here, and after that namespace is gone", async () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    const hash = makeImage(path, "ext4", 16);
    const hidden = join(folder, "..", "hidden");
    mkdirSync(hidden);
    const script = 'mount --bind "$0" "$1" && losetup --find --show "$1/data.img"';
    const made = spawnSync("unshare", ["--mount", "sh", "-c", script, folder, hidden], { encoding: "utf8" });
    const device = made.stdout.trim();
    expect({ ...made, device }).toMatchObject({ status: 0, device: expect.stringMatching(/^\/dev\/loop\d+$/) });
    try {
      expect(findHolders(statSync(path)).found.map((each) => render(each))).toEqual([
        `loop device ${device} is made of it`,
      ]);
      const { code, err } = await run(["image", "grow", path, "--size", "32M", "--yes"], { cwd: "/" });
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(device) });
    } finally {
      tool("losetup", "--detach", device);
    }
    expect(findHolders(statSync(path)).found).toEqual([]);
    expect(hashInside(path)).toBe(hash);
  });
});
