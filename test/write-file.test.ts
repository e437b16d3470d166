import {
  chmodSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../server/src/base/utf8.ts";
import { createWhole, NotWritten, stageWhole, writeCache, writeWhole } from "../server/src/files/write-file.ts";
import { run } from "./cli/run.ts";
import { workspace } from "./cli/workspace.ts";

const text = (path: string) => readFileSync(path, "utf8");
const bytes = (words: string) => Buffer.from(words);

describe("a file that is written", () => {
  test("is replaced by another one with the same rights, and nothing stays beside it", () => {
    const folder = workspace({ "a.nix": "old" });
    const file = join(folder, "a.nix");
    chmodSync(file, 0o640);
    const before = statSync(file);
    writeWhole(file, bytes("new"));
    const after = statSync(file);
    expect(text(file)).toBe("new");
    expect(after.ino).not.toBe(before.ino);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(readdirSync(folder)).toEqual(["a.nix"]);
  });

  test("that is new has the rights of any new file", () => {
    const folder = workspace({ other: "" });
    writeWhole(join(folder, "page.html"), bytes("page"));
    expect(statSync(join(folder, "page.html")).mode).toBe(statSync(join(folder, "other")).mode);
  });

  test("lies where a symbolic link leads, and the link stays", () => {
    const folder = workspace({ "real/a.nix": "old" });
    symlinkSync("real/a.nix", join(folder, "a.nix"));
    symlinkSync("real/b.nix", join(folder, "b.nix"));
    writeWhole(join(folder, "a.nix"), bytes("new"));
    writeWhole(join(folder, "b.nix"), bytes("new"));
    expect(lstatSync(join(folder, "a.nix")).isSymbolicLink() && lstatSync(join(folder, "b.nix")).isSymbolicLink()).toBe(
      true,
    );
    expect([text(join(folder, "real/a.nix")), text(join(folder, "real/b.nix"))]).toEqual(["new", "new"]);
  });

  test("with several names is left alone", () => {
    const folder = workspace({ "a.nix": "old" });
    linkSync(join(folder, "a.nix"), join(folder, "b.nix"));
    expect(() => writeWhole(join(folder, "a.nix"), bytes("new"))).toThrow(new NotWritten("several-names"));
    expect([text(join(folder, "a.nix")), readdirSync(folder)]).toEqual(["old", ["a.nix", "b.nix"]]);
  });

  test("is left alone when it holds other bytes than expected, whenever they came", () => {
    const folder = workspace({ "a.nix": Buffer.from([0x23, 0xfc, 0x0a]) });
    const file = join(folder, "a.nix");
    const expected = Buffer.from([0x23, 0xfd, 0x0a]);
    expect(() => writeWhole(file, bytes("new"), { expected })).toThrow(new NotWritten("changed"));
    const staged = stageWhole(file, bytes("new"), { expected: readFileSync(file) });
    writeFileSync(file, "somebody else's");
    expect(() => staged.commit()).toThrow(new NotWritten("changed"));
    staged.discard();
    expect([text(file), readdirSync(folder)]).toEqual(["somebody else's", ["a.nix"]]);
  });

  test("takes along what a process left that was killed a while ago, and nothing else", () => {
    const [gone, fresh, alive, own] = [4_194_305, 4_194_306, 1, process.pid].map((pid) => `.microvm-lens.${pid}.0.tmp`);
    const files = [gone, fresh, alive, own, ".microvm-lens.x.tmp"].map((name) => [name, ""]);
    const folder = workspace({ "a.nix": "old", ...Object.fromEntries(files) });
    for (const name of [gone, own, ".microvm-lens.x.tmp"]) utimesSync(join(folder, name as string), 1, 1);
    const lately = Date.now() / 1000 - 3600;
    utimesSync(join(folder, alive as string), lately, lately);
    // A number that there is by chance, or of a container: after a day it is nobody's.
    writeFileSync(join(folder, ".microvm-lens.1.7.tmp"), "");
    utimesSync(join(folder, ".microvm-lens.1.7.tmp"), 1, 1);
    writeWhole(join(folder, "a.nix"), bytes("new"));
    expect(readdirSync(folder).sort()).toEqual([alive, fresh, ".microvm-lens.x.tmp", "a.nix"].sort());
  });

  test("in a folder that is not there fails, and makes none", () => {
    const folder = workspace();
    expect(() => writeWhole(join(folder, "b", "a.nix"), bytes("new"))).toThrow(/ENOENT/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("goes to a device as it is", () => {
    writeWhole("/dev/null", bytes("new"));
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });
});

test("a file that must be new is made once", () => {
  const folder = workspace();
  createWhole(join(folder, "journal"), bytes("1"));
  expect(() => createWhole(join(folder, "journal"), bytes("2"))).toThrow(/EEXIST/);
  expect([text(join(folder, "journal")), statSync(join(folder, "journal")).mode & 0o777]).toEqual(["1", 0o600]);
  expect(readdirSync(folder)).toEqual(["journal"]);
});

test("a file of the cache is replaced", () => {
  const folder = workspace({ code: "old" });
  writeCache(join(folder, "code"), bytes("new"));
  expect([text(join(folder, "code")), readdirSync(folder)]).toEqual(["new", ["code"]]);
});

describe("UTF-8", () => {
  const broken = Buffer.from([0x61, 0xfc, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xc0, 0xff]);
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a byte order mark", bytes("\ufeffx")],
    ["a pair", bytes("x😀y")],
    ["wrong bytes", broken],
    ["every byte", Buffer.from(Array.from({ length: 256 }, (_, at) => at))],
  ])("%s comes back as it was", (_name, given) => {
    expect(encodeUtf8(decodeUtf8(given)).equals(given)).toBe(true);
  });

  test("two bytes after each other, whatever they are", () => {
    for (let first = 0x80; first < 0x100; first++) {
      for (let second = 0x80; second < 0x100; second++) {
        const given = Buffer.from([first, second, 0x80, 0x41]);
        if (!encodeUtf8(decodeUtf8(given)).equals(given)) throw new Error(given.toString("hex"));
      }
    }
  });
});

describe("fix", () => {
  const flake = `{ inputs.microvm.url = "github:astro/microvm.nix"; inputs.nixpkgs.url = "github:NixOS/nixpkgs"; outputs =
  { nixpkgs, microvm, ... }: { nixosConfigurations.vm = nixpkgs.lib.nixosSystem { modules =
  [ microvm.nixosModules.microvm ./m.nix ]; }; }; }`;
  const volume = (size: string) => `{ microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = ${size}; } ]; }`;

  async function fixed(module: Buffer): Promise<{ code: number; err: string; after: Buffer; file: string }> {
    const cwd = workspace({ "flake.nix": flake, "m.nix": module });
    const file = join(cwd, "m.nix");
    const { code, err } = await run(["fix", ".", "--rule", "unused-suppression"], { cwd });
    return { code, err, after: readFileSync(file), file };
  }
  /** A safe edit: a comment that suppresses nothing goes away. */
  const comment = " # microvm-lens: allow mount-point-duplicate";

  test.each([
    ["Latin-1 in a comment", Buffer.from(`${volume("64")} # f\xfcr B\xfccher\n`, "latin1")],
    ["Latin-1 in a string", Buffer.from(`${volume("64").replace("/a", "/\xe4")}\n`, "latin1")],
    ["CRLF", bytes(volume("64").replaceAll("; ", ";\r\n"))],
    ["no newline at the end", bytes(volume("64"))],
    ["a character beyond the first plane", bytes(`# 😀\n${volume("64")}\n`)],
  ])("%s stays to the byte", async (_name, given) => {
    const at = given.indexOf("size = 64;");
    const before = Buffer.concat([given.subarray(0, at), bytes(`${comment}\n`), given.subarray(at)]);
    const { code, after, err } = await fixed(before);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("fix:") });
    expect(before.length - after.length).toBeGreaterThan(20);
    // What is left is what was there, without a piece in one place.
    const same = [...after].findIndex((byte, index) => byte !== before[index]);
    const gone = before.length - after.length;
    expect(Buffer.concat([before.subarray(0, same), before.subarray(same + gone)]).equals(after)).toBe(true);
  });

  test("writes nothing when one of several files cannot be written", async () => {
    const module = bytes(volume(`64${comment}\n`));
    const other = bytes(`${module}`.replace("a.img", "b.img").replace("/a", "/b"));
    const cwd = workspace({
      "flake.nix": flake.replace("./m.nix", "./m.nix ./n.nix"),
      "m.nix": module,
      "n.nix": other,
    });
    linkSync(join(cwd, "n.nix"), join(cwd, "again"));
    const { code, err, out } = await run(["fix", ".", "--rule", "unused-suppression"], { cwd });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("n.nix: it has several hard links");
    expect([readFileSync(join(cwd, "m.nix")), readFileSync(join(cwd, "n.nix"))]).toEqual([module, other]);
    expect(readdirSync(cwd).sort()).toEqual(["again", "flake.nix", "m.nix", "n.nix"]);
  });
});
