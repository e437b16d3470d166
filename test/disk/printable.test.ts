import { expect, it } from "vitest";
import { printable } from "../../server/src/base/printable.ts";
import { decodeUtf8 } from "../../server/src/base/utf8.ts";
import { labelAt } from "../../server/src/disk/text.ts";

it("plain text of any language stays as it is", () => {
  for (const text of ["data", "中文 ünï", "emoji 🦊 👩‍💻".replace("‍", ""), "a b/c", "\\x1b"])
    expect(printable(text)).toBe(text);
});

it("control characters, escape sequences and direction marks become visible", () => {
  expect(printable("\u001b[31mred\u0007")).toBe("\\x1b[31mred\\x07");
  expect(printable("a\nb\tc\rd")).toBe("a\\nb\\tc\\rd");
  expect(printable("\u009b2J\u007f")).toBe("\\x9b2J\\x7f");
  expect(printable("gpj.\u202eexe")).toBe("gpj.\\u{202e}exe");
  expect(printable("\u2066x\u2069\ufeff\u200b\u061c\u{e0041}")).toBe(
    "\\u{2066}x\\u{2069}\\u{feff}\\u{200b}\\u{61c}\\u{e0041}",
  );
});

it("bytes that are not UTF-8 are kept and shown as bytes", () => {
  const label = labelAt(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xe4, 0xb8, 0xad, 0x1b, 0, 0x62]), 0, 10);
  expect(label).toBe("a\udcff\udcc3(中\u001b");
  expect(printable(label ?? "")).toBe("a\\xff\\xc3(中\\x1b");
  expect(printable("\ud800")).toBe("\\u{d800}");
  expect(decodeUtf8(Buffer.from("ok\u20ac"))).toBe("ok€");
});

it("a label ends at NUL and loses the blanks at its end, as libblkid reports it", () => {
  expect(labelAt(Buffer.from("  a b \t\0junk"), 0, 16)).toBe("  a b");
  expect(labelAt(Buffer.from("   \0\0"), 0, 5)).toBeNull();
  expect(labelAt(Buffer.from("sixteen-bytes-16more"), 0, 16)).toBe("sixteen-bytes-16");
});
