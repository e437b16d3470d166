import { expect, it } from "vitest";
import { labelAt, uuidAt } from "../../server/src/disk/text.ts";

function label(bytes: readonly number[] | string): string | null {
  const padded = Buffer.alloc(16);
  padded.set(Buffer.from(bytes as string));
  return labelAt(padded, 0, 16);
}

it("labels one after the other are told apart, whatever came before", () => {
  const texts = ["data", "data", "dat", "data", "date", "store", "s", "data"];
  expect(texts.map(label)).toEqual(texts);
  // What is no ASCII leaves nothing behind that the next one could be taken for.
  expect(label([0x64, 0x62, 0x74, 0xff])).toBe("dbt\udcff");
  expect(label("dbta")).toBe("dbta");
  expect(label("é")).toBe("é");
  expect(label("data")).toBe("data");
  expect(label("")).toBeNull();
});

it("blanks at the end do not count, those in front do", () => {
  expect(label(" a b ")).toBe(" a b");
  expect(label("   ")).toBeNull();
});

it("a UUID has its hyphens in the usual places", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
  expect(uuidAt(bytes, 0)).toBe("00112233-4455-6677-8899-aabbccddeeff");
  expect(uuidAt(new Uint8Array(16), 0)).toBeNull();
});
