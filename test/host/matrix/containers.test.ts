import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageFacts } from "../../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../../server/src/disk/local/probe-local.ts";
import { needTools } from "../tools.ts";
import { inParallel, run } from "./run.ts";

const ready = needTools("qemu-img", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat");

/** Formats as qemu-img names them, with their options; -c: compressed. */
const formats: readonly (readonly [string, string])[] = [
  ["qcow2", "compat=0.10"],
  ["qcow2", "compat=1.1"],
  ["qcow2", "cluster_size=512"],
  ["qcow2", "cluster_size=4k"],
  ["qcow2", "cluster_size=2M"],
  ["qcow2", "lazy_refcounts=on"],
  ["qcow2", "extended_l2=on,cluster_size=128k"],
  ["qcow2", "preallocation=metadata"],
  ["qcow2", "refcount_bits=64"],
  ["qcow2", "-c cluster_size=64k"],
  ["qcow2", "-c cluster_size=4k"],
  ["qcow2", "-c cluster_size=1M"],
  ["qcow2", "-c extended_l2=on,cluster_size=128k"],
  ["vpc", "subformat=dynamic"],
  ["vpc", "subformat=dynamic,force_size=on"],
  ["vpc", "subformat=fixed"],
  ["vpc", "subformat=fixed,force_size=on"],
  ["vhdx", "subformat=dynamic"],
  ["vhdx", "subformat=fixed"],
  ["vhdx", "block_size=1M"],
  ["vhdx", "block_size=256M"],
];
const filesystems = ["ext4", "xfs", "btrfs", "vfat"] as const;
/** Of microvm.nix's imageType, by the name that qemu-img gives it. */
const namesHere: Readonly<Record<string, string>> = { vpc: "vhd" };

interface Info {
  readonly "virtual-size": number;
  readonly format: string;
  readonly "backing-filename"?: string;
  readonly "dirty-flag"?: boolean;
}

let folder: string;
const raw = new Map<string, ImageFacts>();
const found = new Map<string, { ours: ImageFacts; info: Info }>();

beforeAll(async () => {
  if (!ready) return;
  folder = mkdtempSync(join(tmpdir(), "lens-containers-"));
  await inParallel(["", ...filesystems], 2, async (fsType) => {
    const source = join(folder, `${fsType}.raw`);
    const fd = openSync(source, "w");
    ftruncateSync(fd, 320 << 20);
    closeSync(fd);
    if (fsType !== "") await run(`mkfs.${fsType}`, [fsType === "vfat" ? "-n" : "-L", "INNER", source]);
    raw.set(fsType, await look(source));
  });
  const rows = formats.flatMap(([format, option]) =>
    ["", ...filesystems].map((fsType) => ({ format, option, fsType })),
  );
  await inParallel(rows, 2, async ({ format, option, fsType }) => {
    const path = join(folder, `${format}-${option}-${fsType}`.replaceAll(/[^\w-]/g, "_"));
    const options = option.startsWith("-c ") ? ["-c", "-o", option.slice(3)] : ["-o", option];
    const made = await run("qemu-img", ["convert", "-O", format, ...options, join(folder, `${fsType}.raw`), path]);
    if (made.status !== 0) throw new Error(made.stderr);
    found.set(`${format} ${option} ${fsType}`, { ours: await look(path), info: await ask(path, format) });
    rmSync(path);
  });
});

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

async function look(path: string): Promise<ImageFacts> {
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: folder, paths: [path], directories: [] });
  const image = facts.images.get(path);
  if (image?.state !== "seen") throw new Error(JSON.stringify(image));
  return image.value;
}

async function ask(path: string, format: string): Promise<Info> {
  // QEMU never guesses a VHD that has no copy of the footer in front.
  const { stdout } = await run("qemu-img", ["info", "--output=json", "-f", format, path]);
  return JSON.parse(stdout) as Info;
}

/** How full these are stands in more compressed clusters of this size than are unpacked of one image. */
const tooManyClusters = new Set(["qcow2 -c cluster_size=1M xfs", "qcow2 -c cluster_size=1M btrfs"]);

/** The whole disk is allocated, or its map is made of very small blocks. */
function readsMuch(option: string): boolean {
  return /fixed|preallocation|cluster_size=512/.test(option);
}

describe.runIf(ready)("containers, as qemu-img sees them, and what lies inside, as in the raw image", () => {
  for (const [format, option] of formats) {
    for (const fsType of ["", ...filesystems]) {
      it(`${format} ${option} ${fsType === "" ? "blank" : fsType}`, () => {
        const { ours, info } = found.get(`${format} ${option} ${fsType}`) as { ours: ImageFacts; info: Info };
        expect(ours.container).toEqual({
          state: "seen",
          value: {
            format: namesHere[info.format] ?? info.format,
            virtualBytes: info["virtual-size"],
            backingFile: null,
            dirty: info["dirty-flag"] ?? false,
            corrupt: false,
          },
          by: `${namesHere[info.format] ?? info.format} header`,
        });
        const inside = raw.get(fsType) as ImageFacts;
        if (tooManyClusters.has(`${format} ${option} ${fsType}`)) {
          expect(ours.filesystem).toMatchObject({ reason: "unsupported", detail: expect.stringContaining("so many") });
        } else expect(ours.filesystem).toEqual(inside.filesystem);
        // Where more would have to be read than is read at most, it is not known.
        if (fsType === "" && readsMuch(option)) expect([true, null]).toContain(ours.blank);
        else if (!tooManyClusters.has(`${format} ${option} ${fsType}`)) expect(ours.blank).toBe(fsType === "");
      });
    }
  }

  it("names the backing file, and does not guess what is in it", async () => {
    const path = join(folder, "overlay.qcow2");
    const base = join(folder, "ext4.raw");
    await run("qemu-img", ["create", "-f", "qcow2", "-F", "raw", "-b", base, path]);
    const ours = await look(path);
    expect(ours.container).toMatchObject({ value: { backingFile: base, virtualBytes: 320 << 20 } });
    expect(ours.filesystem).toEqual({
      state: "unreadable",
      reason: "unsupported",
      detail: "not read through data in the backing file",
    });
    expect(ours.blank).toBeNull();
  });

  it("a btrfs on two devices is known as one whose size must not be judged", async () => {
    const [one, two] = ["one.img", "two.img"].map((name) => join(folder, name)) as [string, string];
    for (const path of [one, two]) await run("truncate", ["-s", "256M", path]);
    expect(await run("mkfs.btrfs", ["-q", "-d", "single", one, two])).toMatchObject({ status: 0 });
    for (const path of [one, two]) {
      expect((await look(path)).filesystem).toMatchObject({ value: { type: "btrfs", multipleDevices: true } });
    }
    expect(raw.get("btrfs")?.filesystem).toMatchObject({ value: { multipleDevices: false } });
  });

  it("says which compressed clusters are not followed", async () => {
    const path = join(folder, "compressed.qcow2");
    for (const [fsType, option, detail] of [
      ["ext4", "compression_type=zstd", "not read through compressed clusters (zstd)"],
      ["xfs", "cluster_size=2M", "not read through so many compressed clusters"],
    ] as const) {
      const source = join(folder, `${fsType}.raw`);
      expect(await run("qemu-img", ["convert", "-c", "-O", "qcow2", "-o", option, source, path])).toMatchObject({
        status: 0,
      });
      const ours = await look(path);
      expect(ours.container).toMatchObject({ value: { virtualBytes: 320 << 20 } });
      expect(ours.filesystem).toEqual({ state: "unreadable", reason: "unsupported", detail });
      rmSync(path);
    }
  });

  it("a qcow2 that is cut off is malformed or unreadable, never wrong", async () => {
    const path = join(folder, "cut.qcow2");
    await run("qemu-img", ["convert", "-O", "qcow2", join(folder, "ext4.raw"), path]);
    for (const bytes of [8, 40, 104, 65536, 196608, 262144, 327680]) {
      await run("truncate", ["-s", `${bytes}`, path]);
      const ours = await look(path);
      expect(ours.filesystem.state).not.toBe("seen");
      await run("qemu-img", ["convert", "-O", "qcow2", join(folder, "ext4.raw"), path]);
    }
  });
});
