import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FilesystemFacts, HostFacts, ImageFacts, ProbeRequest } from "../../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../../server/src/disk/local/probe-local.ts";
import { observeMachine } from "../../../server/src/disk/observe.ts";
import { Gathering } from "../../../server/src/disk/remote/remote-gathering.ts";
import { RemoteMachine } from "../../../server/src/disk/remote/remote-machine.ts";
import { remoteScript } from "../../../server/src/disk/remote/remote-script.ts";
import { TranscriptReader } from "../../../server/src/disk/remote/transcript.ts";
import { askShell } from "../../harness/ask-shell.ts";
import { Random } from "../../harness/random.ts";
import { MountSpace } from "../mount-space.ts";
import { needLoopDevices, needTools } from "../tools.ts";
import { judge } from "./judges.ts";
import { type Container, type RandomImage, randomContainer, randomImage } from "./random-images.ts";
import { run } from "./run.ts";

const ready =
  needLoopDevices() &&
  needTools(
    ...["mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "blkid", "dumpe2fs", "xfs_db", "btrfs", "fsck.vfat"],
    ...["tune2fs", "resize2fs", "e2fsck", "debugfs", "xfs_admin", "btrfstune", "fatlabel", "mount", "nsenter"],
    "qemu-img",
  );
const runs = Number(process.env["RUNS"] ?? 16);
const seed = Number(process.env["SEED"] ?? 20261122);

/** What is compared with the tools, exactly. */
type Compared = Pick<FilesystemFacts, "label" | "uuid" | "sizeBytes"> & { readonly type: string | null };

it.runIf(ready)(`${runs} images made with random options, and used, are what their tools say`, async () => {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), "lens-random-"));
  const [path, packed, mountPoint] = ["random.img", "packed.img", "mnt"].map((name) => join(folder, name)) as Three;
  const space = await MountSpace.open();
  const differences: unknown[] = [];
  let compared = 0;
  try {
    mkdirSync(mountPoint);
    for (let i = 0; i < runs; i++) {
      const image = randomImage(random);
      const container = randomContainer(random);
      const done = await make(image, path, mountPoint, space);
      // Some options exclude each other: then there is nothing to compare.
      if (done.length > 0) {
        compared++;
        const found = [...(await besideTools(image, path)), ...(await besideShell(path, false))];
        const { status } = await run("qemu-img", ["convert", "-f", "raw", ...container.words, path, packed]);
        if (status === 0) found.push(...(await insideContainer(container, path, packed)));
        if (found.length > 0) differences.push({ i, size: image.sizeBytes, done, container: container.words, found });
      }
      rmSync(path);
      rmSync(packed, { force: true });
    }
  } finally {
    await space.close();
    rmSync(folder, { recursive: true });
  }
  if (process.env["RUNS"] !== undefined) process.stderr.write(`${compared} images compared\n`);
  expect(differences).toEqual([]);
  expect(compared).toBeGreaterThan(runs / 2);
});

type Three = [string, string, string];

/** The steps that worked; none where even the first one failed. */
async function make(
  { sizeBytes, steps }: RandomImage,
  path: string,
  mountPoint: string,
  space: MountSpace,
): Promise<readonly string[]> {
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  const done: string[] = [];
  for (const step of steps) {
    const [program = "", ...args] = step.map((word) => word.replace("IMAGE", path).replace("MOUNT", mountPoint));
    const { status } = await space.run(program, ...args);
    // e2fsck says with 1 that it has mended something.
    const worked = status === 0 || (program === "e2fsck" && status === 1);
    if (worked) done.push(step.join(" "));
    else if (done.length === 0) return [];
  }
  return done;
}

async function besideTools({ type }: RandomImage, path: string): Promise<readonly unknown[]> {
  const { filesystem } = await look(path);
  const ours = filesystem.state === "seen" ? pick(filesystem.value) : filesystem;
  return differing(ours, pick({ sizeBytes: 0, ...(await judge(path, type)) }));
}

function pick({ type, label, uuid, sizeBytes }: Compared): Compared {
  return { type, label, uuid, sizeBytes };
}

/** The script that is sent over ssh, run by both shells that it must be content with. */
async function besideShell(path: string, isCompressed: boolean): Promise<readonly unknown[]> {
  const here = await look(path);
  const found: unknown[] = [];
  for (const shell of [["sh"], ["busybox", "sh"]]) {
    const transcript = new TranscriptReader();
    askShell(shell, remoteScript(request(path), "token"), new Gathering(transcript));
    const machine = new RemoteMachine(transcript);
    const there = seen(await observeMachine(machine, request(path), { host: "there", nowMs: 0 }), path);
    // Not all clusters of compressed images are brought, which is said.
    if (isCompressed && there.filesystem.state === "unreadable") continue;
    found.push(...differing({ ...here, allocatedBytes: 0 }, { ...there, allocatedBytes: 0 }));
  }
  return found;
}

async function insideContainer(container: Container, path: string, packed: string): Promise<readonly unknown[]> {
  const [outside, inside] = [await look(path), await look(packed)];
  if (container.isCompressed && inside.filesystem.state === "unreadable") return [];
  return [...differing(inside.filesystem, outside.filesystem), ...(await besideShell(packed, container.isCompressed))];
}

function differing(ours: unknown, theirs: unknown): readonly unknown[] {
  return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ ours, theirs }];
}

function request(path: string): ProbeRequest {
  return { stateDir: "/none", paths: [path], directories: [] };
}

async function look(path: string): Promise<ImageFacts> {
  return seen(await createLocalProbe({ host: "here" }).observe(request(path)), path);
}

function seen(facts: HostFacts, path: string): ImageFacts {
  const image = facts.images.get(path);
  if (image?.state !== "seen") throw new Error(JSON.stringify(image));
  return image.value;
}
