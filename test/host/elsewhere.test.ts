import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { textFiles } from "../../scripts/lib/text-files.mjs";
import type { ImageFacts } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { buildImage } from "../harness/disk-builder.ts";
import { run } from "./matrix/run.ts";
import { needLoopDevices, needTools } from "./tools.ts";

const isRoot = needLoopDevices();
const ready = isRoot && needTools("unshare", "python3", "flock", "losetup", "setpriv");

let bundles: string;
let folder: string;
beforeAll(async () => {
  bundles = mkdtempSync(join(tmpdir(), "lens-scan-program-"));
  chmodSync(bundles, 0o755);
  const entryPoints = [join(import.meta.dirname, "scan-program.ts")];
  await build({
    entryPoints,
    outdir: bundles,
    bundle: true,
    loader: textFiles,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
});
afterAll(() => rmSync(bundles, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-elsewhere-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Printed {
  readonly turns: number;
  readonly first: Scan;
  readonly again: Scan;
}
interface Scan {
  readonly stateDirExists: boolean | null;
  readonly guests: readonly {
    readonly name: string;
    readonly images: readonly Image[];
    readonly unreadable: Record<string, Problem>;
  }[];
  readonly otherImages: readonly Image[];
  readonly unreadable: Record<string, Problem>;
}
interface Image {
  readonly path: string;
  readonly apparent: number | null;
  readonly unreadable: Record<string, Problem>;
  readonly filesystem: { readonly type: string } | null;
}
interface Problem {
  readonly reason: string;
  readonly detail: string;
}

async function printed(command: readonly string[]): Promise<Printed & { readonly status: number }> {
  const [program = "", ...args] = command;
  const { stdout, stderr, status } = await run(program, args);
  expect(stderr).toBe("");
  return { ...(JSON.parse(stdout) as Printed), status };
}

function scanProgram(...args: readonly string[]): readonly string[] {
  return [process.execPath, join(bundles, "scan-program.mjs"), ...args];
}

async function look(path: string): Promise<ImageFacts> {
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: folder, paths: [path], directories: [] });
  const seen = facts.images.get(path);
  if (seen?.state !== "seen") throw new Error(JSON.stringify(seen));
  return seen.value;
}

describe.runIf(ready)("a file system that does not answer", () => {
  it("costs a time limit and no more: everything else is read, and the event loop runs on", async () => {
    const hung = join(folder, "hung");
    const stateDir = join(folder, "microvms");
    mkdirSync(hung);
    buildImage(join(stateDir, "web", "data.img"), { sizeMiB: 16, fsType: "ext4" });
    buildImage(join(stateDir, "web", "there.img"), { sizeMiB: 16, fsType: "ext4" });
    symlinkSync(join(hung, "x.img"), join(stateDir, "web", "link.img"));
    symlinkSync(hung, join(stateDir, "db"));
    const paths = [join(hung, "a.img"), join(hung, "b.img"), join(hung, "deep", "c.img")];
    const inSpace = [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "python3",
      join(import.meta.dirname, "hang.py"),
      hung,
    ];
    const { first, again, turns } = await printed([...inSpace, ...scanProgram(stateDir, "400", ...paths)]);
    for (const scan of [first, again]) {
      const web = scan.guests.find(({ name }) => name === "web");
      expect(web?.images.map(({ path, filesystem }) => [path.split("/").at(-1), filesystem?.type ?? null])).toEqual([
        ["data.img", "ext4"],
        ["link.img", null],
        ["there.img", "ext4"],
      ]);
      for (const path of paths) {
        expect(scan.otherImages.find((image) => image.path === path)?.unreadable["image"]).toEqual({
          reason: "timeout",
          detail: `the file system at ${hung} did not answer within 0.4 s`,
        });
      }
      expect(scan.guests.find(({ name }) => name === "db")?.unreadable["current"]).toMatchObject({ reason: "timeout" });
    }
    // Some turns of 10 ms while the time limit of 400 ms ran.
    expect(turns).toBeGreaterThan(5);
  });

  it("a state directory on it", async () => {
    const hung = join(folder, "hung");
    mkdirSync(hung);
    const inSpace = [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "python3",
      join(import.meta.dirname, "hang.py"),
      hung,
    ];
    const { first, turns, status } = await printed([...inSpace, ...scanProgram(join(hung, "microvms"), "400")]);
    // Where Node cannot become another program, only SIGKILL ends it while a thread hangs.
    expect(status).toBe("execve" in process ? 0 : 256 - 9);
    expect(first.stateDirExists).toBeNull();
    expect(first.unreadable["stateDirExists"]).toMatchObject({ reason: "timeout" });
    expect(turns).toBeGreaterThan(5);
  });
});

describe.runIf(ready)("another user", () => {
  const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

  it("sees sizes where it may not read, and is told what it may not see", async () => {
    const stateDir = join(folder, "microvms");
    buildImage(join(stateDir, "open", "data.img"), { sizeMiB: 16, fsType: "ext4" });
    buildImage(join(stateDir, "open", "secret.img"), { sizeMiB: 16, fsType: "ext4", mode: 0o600 });
    buildImage(join(stateDir, "closed", "data.img"), { sizeMiB: 16, fsType: "ext4" });
    chmodSync(join(stateDir, "closed"), 0o700);
    const { first } = await printed([
      ...asNobody,
      ...scanProgram(stateDir, "3000", join(stateDir, "closed", "data.img")),
    ]);
    const [closed, open] = first.guests;
    expect(closed).toMatchObject({
      name: "closed",
      unreadable: { current: { reason: "permission", detail: "permission denied" } },
    });
    expect(open?.images).toMatchObject([
      { apparent: 16 << 20, filesystem: { type: "ext4" } },
      {
        apparent: 16 << 20,
        filesystem: null,
        unreadable: { format: { reason: "permission" }, filesystem: { reason: "permission" } },
      },
    ]);
    expect(first.otherImages[0]?.unreadable["image"]).toMatchObject({ reason: "permission" });
  });

  it("a state directory that it may not enter", async () => {
    const stateDir = join(folder, "microvms");
    mkdirSync(stateDir, { mode: 0o700 });
    chownSync(stateDir, 0, 0);
    const { first } = await printed([...asNobody, ...scanProgram(stateDir)]);
    expect(first.unreadable["stateDirExists"]).toEqual({ reason: "permission", detail: "permission denied" });
  });
});

describe.runIf(ready)("images in use", () => {
  let holder: ChildProcess | undefined;
  afterEach(() => {
    holder?.kill();
  });

  it("a lock is seen, as QEMU holds one, and makes the guest a running one", async () => {
    const path = join(folder, "web", "data.img");
    buildImage(path, { sizeMiB: 16, fsType: "xfs" });
    holder = spawn("flock", [path, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((locked) => holder?.stdout?.once("data", locked));
    const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: folder, paths: [], directories: [] });
    const [guest] = facts.guests;
    expect(guest?.running).toMatchObject({
      state: "seen",
      value: true,
      by: expect.stringMatching(/^a lock of process \d+/),
    });
    // xfs does not mark itself as mounted: while somebody has it, its counts are those of the last commit.
    expect((await look(path)).filesystem).toMatchObject({ value: { space: { value: { asOf: "commit" } } } });
    const ended = new Promise((finish) => holder?.once("exit", finish));
    holder.stdin?.end();
    await ended;
    expect((await look(path)).inUse).toEqual({ state: "absent" });
    expect((await look(path)).filesystem).toMatchObject({ value: { space: { value: { asOf: "rest" } } } });
  });

  it("a block device: its size, and the filesystem on it", async () => {
    const path = join(folder, "web", "data.img");
    buildImage(path, { sizeMiB: 16, fsType: "ext4", label: "on-device", mkfs: ["-q", "-F"] });
    const { stdout } = await run("losetup", ["--find", "--show", path]);
    const device = stdout.trim();
    try {
      expect(await look(device)).toMatchObject({
        kind: "block-device",
        apparentBytes: 16 << 20,
        filesystem: { state: "seen", value: { type: "ext4", label: "on-device" } },
      });
      expect((await look(path)).inUse).toEqual({ state: "seen", value: true, by: `loop device ${device}` });
      // A link to a device is what a volume on a logical volume looks like.
      symlinkSync(device, join(folder, "web", "volume.img"));
      expect(await look(join(folder, "web", "volume.img"))).toMatchObject({
        linkKind: "symlink",
        kind: "block-device",
        realPath: device,
      });
    } finally {
      await run("losetup", ["-d", device]);
    }
  });
});
