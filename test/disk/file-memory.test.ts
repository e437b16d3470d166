import type { Stats } from "node:fs";
import { expect, it } from "vitest";
import { type ImageContent, noContent } from "../../server/src/disk/images/image.ts";
import { FileMemory } from "../../server/src/disk/local/file-memory.ts";

/** A stat as node gives it, of a regular file that was changed so long ago. */
function stats(changes: Partial<Stats> = {}, agoMs = 60_000): Stats {
  const ctimeMs = Math.floor(Date.now()) - agoMs;
  const values = {
    dev: 1,
    ino: 2,
    mode: 0o100644,
    nlink: 1,
    uid: 0,
    gid: 0,
    size: 4096,
    blocks: 8,
    mtimeMs: ctimeMs,
    ctimeMs,
  };
  const kinds = { isFile: () => true, isBlockDevice: () => false };
  return { ...values, ...kinds, ...changes } as Stats;
}

const content: ImageContent = { ...noContent, blank: true };

it("gives what was kept while the stat is the same", () => {
  const memory = new FileMemory();
  const first = stats();
  const stat = memory.stat("/a", first);
  memory.keepContent("/a", stat, content);
  expect(memory.stat("/a", { ...first } as Stats)).toBe(stat);
  expect(memory.content("/a", stat)).toBe(content);
  expect(memory.content("/b", stat)).toBeNull();
});

it("forgets when anything of it has changed", () => {
  for (const [key, value] of Object.entries({ dev: 9, ino: 9, size: 9, blocks: 9, mtimeMs: 9, ctimeMs: 9 })) {
    const memory = new FileMemory();
    const first = stats();
    const stat = memory.stat("/a", first);
    memory.keepContent("/a", stat, content);
    const changed = memory.stat("/a", { ...first, [key]: value } as Stats);
    expect(changed, key).not.toBe(stat);
    expect(memory.content("/a", changed), key).toBeNull();
  }
});

it("does not believe a stat from within the same tick of the clock as the change", () => {
  const memory = new FileMemory();
  const justNow = stats({}, 0);
  const stat = memory.stat("/a", justNow);
  memory.keepContent("/a", stat, content);
  const again = memory.stat("/a", justNow);
  expect(again).not.toBe(stat);
  expect(memory.content("/a", again)).toBeNull();
});

it("does not keep failures, but keeps what is malformed", () => {
  const memory = new FileMemory();
  const stat = memory.stat("/a", stats());
  const failed = { state: "unreadable", reason: "permission", detail: "x" } as const;
  memory.keepContent("/a", stat, { container: failed, filesystem: failed, blank: null });
  expect(memory.content("/a", stat)).toBeNull();
  const damaged = { state: "unreadable", reason: "malformed", detail: "x" } as const;
  const kept = { container: damaged, filesystem: damaged, blank: false };
  memory.keepContent("/a", stat, kept);
  expect(memory.content("/a", stat)).toBe(kept);
});

it("forgets the oldest when there are too many, and finds the others in any order", () => {
  const memory = new FileMemory();
  const one = stats();
  const kept = Array.from({ length: 50_010 }, (_, i) => memory.stat(`/${i}`, one));
  for (const i of [50_009, 10, 11, 12, 40_000, 39_999]) expect(memory.stat(`/${i}`, one)).toBe(kept[i]);
  expect(memory.stat("/3", one)).not.toBe(kept[3]);
});
