import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkFixture } from "./check.ts";
import { minimalDiff } from "./diff.ts";
import { parseFixture } from "./fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "lens-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fixture(caretLines: string, rest = ""): string {
  const path = join(folder, "fixture.nix");
  writeFileSync(
    path,
    `#- /flake.nix
{
  outputs = { nixpkgs, microvm, ... }: {
    nixosConfigurations.web = nixpkgs.lib.nixosSystem {
      modules = [
        microvm.nixosModules.microvm
        { microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 1024; } ]; }
${caretLines}
      ];
    };
  };
}
#- disk
/var/lib/microvms/web/a.img raw 512MiB ext4
${rest}`,
  );
  return path;
}

const right = `#                                                                          ^^^^ warning[size-differs-from-image] fixable: the image is 512 MiB (raw), the configuration says 1024 MiB: this size is ignored
#          | note: microvm.nix uses \`size\` only when it creates the image, and /var/lib/microvms/web/a.img exists`;

describe("the checker can fail", () => {
  it("passes when the caret lines say what is found", async () => {
    await checkFixture(fixture(right));
  });

  it("fails when a finding is not written down, and prints it as a caret line", async () => {
    await expect(checkFixture(fixture("# nothing expected"))).rejects.toThrow(
      /found and not expected:.*\n#\s+\^\^\^\^ warning\[size-differs/,
    );
  });

  it("fails when a finding is written down that there is not", async () => {
    const two = `${right}\n#                      ^^^ error[image-blank]: nothing there`;
    await expect(checkFixture(fixture(two))).rejects.toThrow(/expected and not found:/);
  });

  it.each([
    ["the place", right.replace("# ", "#  ")],
    ["the length", right.replace("^^^^", "^^^")],
    ["the severity", right.replace("warning", "error")],
    ["the message", right.replace("512", "513")],
    ["whether it is fixable", right.replace(" fixable", "")],
    ["the guests", right.replace(" fixable", " fixable (db)")],
    ["a note", right.replace("exists", "exist")],
    ["a note that is left out", right.split("\n")[0] as string],
  ])("fails when %s differs", async (_, caretLines) => {
    await expect(checkFixture(fixture(caretLines))).rejects.toThrow(/differ from the caret lines/);
  });

  it("fails when a fix gives another text, unless it may be rewritten", async () => {
    const path = fixture(right, "#- fix: Set size to 512, as on disk\n-wrong\n+wrong\n");
    await expect(checkFixture(path)).rejects.toThrow();
    process.env["UPDATE"] = "1";
    try {
      await checkFixture(path);
    } finally {
      delete process.env["UPDATE"];
    }
    expect(readFileSync(path, "utf8")).toContain("size = 512;");
    await checkFixture(path);
  });

  it("fails when a fix is not there", async () => {
    await expect(checkFixture(fixture(right, "#- fix: Buy a larger disk\n"))).rejects.toThrow(
      /no fix "Buy a larger disk"/,
    );
  });
});

describe("fixtures are read strictly", () => {
  it.each([
    ["an unknown section", "#- /a.nix\n1\n#- discs\n", /is no section/],
    ["a file that stands twice", "#- /a.nix\n1\n#- /a.nix\n2\n", /stands twice/],
    ["a caret line with a typing error", "#- /a.nix\n1\n# ^^ eror[x]: y\n", /cannot be read/],
    ["a note without a finding", "#- /a.nix\n1\n#   | note: x\n", /without a finding/],
    ["no file", "#- disk\n", /no file/],
  ])("%s", (_, source, complaint) => {
    expect(() => parseFixture(source)).toThrow(complaint);
  });

  it("takes carets and the cursor out, and keeps line ends", () => {
    const { files, cursor, expectations } = parseFixture("#- /a.nix\r\nabc$0d\r\n#^^ error[x-y]: z…\r\n");
    expect(files.get("/a.nix")).toBe("abcd\r\n");
    expect(cursor).toEqual({ file: "/a.nix", offset: 3 });
    expect(expectations).toMatchObject([{ line: 0, column: 1, length: 2, rule: "x-y", message: "z…" }]);
  });
});

it("a diff has the changed lines and nothing else", () => {
  expect(minimalDiff("a\nb\nc\nd\n", "a\nB\nc\ne\nd\n")).toBe("-b\n+B\n@@\n+e");
  expect(minimalDiff("same\n", "same\n")).toBe("");
});
