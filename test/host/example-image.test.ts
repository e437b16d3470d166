import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mkfsCommand } from "../../scripts/make-example-images.mjs";
import { exampleSizes, writeExampleImage } from "../../scripts/write-example-image.mjs";
import { needTools } from "./tools.ts";

const ready = needTools("mkfs.ext4", "e2fsck", "qemu-img");
/** Other versions write other bytes; there, only e2fsck judges. */
const sameVersion = ready && /1\.47\.0/.test(spawnSync("mkfs.ext4", ["-V"], { encoding: "utf8" }).stderr);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lens-example-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

for (const sizeMiB of exampleSizes) {
  for (const label of sizeMiB === 256 ? [null, "web-var", "sixteen-bytes-16"] : [null]) {
    it.runIf(ready)(`${sizeMiB} MiB, label ${label}: a valid ext4, equal to mkfs.ext4's`, async () => {
      const ours = join(folder, "ours.img");
      await writeExampleImage({ path: ours, sizeMiB, label });
      expect(spawnSync("e2fsck", ["-f", "-n", ours], { encoding: "utf8" })).toMatchObject({ status: 0 });
      if (!sameVersion) return;
      const theirs = join(folder, "theirs.img");
      writeFileSync(theirs, "");
      truncateSync(theirs, sizeMiB * 1024 * 1024);
      const { args, env } = mkfsCommand(sizeMiB, label, theirs);
      execFileSync("mkfs.ext4", args, { env, stdio: "ignore" });
      // Compares every byte, but knows holes.
      const compare = spawnSync("qemu-img", ["compare", "-f", "raw", "-F", "raw", ours, theirs], { encoding: "utf8" });
      expect(compare).toMatchObject({ status: 0, stdout: "Images are identical.\n" });
    });
  }
}

it("refuses sizes that are not stored and labels that ext4 would cut", async () => {
  const path = join(folder, "no.img");
  await expect(writeExampleImage({ path, sizeMiB: 300 })).rejects.toThrow("no stored image of 300 MiB");
  await expect(writeExampleImage({ path, sizeMiB: 256, label: "seventeen-bytes-!" })).rejects.toThrow(
    "at most 16 bytes",
  );
});
