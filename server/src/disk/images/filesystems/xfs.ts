import type { FilesystemFacts } from "../../facts.ts";
import { labelAt, uuidAt } from "../../text.ts";
import { hasText, isPowerOfTwo, u8, u16be, u32be, u64be } from "../numbers.ts";

/** Reads an xfs superblock (versions 4 and 5). Null: none; text: one that no kernel would mount. */
export function readXfs(head: Uint8Array): FilesystemFacts | string | null {
  if (!hasText(head, 0, "XFSB") || head.length < 512) return null;
  const blockBytes = u32be(head, 4);
  if (!isPowerOfTwo(blockBytes) || blockBytes < 512 || blockBytes > 65536)
    return `xfs superblock with block size ${blockBytes}`;
  const version = u16be(head, 100) & 15;
  if (version !== 4 && version !== 5) return `xfs superblock of version ${version}`;
  const sizeBytes = u64be(head, 8) * blockBytes;
  if (sizeBytes === 0 || !Number.isSafeInteger(sizeBytes)) return "xfs superblock with an impossible size";
  // mkfs sets this byte first and clears it last.
  if (u8(head, 126) !== 0) return "xfs filesystem whose creation was not finished";
  return {
    type: "xfs",
    label: labelAt(head, 108, 12),
    uuid: uuidAt(head, 32),
    sizeBytes,
    // Counters of the superblock are written at unmount only: see xfs-space.ts.
    space: { state: "absent" },
    lastMounted: null,
    state: "unknown",
    multipleDevices: false,
  };
}
