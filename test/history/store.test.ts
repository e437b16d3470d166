import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { textFiles } from "../../scripts/lib/text-files.mjs";
import { readHistory, type Sample } from "../../server/src/history/samples.ts";
import {
  folderOfHost,
  HistoryProblem,
  hostsIn,
  readFolder,
  record,
  usualFolder,
} from "../../server/src/history/store.ts";

const start = 1_764_547_200;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lens-history-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function sample(at: number, more: Partial<Sample> = {}): Sample {
  return { at, guest: "web", image: "/x/data.img", usedBytes: 1, availableBytes: 2, ...more };
}

describe("a history on the disk", () => {
  test("is made, added to and read again; only its owner may read it", () => {
    const folder = join(root, "state/microvm-lens/history/nuc");
    record(folder, [sample(start)], start, "owner");
    record(folder, [sample(start + 60)], start + 60, "owner");
    const all = record(folder, [sample(start + 3600)], start + 3600, "owner");
    expect(all.map(({ at }) => at)).toEqual([start, start + 3600, start]);
    expect(readFolder(folder)).toEqual(all);
    expect(readdirSync(folder).sort()).toEqual(["days.jsonl", "hours.jsonl"]);
    expect(statSync(join(folder, "hours.jsonl")).mode & 0o077).toBe(0);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  test("is not written where nothing is due", () => {
    record(root, [sample(start)], start, "owner");
    const before = statSync(join(root, "hours.jsonl")).ino;
    record(root, [sample(start + 5)], start + 5, "owner");
    expect(statSync(join(root, "hours.jsonl")).ino).toBe(before);
  });

  test("that is damaged loses only what is damaged", () => {
    record(root, [sample(start)], start, "owner");
    const file = join(root, "hours.jsonl");
    writeFileSync(file, `${readFileSync(file, "utf8")}{"half`);
    const all = record(root, [sample(start + 3600)], start + 3600, "owner");
    expect(all.filter(({ at }) => at === start + 3600)).toHaveLength(1);
    expect(readFolder(root).map(({ at }) => at)).toEqual([start, start + 3600, start]);
  });

  test("says which file cannot be written", () => {
    const file = join(root, "blocked");
    writeFileSync(file, "");
    expect(() => record(join(file, "x"), [sample(start)], start, "owner")).toThrow(HistoryProblem);
    mkdirSync(join(root, "hours.jsonl"));
    expect(() => readFolder(root)).toThrow(HistoryProblem);
    chmodSync(root, 0o700);
  });

  test("has a folder for each host, whatever its name", () => {
    const names = ["nuc.lan", "..", ".", "a/../../b", "root@[::1]", "\u4e3b\u673a", "x y"];
    for (const host of names) {
      const folder = folderOfHost(root, host) as string;
      record(folder, [sample(start)], start, "owner");
      expect(existsSync(join(folder, "hours.jsonl"))).toBe(true);
    }
    expect(readdirSync(root)).toHaveLength(names.length);
    expect(
      hostsIn(root)
        .map(({ host }) => host)
        .sort(),
    ).toEqual([...names].sort());
    expect(folderOfHost(root, "\ud800")).toBeNull();
    expect(folderOfHost(root, "x".repeat(300))).toBeNull();
    expect(hostsIn(join(root, "missing"))).toEqual([]);
  });

  test("is where programs keep their state", () => {
    expect(usualFolder({ HOME: "/home/ada" })).toBe("/home/ada/.local/state/microvm-lens/history");
    expect(usualFolder({ HOME: "/home/ada", XDG_STATE_HOME: "/state" })).toBe("/state/microvm-lens/history");
  });
});

test("two who write at once: neither damages anything, and what the other left out comes with the next look", async () => {
  const program = join(root, "writer.cjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "writer.ts")],
    outfile: program,
    bundle: true,
    loader: textFiles,
    platform: "node",
    format: "cjs",
    logLevel: "error",
  });
  const folder = join(root, "history");
  const guests = ["one", "two", "three"];
  const looks = 40;
  const run = async (guest: string, from: number, count: number) => {
    const words = [program, folder, guest, `${start + from * 3600}`, `${count}`, `${start + looks * 3600}`];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
    const [code] = await once(child, "exit");
    return code as number | null;
  };
  expect(await Promise.all(guests.map((guest) => run(guest, 0, looks)))).toEqual([0, 0, 0]);
  for (const guest of guests) expect(await run(guest, looks, 1)).toBe(0);
  const text = readFileSync(join(folder, "hours.jsonl"), "utf8");
  for (const line of text.trimEnd().split("\n")) expect(Array.isArray(JSON.parse(line))).toBe(true);
  const samples = readHistory(text);
  const newest = samples.filter(({ at }) => at === start + looks * 3600).map(({ guest }) => guest);
  expect(newest.sort()).toEqual([...guests].sort());
  for (const guest of guests) {
    const own = samples.filter((each) => each.guest === guest);
    expect(new Set(own.map(({ at }) => at)).size).toBe(own.length);
    expect(own.length).toBeGreaterThan(looks / 2);
  }
  expect(readdirSync(folder).sort()).toEqual(["days.jsonl", "hours.jsonl"]);
});
