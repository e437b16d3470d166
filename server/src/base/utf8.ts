const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * UTF-8 with every wrong byte kept as a lone surrogate U+DC80…U+DCFF, so that nothing is lost: {@link encodeUtf8} gives the
 * same bytes again. A byte order mark stays.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeBroken(bytes);
  }
}

/** The bytes of a text that came from {@link decodeUtf8}, with edits or without. */
export function encodeUtf8(text: string): Buffer {
  if (!keptByte.test(text)) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  let at = 0;
  for (const match of text.matchAll(everyKeptByte)) {
    parts.push(
      Buffer.from(text.slice(at, match.index), "utf8"),
      Buffer.from([...match[0]].map((each) => each.charCodeAt(0) - 0xdc00)),
    );
    at = match.index + match[0].length;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(at), "utf8")]);
}

// With the flag `u` the second half of a pair is no match.
const keptByte = /[\udc80-\udcff]/u;
const everyKeptByte = /[\udc80-\udcff]+/gu;

function decodeBroken(bytes: Uint8Array): string {
  let text = "";
  let good = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += strict.decode(bytes.subarray(good, at)) + String.fromCharCode(0xdc00 + (bytes[at] as number));
    good = ++at;
  }
  return text + strict.decode(bytes.subarray(good));
}

/** How many bytes the character at `at` takes; 0 where there is none (The Unicode Standard, table 3-7). */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] as number;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  return length;
}
