import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workSuffix } from "../../server/src/disk/guests.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { buildImage } from "../harness/disk-builder.ts";

it("a copy that an operation is making is no image of the guest until it takes the name", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "lens-copies-"));
  try {
    const image = join(stateDir, "web", "data.img");
    buildImage(image, { sizeMiB: 16, fsType: "ext4" });
    buildImage(`${image}${workSuffix}`, { sizeMiB: 32, fsType: "ext4" });
    const probe = createLocalProbe({ host: "here" });
    const look = () => probe.observe({ stateDir, paths: [], directories: [] });
    expect((await look()).guests.map(({ images }) => images)).toEqual([[image]]);
    renameSync(`${image}${workSuffix}`, image);
    const { guests, images } = await look();
    expect(guests.map((guest) => guest.images)).toEqual([[image]]);
    expect(images.get(image)).toMatchObject({ state: "seen", value: { apparentBytes: 32 << 20 } });
  } finally {
    rmSync(stateDir, { recursive: true });
  }
});
