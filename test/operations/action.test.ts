import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Action, act } from "../../server/src/operations/action.ts";

/*
 * The last line: plans are made so that none of this happens, and each act refuses all the same, because names may lead
 * elsewhere by then.
 */

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microvm-lens-act-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function put(name: string, text = name): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function picture(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      statSync(join(folder, name)).isFile() ? readFileSync(join(folder, name), "utf8") : "/",
    ]),
  );
}

/** What a plan saw of the image that stays. */
function seenOf(path: string) {
  const { dev, ino, size, mtimeMs } = statSync(path);
  return { device: dev, inode: ino, apparentBytes: size, modifiedMs: Math.floor(mtimeMs) };
}

function refused(action: Action): string {
  const before = picture();
  let why = "it was done";
  try {
    act(action);
  } catch (error) {
    why = (error as Error).message;
  }
  expect(picture()).toEqual(before);
  return why;
}

describe("an act refuses", () => {
  test("to discard what is no copy in the making: another name, a link, a folder", () => {
    expect(refused({ kind: "discard", path: put("data.img") })).toContain("no copy in the making");
    symlinkSync(put("theirs.img"), join(folder, "data.img.microvm-lens-new"));
    expect(refused({ kind: "discard", path: join(folder, "data.img.microvm-lens-new") })).toContain("no copy");
    mkdirSync(join(folder, "x.microvm-lens-new"));
    expect(refused({ kind: "discard", path: join(folder, "x.microvm-lens-new") })).toContain("no copy");
  });

  test("to take a name away while the other one is another file, or is not there", () => {
    const [path, other] = [put("data.img", "same"), put("data.img.aside", "same")];
    expect(refused({ kind: "unlink", path, other })).toContain("two different files");
    expect(refused({ kind: "unlink", path, other: join(folder, "none") })).toContain("ENOENT");
  });

  test("to put a file over one that has no second name, or belongs to another or has other rights", () => {
    const [from, to] = [put("new"), put("data.img")];
    expect(refused({ kind: "replace", from, to, kept: put("kept") })).toContain("two different files");
    const kept = join(folder, "second");
    linkSync(to, kept);
    writeFileSync(from, "new", { mode: 0o600 });
    rmSync(from);
    writeFileSync(from, "new", { mode: 0o600 });
    expect(refused({ kind: "replace", from, to, kept })).toContain("other rights");
  });

  test("to make a file shorter, or something else than a file longer", () => {
    const path = put("data.img", "12345678");
    expect(refused({ kind: "lengthen", path, bytes: 7 })).toContain("longer by now");
    symlinkSync(path, join(folder, "link"));
    expect(refused({ kind: "lengthen", path: join(folder, "link"), bytes: 16 })).toContain("ELOOP");
    act({ kind: "lengthen", path, bytes: 9 });
    expect(readFileSync(path, "utf8")).toBe("12345678\0");
  });

  test("to link over a file", () => {
    expect(refused({ kind: "link", from: put("a"), to: put("b") })).toContain("EEXIST");
  });

  test("to delete an old image without another one in its place, by another name, or with bytes of its own", () => {
    const image = put("data.img");
    const path = put("data.img.before-grow");
    const seen = seenOf(image);
    utimesSync(path, 1e9, 1e9);
    expect(refused({ kind: "deleteOld", path, image: join(folder, "none"), seen })).toContain("ENOENT");
    linkSync(image, join(folder, "data.img.before-x"));
    expect(refused({ kind: "deleteOld", path: join(folder, "data.img.before-x"), image, seen })).toContain(
      "no other image",
    );
    const other = put("other.img");
    utimesSync(other, 1e9, 1e9);
    expect(refused({ kind: "deleteOld", path: other, image, seen })).toContain("no old image");
    const later = Date.now() / 1000 + 60;
    utimesSync(path, later, later);
    expect(refused({ kind: "deleteOld", path, image, seen })).toContain("written to after");
    utimesSync(path, 1e9, 1e9);
    const stale = { ...seen, modifiedMs: seen.modifiedMs - 1 };
    expect(refused({ kind: "deleteOld", path, image, seen: stale })).toContain("has changed");
    act({ kind: "deleteOld", path, image, seen });
    expect(Object.keys(picture())).not.toContain("data.img.before-grow");
  });
});
