import { describe, expect, it } from "vitest";
import type { FilesystemFacts } from "../../server/src/disk/facts.ts";
import { runReading } from "../../server/src/disk/images/bytes.ts";
import { readBtrfs } from "../../server/src/disk/images/filesystems/btrfs.ts";
import { readExt } from "../../server/src/disk/images/filesystems/ext.ts";
import { identify } from "../../server/src/disk/images/filesystems/identify.ts";
import { readXfs } from "../../server/src/disk/images/filesystems/xfs.ts";
import { superblockOf } from "../harness/superblocks.ts";

const spec = {
  sizeBytes: 64 << 20,
  freeBytes: 1 << 20,
  label: null,
  uuid: "12345678-9abc-4def-8123-456789abcdef",
  lastMounted: null,
  state: "clean",
} as const;

/** The page that holds the superblock, with a change. */
function page(type: "ext4" | "xfs" | "btrfs", change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(4096);
  const [piece] = superblockOf(type, spec);
  bytes.set(piece?.bytes ?? [], type === "ext4" ? 1024 : 0);
  change(bytes);
  return bytes;
}

function facts(read: FilesystemFacts | string | null): FilesystemFacts {
  if (read === null || typeof read === "string") throw new Error(String(read));
  return read;
}

describe("ext", () => {
  it("more than 2^32 blocks, only with the feature that makes the high half count", () => {
    const wide = (bytes: Buffer): void => {
      bytes.writeUInt32LE(1, 1024 + 0x150);
      bytes.writeUInt32LE(1, 1024 + 0x158);
    };
    expect(facts(readExt(page("ext4", wide)))).toMatchObject({
      sizeBytes: 2 ** 44 + (64 << 20),
    });
    const narrow = page("ext4", (bytes) => {
      wide(bytes);
      bytes.writeUInt32LE(bytes.readUInt32LE(1024 + 0x60) & ~0x80, 1024 + 0x60);
    });
    expect(facts(readExt(narrow)).sizeBytes).toBe(64 << 20);
  });

  it("times beyond 2038", () => {
    const read = readExt(
      page("ext4", (bytes) => {
        bytes.writeUInt32LE(100, 1024 + 0x2c);
        bytes.writeUInt8(1, 1024 + 0x274);
        bytes.writeUInt32LE(0xffffffff, 1024 + 0x30);
      }),
    );
    expect(facts(read).times).toEqual({
      createdMs: null,
      mountedMs: (2 ** 32 + 100) * 1000,
      writtenMs: (2 ** 32 - 1) * 1000,
    });
  });

  it("a label and a mount point that fill their place have no terminator", () => {
    const read = facts(
      readExt(
        page("ext4", (bytes) => {
          bytes.fill("L", 1024 + 0x78, 1024 + 0x88);
          bytes.fill("/", 1024 + 0x88, 1024 + 0xc8);
        }),
      ),
    );
    expect([read.label, read.lastMounted]).toEqual(["L".repeat(16), "/".repeat(64)]);
  });

  it("initrd prefixes of the mount point are removed, and nothing else is", () => {
    const mounted = (path: string): string | null =>
      facts(readExt(page("ext4", (bytes) => bytes.write(`${path}\0`, 1024 + 0x88)))).lastMounted;
    expect(
      ["/sysroot/var", "/mnt-root/nix/.rw-store", "/sysroot", "/mnt-root/", "/sysroots/x", "/var/sysroot/x"].map(
        mounted,
      ),
    ).toEqual([...["/var", "/nix/.rw-store", "/", "/", "/sysroots/x", "/var/sysroot/x"]]);
  });

  it("what no kernel would mount is damaged, not a filesystem", () => {
    const blockSize = page("ext4", (bytes) => bytes.writeUInt32LE(40, 1024 + 0x18));
    expect(readExt(blockSize)).toBe("ext superblock with block size 2^50");
    const empty = page("ext4", (bytes) => bytes.writeUInt32LE(0, 1024 + 0x04));
    expect(readExt(empty)).toBe("ext superblock with an impossible size");
    const journal = page("ext4", (bytes) => bytes.writeUInt32LE(0x8, 1024 + 0x60));
    expect(readExt(journal)).toBe("an external ext journal, not a filesystem");
  });

  it("a free count above the size is not believed", () => {
    const read = readExt(page("ext4", (bytes) => bytes.writeUInt32LE(0xffffffff, 1024 + 0x0c)));
    expect(facts(read).space).toMatchObject({ state: "unreadable", reason: "malformed" });
  });
});

describe("xfs", () => {
  it("what no kernel would mount is damaged", () => {
    expect(readXfs(page("xfs", (bytes) => bytes.writeUInt32BE(1000, 4)))).toBe("xfs superblock with block size 1000");
    expect(readXfs(page("xfs", (bytes) => bytes.writeBigUInt64BE(2n ** 63n, 8)))).toBe(
      "xfs superblock with an impossible size",
    );
    expect(readXfs(page("xfs", (bytes) => bytes.writeUInt16BE(0xb4a7, 100)))).toBe("xfs superblock of version 7");
    expect(readXfs(page("xfs", (bytes) => bytes.writeUInt8(1, 126)))).toBe(
      "xfs filesystem whose creation was not finished",
    );
  });

  it("without its log (on another device, or out of reach), nothing is said about its state", () => {
    const head = page("xfs", (bytes) => bytes.writeBigUInt64BE(0n, 48));
    const outcome = runReading(identify(head, 64 << 20), { read: () => null, isZero: () => null });
    expect(outcome).toMatchObject({ ok: true, value: { filesystem: { state: "unknown" } } });
    const far = page("xfs", () => undefined);
    const unreached = runReading(identify(far, 64 << 20), { read: () => null, isZero: () => null });
    expect(unreached).toMatchObject({ ok: true, value: { filesystem: { state: "unknown" } } });
  });
});

describe("btrfs", () => {
  it("what no kernel would mount is damaged", () => {
    expect(readBtrfs(page("btrfs", (bytes) => bytes.writeUInt32LE(0, 0x90)))).toBe(
      "btrfs superblock with sector size 0",
    );
    expect(readBtrfs(page("btrfs", (bytes) => bytes.writeBigUInt64LE(2n ** 63n, 0x70)))).toBe(
      "btrfs superblock with an impossible size",
    );
  });
});
