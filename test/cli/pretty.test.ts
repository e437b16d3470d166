import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { verbatim } from "../../server/src/base/text.ts";
import { checkReport } from "../../server/src/cli/check/check-report.ts";
import { pretty } from "../../server/src/cli/formats/pretty.ts";
import { snapshotOf, type Written } from "./snapshots.ts";

const file = "/lab/guests/build.nix";
const text = `{
  microvm.volumes = [ { image = "a.img"; size = 2048; } ];
}
`;
const written: Written = { at: "2048", message: "the image is 512 MiB, the configuration says 2048 MiB" };

function show(
  source: string,
  findings: readonly Written[],
  options: { colour?: boolean; locale?: "en" | "zh-cn" } = {},
) {
  const locale = options.locale ?? "en";
  const report = checkReport(snapshotOf({ [file]: source }, findings), locale);
  return pretty(report, { cwd: "/lab", colour: options.colour ?? false, locale });
}

/** The text above the carets: what a reader sees underlined. Counts columns as a terminal does. */
function carets(source: string, at: string): readonly string[] {
  const lines = show(source, [{ ...written, at }]).split("\n");
  const index = lines.findIndex((line) => /^\s*\|\s*\^+$/.test(line));
  return lines.slice(index - 1, index + 1).map((line) => line.slice(line.indexOf("|") + 2));
}

describe("pretty", () => {
  test("shows the place, the source line, carets, notes and fixes", () => {
    const output = show(text, [
      {
        ...written,
        notes: [{ text: "an image is formatted once" }, { text: "the image is named here", at: `"a.img"` }],
        guests: ["build", "ci"],
        fixes: [
          { kind: "edit", id: "a", title: verbatim("Set size to 512"), safety: "safe", edits: [], guests: [] },
          { kind: "edit", id: "b", title: verbatim("Use a new image name"), safety: "review", edits: [], guests: [] },
          {
            kind: "operation",
            host: "server1",
            id: "c",
            title: verbatim("Grow the image"),
            destroys: null,
            command: ["image", "grow", "/a b.img"],
          },
          { kind: "manual", id: "d", title: verbatim("Edit it"), advice: verbatim("in the generated file") },
        ],
      },
    ]);
    expect(
      output,
    ).toBe(`guests/build.nix:2:49: warning: the image is 512 MiB, the configuration says 2048 MiB [size-differs-from-image]
   1 | {
   2 |   microvm.volumes = [ { image = "a.img"; size = 2048; } ];
     |                                                 ^^^^
     = guests: build, ci
     = note: an image is formatted once
     = note: the image is named here (guests/build.nix:2:33)
     = fix: Set size to 512
     = fix (review): Use a new image name
     = fix (on the host): Grow the image
     =     microvm-lens image grow '/a b.img'
     = by hand: Edit it
     =     in the generated file

1 warning in 1 guest
`);
  });

  test("the first line is what problem matchers read", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    const [{ pattern }] = manifest.contributes.problemMatchers;
    const matcher = new RegExp(pattern.regexp);
    for (const severity of ["error", "warning", "information", "hint"] as const) {
      const found = (show(text, [{ ...written, severity }]).split("\n")[0] as string).match(matcher);
      expect(
        [pattern.file, pattern.line, pattern.column, pattern.message, pattern.code].map((group) => found?.[group]),
      ).toEqual(["guests/build.nix", "2", "49", written.message, "size-differs-from-image"]);
      // What VS Code reads as a severity: src/vs/base/common/severity.ts and its problem matcher.
      expect(found?.[pattern.severity]).toBe(severity === "information" ? "info" : severity);
    }
  });

  test("is painted only where asked", () => {
    expect(show(text, [written])).not.toContain("\u001b");
    const painted = show(text, [written], { colour: true });
    expect(painted).toContain("\u001b[1;33mwarning:\u001b[0m");
    expect(painted.replace(/\u001b\[[0-9;]*m/g, "")).toBe(show(text, [written]));
  });

  test("says how many findings there are, and when there is nothing", () => {
    const many: Written[] = [{ ...written, severity: "error" }, { ...written, severity: "error" }, written];
    expect(show(text, many)).toMatch(/\n2 errors, 1 warning in 1 guest\n$/);
    expect(show(text, [])).toBe("Nothing to report in 1 guest.\n");
    expect(
      pretty(checkReport(snapshotOf({ [file]: text }, [], 0), "en"), { cwd: "/", colour: false, locale: "en" }),
    ).toBe("No microVM guests are declared here.\n");
  });

  test("speaks Chinese", () => {
    expect(show(text, [written], { locale: "zh-cn" })).toMatch(/\n1 台虚拟机：1 个警告\n$/);
  });

  test("escapes what could steer the terminal", () => {
    const output = show(`{ a = "\u001b[2Jx\u202e"; b = 1; }\n`, [
      { ...written, at: "1", message: "label \u001b]0;x\u0007" },
    ]);
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(output).toContain("\\x1b");
  });
});

describe("carets", () => {
  test("stand below the words in plain text", () => {
    expect(carets("{ size = 2048; }\n", "2048")).toEqual(["{ size = 2048; }", "         ^^^^"]);
  });

  test("count two columns for Chinese characters and emoji", () => {
    expect(carets('{ a = "磁盘🚀"; size = 2048; }\n', "2048")).toEqual([
      '{ a = "磁盘🚀"; size = 2048; }',
      `${" ".repeat(23)}^^^^`,
    ]);
  });

  test("cover wide characters with two carets each", () => {
    expect(carets('{ a = "磁盘"; }\n', "磁盘")).toEqual(['{ a = "磁盘"; }', "       ^^^^"]);
  });

  test("count one picture for joined emoji and none for combining marks", () => {
    expect(carets('{ a = "👨‍👩‍👧e\u0301"; b = 1; }\n', "1;")[1]).toBe(`${" ".repeat(17)}^^`);
  });

  test("follow tabs", () => {
    expect(carets("{\n\ta\t= 1; }\n", "1")).toEqual(["    a   = 1; }", "          ^"]);
  });

  test("stay in the first line of a longer place", () => {
    expect(carets("{ a = [\n  1\n]; }\n", "[\n  1\n]")).toEqual(["{ a = [", "      ^"]);
  });

  test("mark a place of no width", () => {
    expect(carets("{ a = ; }\n", "")[1]).toBe("^");
  });

  test("keep a place in a very long line in sight", () => {
    const [line, under] = carets(`{ a = "${"x".repeat(5000)}"; size = 2048; }\n`, "2048");
    expect(line?.length).toBeLessThan(110);
    const start = under?.indexOf("^") as number;
    expect(line?.slice(start, start + 4)).toBe("2048");
  });
});
