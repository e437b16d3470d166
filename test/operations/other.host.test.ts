import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { lookAtPlace } from "../../server/src/operations/look/look.ts";
import { planConvert } from "../../server/src/operations/plans/convert.ts";
import { planAdopt, planBackUp, planMoveAside } from "../../server/src/operations/plans/move.ts";
import { planChown } from "../../server/src/operations/plans/owner.ts";
import { planRelabel } from "../../server/src/operations/plans/relabel.ts";
import { runPlan } from "../../server/src/operations/run.ts";
import { run } from "../cli/run.ts";
import { schemaErrors } from "../cli/schemas.ts";
import { needTools } from "../host/tools.ts";
import { asPlan, guestFolder, hashInside, makeImage, refusal, soundExt, targetAt, tool } from "./images.ts";
import { buildVictim } from "./kill.ts";

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

describe.skipIf(!ready)("relabel that is killed", () => {
  test("between the label and the checksum of the superblock, which tune2fs writes one after the other", async () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    const hash = makeImage(path, "ext4", 16);
    const programs = join(folder, "..", "programs");
    mkdirSync(programs);
    // The label without its checksum, as on the disk at that instant.
    const halfway = `printf FRESH | dd of="$3" bs=1 seek=1144 conv=notrunc status=none; kill -KILL $$`;
    writeFileSync(join(programs, "tune2fs"), `#!/bin/sh\n${halfway}\n`, { mode: 0o755 });
    const before = process.env["PATH"];
    process.env["PATH"] = `${programs}:${before}`;
    onTestFinished(() => {
      process.env["PATH"] = before;
    });
    const target = await targetAt(path);
    const stopped = await runPlan(asPlan(planRelabel(target, "FRESH")), target, quiet);
    expect(stopped?.args["how"]).toBe("SIGKILL");
    expect({ hash: hashInside(path), sound: soundExt(path) }).toEqual({ hash, sound: true });
    expect(readdirSync(folder)).toEqual(["data.img"]);
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

  // In a mount namespace of its own, this machine has the user and the group, with ids that nobody else has.
  test.skipIf(process.getuid?.() !== 0)("chown gives the image to microvm:kvm, and nothing else of it changes", () => {
    const folder = guestFolder();
    const path = join(folder, "data.img");
    const hash = makeImage(path, "ext4", 16);
    tool("chmod", "0440", path);
    const [passwd, group] = [join(folder, "..", "passwd"), join(folder, "..", "group")];
    writeFileSync(
      passwd,
      `${readFileSync("/etc/passwd", "utf8")}microvm:x:61234:61235::/var/lib/microvms:/bin/false\n`,
    );
    writeFileSync(group, `${readFileSync("/etc/group", "utf8").replace(/^kvm:.*\n/m, "")}kvm:x:61235:\n`);
    const script = 'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group && shift 2 && exec "$@"';
    const victim = [process.execPath, buildVictim(), "chown", path, "", "-1"];
    tool("unshare", "--mount", "sh", "-ec", script, "sh", passwd, group, ...victim);
    const { uid, gid, mode } = statSync(path);
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 61234, gid: 61235, mode: 0o640 });
    expect(hashInside(path)).toBe(hash);
    expect(readdirSync(folder)).toEqual(["data.img"]);
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

  test("prints the plan for programs, which are told how far it is and may break it off", async () => {
    const cwd = guestFolder();
    const path = join(cwd, "data.img");
    makeImage(path, "ext4", 16);
    const plan = await run(["image", "grow", "data.img", "--size", "32M", "--json"], { cwd });
    expect(schemaErrors("image", JSON.parse(plan.out))).toEqual([]);
    expect(JSON.parse(plan.out)).toMatchObject({ state: "plan", destroys: null, steps: { length: 11 } });
    const nothing = await run(["image", "complete", "data.img", "--json"], { cwd });
    expect(JSON.parse(nothing.out)).toMatchObject({ state: "done", steps: [] });

    const grow = (size: string, socket: string) =>
      run(["image", "grow", "data.img", "--size", size, "--yes", "--progress", socket], { cwd });
    const cancelled = await listen(({ step }) => (step === 4 ? "cancel" : null));
    expect(await grow("32M", cancelled.path)).toMatchObject({ code: 2, err: expect.stringContaining("interrupted") });
    expect((await cancelled.messages()).at(-1)).toEqual({ end: "interrupted" });
    expect(readdirSync(cwd)).toEqual(["data.img"]);
    const followed = await listen(() => null);
    expect((await grow("32M", followed.path)).code).toBe(0);
    const messages = await followed.messages();
    expect(messages.filter(({ step }) => step !== undefined).map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect(messages.at(-1)).toEqual({ end: null });
    const nobody = await grow("48M", join(cwd, "nobody"));
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining("--progress") });
    expect(statSync(path).size).toBe(32 * 1024 * 1024);
  });

  test.each([
    [["image"], "image takes one of"],
    [["image", "shrink", "data.img"], "image takes one of"],
    [["image", "grow"], "image grow takes one image"],
    [["image", "grow", "data.img"], "image grow needs --size"],
    [["image", "grow", "data.img", "--size", "lots"], "--size takes a size"],
    [["image", "grow", "nowhere.img", "--size", "1G"], "no such file"],
    [["image", "grow", ".", "--size", "1G"], "not a regular file"],
    [["image", "grow", "data.img", "--size", "1M"], "shorter would cut off data"],
  ])("refuses %j in words", async (argv, words) => {
    const cwd = guestFolder();
    makeImage(join(cwd, "data.img"), "ext4", 16);
    const { code, err } = await run(argv, { cwd });
    expect(code).toBe(2);
    expect(err).toContain(words);
  });
});

interface Message {
  readonly step?: number;
  readonly end?: string | null;
}

/** Listens as an editor does, and answers what `answer` says. */
async function listen(answer: (message: Message) => string | null) {
  const path = join(guestFolder(), "socket");
  const messages: Message[] = [];
  let over: () => void = () => {};
  const closed = new Promise<void>((done) => {
    over = done;
  });
  const server = createServer((socket) => {
    createInterface({ input: socket }).on("line", (line) => {
      const message = JSON.parse(line) as Message;
      messages.push(message);
      const words = answer(message);
      if (words !== null) socket.write(`${words}\n`);
    });
    socket.on("close", over);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((go) => server.listen(path, go));
  return { path, messages: () => closed.then(() => messages) };
}
