import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContentType, ImageFacts } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { buildImage, type ImageSpec } from "./disk-builder.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-builder-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function built(spec: ImageSpec): Promise<ImageFacts> {
  const path = join(folder, "guest", "data.img");
  buildImage(path, spec);
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir: folder, paths: [path], directories: [] });
  const image = facts.images.get(path);
  if (image?.state !== "seen") throw new Error(`not seen: ${JSON.stringify(image)}`);
  return image.value;
}

function filesystem({ filesystem: observed }: ImageFacts) {
  if (observed.state !== "seen") throw new Error(`no filesystem: ${JSON.stringify(observed)}`);
  return observed.value;
}

describe("the disk builder and the readers agree", () => {
  const volumes = ["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"] as const;
  for (const fsType of volumes) {
    it(`${fsType}: type, label, sizes, state`, async () => {
      const image = await built({ sizeMiB: 512, fsType, label: "store", freeMiB: 100, filesystemMiB: 400 });
      expect(image.apparentBytes).toBe(512 << 20);
      expect(image.blank).toBe(false);
      expect(filesystem(image)).toMatchObject({
        type: fsType,
        label: "store",
        sizeBytes: 400 << 20,
        // A made-up btrfs has no trees to count in.
        ...(fsType === "btrfs" ? {} : { space: { state: "seen", value: { freeBytes: 100 << 20, asOf: "rest" } } }),
        state: "clean",
      });
    });

    it(`${fsType}: needs recovery`, async () => {
      const image = await built({ sizeMiB: 512, fsType, state: "needs-recovery" });
      expect(filesystem(image)).toMatchObject({ state: "needs-recovery", label: null });
    });
  }

  const others = (
    "luks gpt mbr swap erofs squashfs zfs lvm bcache bcachefs f2fs iso9660 udf ntfs exfat linux_raid_member " +
    "ddf_raid_member isw_raid_member lsi_mega_raid_member nvidia_raid_member"
  ).split(" ");
  for (const fsType of others as ContentType[]) {
    it(`${fsType} is named`, async () => {
      expect(filesystem(await built({ sizeMiB: 16, fsType })).type).toBe(fsType);
    });
  }

  for (const format of ["qcow2", "vhd"] as const) {
    it(`${format}: virtual size, and the filesystem through it`, async () => {
      const image = await built({ sizeMiB: 256, format, fsType: "btrfs", label: "inner" });
      expect(image.container).toMatchObject({ state: "seen", value: { format, virtualBytes: 256 << 20 } });
      expect(filesystem(image)).toMatchObject({ type: "btrfs", label: "inner", sizeBytes: 256 << 20 });
    });
  }

  it("vhdx: virtual size", async () => {
    const image = await built({ sizeMiB: 256, format: "vhdx" });
    expect(image.container).toMatchObject({ state: "seen", value: { format: "vhdx", virtualBytes: 256 << 20 } });
    expect(image.blank).toBe(true);
  });

  it("blank, empty and unknown content are told apart", async () => {
    expect(await built({ sizeMiB: 4 })).toMatchObject({ blank: true, filesystem: { state: "absent" } });
    expect(await built({ sizeMiB: 4, empty: true })).toMatchObject({ blank: true, apparentBytes: 0 });
    expect(await built({ sizeMiB: 4, noise: true })).toMatchObject({ blank: false, filesystem: { state: "absent" } });
  });

  it("the last mount point is read without the initrd's prefix", async () => {
    const image = await built({ sizeMiB: 16, fsType: "ext4", lastMounted: "/sysroot/nix/.rw-store" });
    expect(filesystem(image).lastMounted).toBe("/nix/.rw-store");
  });
});
