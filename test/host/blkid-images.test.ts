import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ImageFacts } from "../../server/src/disk/facts.ts";
import { createLocalProbe } from "../../server/src/disk/local/probe-local.ts";
import { decode, namesOfBlkid } from "./matrix/judges.ts";

/**
 * The images that util-linux tries libblkid on (tests/ts/blkid/images-fs), and what libblkid says of them. They are not
 * part of this repository: `BLKID_IMAGES` is a checkout of https://github.com/util-linux/util-linux.
 */
// Those with several sessions are probed at other offsets, which is nothing that a volume has.
const checkout = process.env["BLKID_IMAGES"];
const folder = join(checkout ?? "", "tests/ts/blkid/images-fs");
const names =
  checkout === undefined
    ? []
    : readdirSync(folder).filter((name) => name.endsWith(".img.xz") && !name.includes("-multi-"));

/** What a guest's fsType can name: of these, label and UUID are compared, too. */
const mountable = new Set(
  "ext2 ext3 ext4 xfs btrfs vfat f2fs ntfs exfat erofs squashfs iso9660 udf bcachefs".split(" "),
);
/** Named, and nothing more is read of them. */
const mountableUnread = new Set(["udf"]);

describe.runIf(checkout !== undefined)("the images of libblkid's own tests", () => {
  for (const name of names) {
    it(name.replace(/\.img\.xz$/, ""), async () => {
      const work = mkdtempSync(join(tmpdir(), "lens-blkid-"));
      try {
        const path = join(work, "image");
        unpack(join(folder, name), path);
        const words = join(checkout ?? "", "tests/expected/blkid", `low-probe-${name.replace(/\.img\.xz$/, "")}`);
        compare(await look(work, path), valuesOf(words), path);
      } finally {
        rmSync(work, { recursive: true });
      }
    });
  }
});

function compare(ours: ImageFacts, theirs: ReadonlyMap<string, string>, path: string): void {
  const found = ours.filesystem.state === "seen" ? ours.filesystem.value : null;
  if (ours.blank === true) expect(readFileSync(path).every((byte) => byte === 0)).toBe(true);
  const type = theirs.get("ID_FS_TYPE") ?? "";
  const expected = namesOfBlkid[type] ?? type;
  if (found !== null) expect(found.type).toBe(expected);
  if (!mountable.has(expected)) return;
  expect(found?.type).toBe(expected);
  if (mountableUnread.has(expected)) return;
  expect({ label: wellFormed(found?.label), uuid: found?.uuid ?? undefined }).toEqual({
    label: decode(theirs.get("ID_FS_LABEL_ENC")) ?? undefined,
    uuid: theirs.get("ID_FS_UUID"),
  });
}

function unpack(packed: string, path: string): void {
  const out = openSync(path, "w");
  execFileSync("xz", ["-dc", packed], { stdio: ["ignore", out, "inherit"] });
  closeSync(out);
}

function valuesOf(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(file, "utf8").split("\n");
  return new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

async function look(stateDir: string, path: string): Promise<ImageFacts> {
  const facts = await createLocalProbe({ host: "here" }).observe({ stateDir, paths: [path], directories: [] });
  const seen = facts.images.get(path);
  if (seen?.state !== "seen") throw new Error(JSON.stringify(seen));
  return seen.value;
}

/** Bytes that are no UTF-8 are kept as lone surrogates; the words of libblkid lose them. */
function wellFormed(label: string | null | undefined): string | undefined {
  return label?.replace(/[\udc80-\udcff]/g, "\ufffd");
}
