import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { journalPath } from "../../server/src/operations/journal.ts";
import { run } from "../cli/run.ts";
import { needTools } from "../host/tools.ts";
import { guestFolder, hashInside, makeImage } from "./images.ts";

const ready = needTools("mkfs.ext4", "debugfs", "e2fsck", "resize2fs");

/** A folder with an image that was grown, and the old one beside it. */
async function grown(): Promise<{ cwd: string; image: string; old: string; hash: string }> {
  const cwd = guestFolder();
  const image = join(cwd, "data.img");
  const hash = makeImage(image, "ext4", 16);
  expect((await run(["image", "grow", "data.img", "--size", "32M", "--yes"], { cwd })).code).toBe(0);
  return { cwd, image, old: `${image}.before-grow`, hash };
}

describe.skipIf(!ready)("what an operation kept", () => {
  test("is deleted when that is asked for, and the image in its place stays as it is", async () => {
    const { cwd, image, old, hash } = await grown();
    const shown = await run(["image", "delete-old", old, "--unseen"], { cwd });
    expect(shown.out).toMatch(/Delete the old image .*data\.img\.before-grow \([\d.]+ MiB on disk\)/);
    expect(shown.out).toContain("lost: the content of the old image");
    expect(existsSync(old)).toBe(true);
    // Whoever runs the tests may not see everybody; that it refuses then is a test of its own (unseen.host.test.ts).
    expect((await run(["image", "delete-old", old, "--yes", "--unseen"], { cwd })).code).toBe(0);
    expect(readdirSync(cwd)).toEqual(["data.img"]);
    expect(hashInside(image)).toBe(hash);
  });

  test("tells programs before where it will be, and how much it takes", async () => {
    const cwd = guestFolder();
    makeImage(join(cwd, "data.img"), "ext4", 16);
    const { out } = await run(["image", "grow", "data.img", "--size", "32M", "--json"], { cwd });
    const { old, room } = JSON.parse(out) as { old: { path: string; bytes: number }; room: string };
    expect(old.path).toBe(join(cwd, "data.img.before-grow"));
    expect(old.bytes).toBeGreaterThan(1_000_000);
    expect(room).toMatch(/^a copy takes up to .*, .* are free$/);
  });

  const changes: [string, (of: { image: string; old: string }) => string | undefined][] = [
    ["there is no image in its place", ({ image }) => void rmSync(image)],
    ["what is in its place is blank", ({ image }) => void writeFileSync(image, Buffer.alloc(64 << 20))],
    ["what is in its place is shorter", ({ image }) => void makeImage(image, "ext4", 8)],
    ["what is in its place is the same file", ({ image, old }) => void alias(image, old)],
    ["what is in its place is a link", ({ image }) => void behindLink(image)],
    ["it is a link itself", ({ old }) => void behindLink(old)],
    ["its name is none that an operation gives", ({ old }) => renamed(old, `${old}.bak`)],
    ["it is the image", ({ image }) => image],
  ];
  test.each(changes)("stays where %s", async (_, change) => {
    const { cwd, image, old } = await grown();
    const path = change({ image, old }) ?? old;
    const names = readdirSync(cwd).sort();
    const before = readFileSync(path);
    const { code, err } = await run(["image", "delete-old", path, "--yes", "--unseen"], { cwd });
    expect({ code, says: err.length > 0 }).toEqual({ code: 2, says: true });
    expect(readdirSync(cwd).sort()).toEqual(names);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("is finished after a crash right behind the act", async () => {
    const { cwd, old } = await grown();
    const plan = JSON.parse((await run(["image", "delete-old", old, "--json", "--unseen"], { cwd })).out);
    expect(plan.steps[0].argv[0]).toBe("rm");
    const journal = {
      version: 1,
      operation: "delete-old",
      image: { path: old, device: 1, inode: 1, bytes: 1, modifiedMs: 1 },
      work: null,
      kept: null,
      placed: null,
      mountPoint: null,
      process: { pid: 1 << 22, started: "1", boot: "none" },
    };
    writeFileSync(journalPath(old), JSON.stringify(journal));
    rmSync(old);
    const done = await run(["image", "complete", old, "--yes"], { cwd });
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("is finished") });
    expect(readdirSync(cwd)).toEqual(["data.img"]);
  });

  test("stays while somebody holds it", async () => {
    const { cwd, old } = await grown();
    const held = openSync(old, "r");
    const holder = spawn("sleep", ["60"], { stdio: [held, "ignore", "ignore"] });
    closeSync(held);
    const { code, err } = await run(["image", "delete-old", old, "--yes", "--unseen"], { cwd });
    holder.kill("SIGKILL");
    expect({ code, there: existsSync(old) }).toEqual({ code: 2, there: true });
    expect(err).toContain("sleep");
  });
});

/** Gives a file another name, and its name to a link that leads there. */
function behindLink(path: string): void {
  renameSync(path, `${path}.x`);
  symlinkSync(`${path}.x`, path);
}

/** The same file under both names. */
function alias(name: string, file: string): void {
  rmSync(name);
  linkSync(file, name);
}

function renamed(path: string, to: string): string {
  renameSync(path, to);
  return to;
}
