import { describe, expect, test } from "vitest";
import { verbatim } from "../../server/src/base/text.ts";
import { play, type Setting } from "../../server/src/shell/play.ts";
import { excerpt, type Hole, type Script } from "../../server/src/shell/script.ts";
import { Files, presentDirectory, presentFile } from "../../server/src/shell/state/files.ts";
import { shellParser } from "./parser.ts";

const why = verbatim("not known here");
const coreutils: Hole = { why, holds: "word", prefix: "/nix/store/", package: "coreutils" };
const image = "/var/lib/microvms/web/a.img";

async function played(script: Script, setting: Partial<Setting> = {}, present = true) {
  const parser = await shellParser();
  const files = new Files(
    [
      ["/var/lib/microvms/web", presentDirectory(true)],
      ...(present ? ([[image, presentFile(image, 1_000_000)]] as const) : []),
    ],
    { exists: "maybe", why },
  );
  const root = { root: true, names: ["root"], groups: ["root"] };
  const whole: Setting = {
    parser,
    directory: "/var/lib/microvms/web",
    user: root,
    commands: new Set(),
    options: { errexit: true, nounset: true },
    ...setting,
  };
  return play(script, whole, files);
}

describe("holes", () => {
  test("a program is known by the end of its path", async () => {
    const { files, acts, exit } = await played([coreutils, "/bin/rm -f ", image]);
    expect(files.get(image).exists).toBe("no");
    expect(acts).toMatchObject([{ what: "remove", certainty: "always", path: { is: "known", path: image } }]);
    expect(exit).toMatchObject({ is: "success", status: 0 });
  });

  test("a path behind a hole may be the image", async () => {
    const { files, acts } = await played([coreutils, "/bin/rm -f ", { why, holds: "text" }, "/a.img"]);
    expect(files.get(image).exists).toBe("maybe");
    expect(acts).toMatchObject([{ what: "remove", certainty: "maybe", path: { is: "partly" } }]);
    const other = await played([coreutils, "/bin/rm -f ", { why, holds: "text" }, "/b.img"]);
    expect(other.files.get(image)).toMatchObject({ exists: "yes", bytes: 1_000_000 });
  });

  test("a path in the store is no image", async () => {
    const { files } = await played([coreutils, "/bin/rm -f ", coreutils, "/share/a.img"]);
    expect(files.get(image).exists).toBe("yes");
  });

  test("a script in a hole is played, one that is not known may do anything", async () => {
    const known = await played([{ ...coreutils, script: ["#!/bin/sh\n", coreutils, "/bin/rm -f a.img\n"] }, " x"]);
    expect(known.files.get(image).exists).toBe("no");
    const unknown = await played([{ why, holds: "text" }]);
    expect(unknown.files.get(image)).toMatchObject({ exists: "maybe", content: { is: "unknown" } });
    expect(unknown.exit.is).toBe("either");
  });

  test("a copy of what is not known has no known size", async () => {
    const { files, acts } = await played(
      [coreutils, "/bin/cp ", coreutils, "/base.img ", image],
      { options: {} },
      false,
    );
    expect(files.get(image).exists).toBe("maybe");
    expect(acts).toMatchObject([{ what: "make", certainty: "if" }]);
  });

  test("a place is told with holes shown", async () => {
    const script: Script = [coreutils, "/bin/rm -f ", { why, holds: "text" }];
    expect(excerpt(script, { start: 0, end: 99 })).toBe("${coreutils}/bin/rm -f …");
  });
});

describe("a word with brackets", () => {
  test("is no pattern where nothing closes them, as the command `[`", async () => {
    const { acts, exit } = await played(["[ ! -e a.img ] || exit 3"]);
    expect(acts).toEqual([]);
    expect(exit).toMatchObject({ is: "failure", status: 3 });
    const closed = await played([coreutils, "/bin/rm [a]*"]);
    expect(closed.files.get(image).exists).toBe("no");
  });
});

describe("a user that is not known", () => {
  test("may fail to write, unless that is not looked into", async () => {
    const script: Script = [coreutils, "/bin/truncate -s 2M a.img"];
    expect((await played(script, { user: null })).exit.is).toBe("either");
    const may = await played(script, { user: null, unknownUserMay: true });
    expect(may.exit).toMatchObject({ is: "success", status: 0 });
    expect(may.files.get(image).bytes).toBe(2 * 1024 * 1024);
  });
});

describe("commands that are not found", () => {
  test("end a script with -e", async () => {
    const { exit, files } = await played(["rm -f a.img"]);
    expect(exit).toMatchObject({ is: "failure", status: 127, place: { start: 0, end: 11 } });
    expect(exit.why?.id).toBe("shell.notFound");
    expect(files.get(image).exists).toBe("yes");
  });

  test("and it may be so where PATH is not known", async () => {
    const { exit, acts } = await played(["rm -f a.img"], { commands: "unknown" });
    expect(exit.is).toBe("either");
    expect(acts).toMatchObject([{ what: "remove", certainty: "if" }]);
  });
});

describe("what is not decided", () => {
  test("is played both ways, and answered alike later on", async () => {
    const { acts, ways, files } = await played(["if [ -e /flag ]; then rm a.img; fi\n[ ! -e /flag ] || exit 4"], {
      commands: "all",
    });
    expect(ways.map(({ status, conditions }) => [status, conditions.map(({ holds }) => holds)])).toEqual([
      [4, [true]],
      [0, [false]],
    ]);
    expect(acts).toMatchObject([{ what: "remove", certainty: "if", conditions: [{ holds: true }] }]);
    expect(files.get(image).exists).toBe("maybe");
  });

  test("an unknown command makes unknown what it is given, and nothing else", async () => {
    const tool: Hole = { why, holds: "word", prefix: "/nix/store/", package: "some-tool" };
    const given = await played([tool, "/bin/tool --fix a.img"]);
    expect(given.files.get(image).content.is).toBe("unknown");
    const option = await played([tool, "/bin/tool --file=a.img"]);
    expect(option.files.get(image).content.is).toBe("unknown");
    const spared = await played([tool, "/bin/tool --fix b.img"]);
    expect(spared.files.get(image)).toMatchObject({ exists: "yes", bytes: 1_000_000 });
  });

  test("loops and nesting have an end", async () => {
    const endless = await played(["while true; do echo x >> a.img; done"]);
    expect(endless.files.get(image).exists).toBe("maybe");
    const deep = await played([`${"( ".repeat(300)}true${" )".repeat(300)}`]);
    expect(deep.exit.is).toBe("either");
    const function_ = await played(["f() { f; f; }; f"]);
    expect(function_.files.get(image).exists).toBe("maybe");
  });

  test("nothing is claimed behind a syntax error", async () => {
    const { files, exit } = await played([": > a.img\nif true; then"]);
    expect(files.get(image).exists).toBe("maybe");
    expect(exit.why?.id).toBe("shell.syntax");
  });
});
