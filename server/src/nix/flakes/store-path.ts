import { createHash } from "node:crypto";

const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

/**
 * The store path of a flake's source by its `narHash` (`sha256-…`): that of a recursive fixed-output path named "source"
 * (Nix manual, "store path specification"). Null for a hash of another form.
 */
export function sourceStorePath(narHash: string, storeDir = "/nix/store"): string | null {
  const encoded = /^sha256-([A-Za-z0-9+/]{43}=)$/.exec(narHash)?.[1];
  if (!encoded) return null;
  const hex = Buffer.from(encoded, "base64").toString("hex");
  const fingerprint = createHash("sha256").update(`source:sha256:${hex}:${storeDir}:source`).digest();
  const folded = Buffer.alloc(20);
  fingerprint.forEach((byte, i) => {
    folded[i % 20] = (folded[i % 20] as number) ^ byte;
  });
  return `${storeDir}/${base32(folded)}-source`;
}

/** Nix's base 32: least significant digit last, its own alphabet. */
function base32(bytes: Buffer): string {
  let text = "";
  for (let n = Math.ceil((bytes.length * 8) / 5) - 1; n >= 0; n--) {
    const bit = n * 5;
    const [low, shift] = [Math.floor(bit / 8), bit % 8];
    const value = ((bytes[low] ?? 0) >> shift) | ((bytes[low + 1] ?? 0) << (8 - shift));
    text += alphabet[value & 31];
  }
  return text;
}
