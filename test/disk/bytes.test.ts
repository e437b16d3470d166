import { expect, it } from "vitest";
import {
  allZero,
  bytesAt,
  isZeroAt,
  maxRequestBytes,
  optionalBytesAt,
  type Reading,
  runReading,
} from "../../server/src/disk/images/bytes.ts";

/** A file of zeros that notes what it was asked for. */
function zeros(asked: [number, number][] = []) {
  return {
    read: (offset: number, length: number) => {
      asked.push([offset, length]);
      return new Uint8Array(length);
    },
    isZero: () => true,
  };
}

it("a request that a header made huge is cut down to what is allowed", () => {
  const asked: [number, number][] = [];
  function* reader(): Reading<number> {
    return (yield* bytesAt(8, 2 ** 40)).length;
  }
  expect(runReading(reader(), zeros(asked))).toEqual({ ok: true, value: maxRequestBytes });
  expect(asked).toEqual([[8, maxRequestBytes]]);
});

it("a reader that never comes to an end is ended", () => {
  function* inCircles(length: number): Reading<never> {
    for (;;) yield* bytesAt(0, length);
  }
  const many: [number, number][] = [];
  expect(runReading(inCircles(1), zeros(many))).toMatchObject({ ok: false, why: "too-much" });
  expect(many.length).toBe(4096);
  const large: [number, number][] = [];
  expect(runReading(inCircles(maxRequestBytes), zeros(large))).toMatchObject({ ok: false, why: "too-much" });
  expect(large.length).toBe(16);
});

it("places that no file has are not asked for", () => {
  const asked: [number, number][] = [];
  function* reader(): Reading<number[]> {
    const lengths: number[] = [];
    for (const offset of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 0.5]) {
      lengths.push((yield* bytesAt(offset, 512)).length, (yield* optionalBytesAt(offset, 512)).length);
      lengths.push((yield* isZeroAt(offset, 512)) ? 0 : 1);
    }
    return lengths;
  }
  expect(runReading(reader(), zeros(asked))).toEqual({ ok: true, value: Array.from({ length: 15 }, () => 0) });
  expect(asked).toEqual([]);
});

it("bytes that cannot be had end a reader, unless it can do without", () => {
  const nothing = { read: () => null, isZero: () => null };
  function* needs(): Reading<string> {
    yield* bytesAt(100, 4);
    return "read";
  }
  function* doesWithout(): Reading<number> {
    return (yield* optionalBytesAt(100, 4)).length;
  }
  expect(runReading(needs(), nothing)).toEqual({
    ok: false,
    why: "unavailable",
    detail: "bytes 100 to 104 were not brought",
  });
  expect(runReading(doesWithout(), nothing)).toEqual({ ok: true, value: 0 });
});

it("one byte anywhere makes a range not zero", () => {
  const bytes = new Uint8Array(200_000);
  expect(allZero(bytes)).toBe(true);
  for (const at of [0, 65_535, 65_536, 131_072, 199_999]) {
    bytes[at] = 1;
    expect(allZero(bytes)).toBe(false);
    expect(allZero(bytes.subarray(at + 1))).toBe(true);
    bytes[at] = 0;
  }
});
