import type { FilesystemFacts } from "../../facts.ts";
import { labelAt, uuidAt } from "../../text.ts";
import { hasText, isPowerOfTwo, u32le, u64le } from "../numbers.ts";

/** Where the first superblock lies, and how long it is. */
export const btrfsSuperblock = { offset: 65536, length: 4096 };

/** Reads a btrfs superblock. Null: none; text: one that no kernel would mount. */
export function readBtrfs(block: Uint8Array): FilesystemFacts | string | null {
  if (!hasText(block, 0x40, "_BHRfS_M") || block.length < btrfsSuperblock.length) return null;
  const sectorBytes = u32le(block, 0x90);
  if (!isPowerOfTwo(sectorBytes) || sectorBytes < 512 || sectorBytes > 65536)
    return `btrfs superblock with sector size ${sectorBytes}`;
  const sizeBytes = u64le(block, 0x70);
  if (sizeBytes === 0 || !Number.isSafeInteger(sizeBytes)) return "btrfs superblock with an impossible size";
  const unfinished = u64le(block, 0x60) !== 0;
  return {
    type: "btrfs",
    label: labelAt(block, 0x12b, 256),
    uuid: uuidAt(block, 0x20),
    sizeBytes,
    // See btrfs-space.ts.
    space: { state: "absent" },
    lastMounted: null,
    state: unfinished ? "needs-recovery" : "clean",
    multipleDevices: u64le(block, 0x88) > 1,
  };
}
