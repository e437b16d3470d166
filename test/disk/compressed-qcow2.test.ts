import { expect, it } from "vitest";
import { type ByteSource, runReading } from "../../server/src/disk/images/bytes.ts";
import { contentOfOutcome, type FileStat, type ImageContent, readImage } from "../../server/src/disk/images/image.ts";
import { superblockOf } from "../harness/superblocks.ts";
import { compressedQcow2 } from "./compressed-qcow2.ts";

const sizeBytes = 64 << 20;
const superblock = superblockOf("ext4", {
  sizeBytes,
  freeBytes: 1 << 20,
  label: "inside",
  uuid: "12345678-9abc-4def-8123-456789abcdef",
  lastMounted: null,
  state: "clean",
});

/** What is read of the image after a change of its bytes. */
function read(change: (image: Buffer) => void = () => undefined): ImageContent {
  const { fileBytes, pieces } = compressedQcow2(sizeBytes, superblock);
  const image = Buffer.alloc(fileBytes);
  for (const { offset, bytes } of pieces) image.set(bytes, offset);
  change(image);
  const source: ByteSource = {
    read: (offset, length) => image.subarray(offset, offset + length),
    isZero: (offset, length) => image.subarray(offset, offset + length).every((byte) => byte === 0),
  };
  const stat = { kind: "regular", apparentBytes: fileBytes, allocatedBytes: fileBytes } as FileStat;
  return contentOfOutcome(runReading(readImage(stat), source));
}

const firstEntry = 2 * 65_536;
const firstPacked = 3 * 65_536;

it("reads a superblock out of a compressed cluster", () => {
  expect(read()).toMatchObject({
    container: { value: { format: "qcow2", virtualBytes: sizeBytes } },
    filesystem: { value: { type: "ext4", label: "inside", sizeBytes } },
    blank: false,
  });
});

it("a cluster that is damaged, cut off, too short or too long is unknown, never wrong", () => {
  const changes: readonly ((image: Buffer) => void)[] = [
    (image) => image.fill(0xff, firstPacked, firstPacked + 64),
    (image) => image.fill(0, firstPacked),
    // Fewer bytes than a cluster: a stored block of none at all, marked as the last one.
    (image) => image.set([1, 0, 0, 0xff, 0xff], firstPacked),
    // Beyond the end of the file.
    (image) => image.writeUInt32BE(0xffffffff, firstEntry + 4),
    // A cluster of half the size holds less than what is packed.
    (image) => image.writeUInt32BE(15, 20),
  ];
  for (const change of changes) {
    const { filesystem, blank } = read(change);
    expect(filesystem).toMatchObject({ state: "unreadable", reason: "unsupported" });
    expect(blank).toBeNull();
  }
});

it("names a compression that is not undone here", () => {
  for (const [type, name] of [
    [1, "zstd"],
    [2, "unknown"],
  ] as const) {
    const { filesystem } = read((image) => {
      image.writeUInt32BE(8, 76);
      image[104] = type;
    });
    expect(filesystem).toMatchObject({ detail: `not read through compressed clusters (${name})` });
  }
});
