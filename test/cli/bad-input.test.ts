import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import { workspace } from "./workspace.ts";

const commands = ["check", "plan", "inspect", "fix"];

describe.each(commands)("%s", (command) => {
  test("on a path that does not exist exits with 2 and says so", async () => {
    const { code, out, err } = await run([command, "nowhere"], { cwd: workspace() });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe("microvm-lens: nowhere: no such file or directory\n");
  });

  test("on a folder without guests exits with 0 and says so", async () => {
    const { code, out, err } = await run([command], { cwd: workspace({ "flake.nix": "{ outputs = _: { }; }\n" }) });
    expect(code).toBe(0);
    expect(out + err).toContain(
      command === "fix" ? "Nothing can be fixed safely" : "No microVM guests are declared here.",
    );
  });

  test("on an empty folder exits with 0", async () => {
    expect((await run([command], { cwd: workspace() })).code).toBe(0);
  });

  test.each([
    ["notes.md", "# notes\n", "is not a Nix file (its name does not end in .nix)"],
    ["utf16.nix", Buffer.from("\ufeff{ }", "utf16le"), "the text is UTF-16, and Nix reads UTF-8 only"],
    ["latin.nix", Buffer.from('{ a = "\u00e9"; }', "latin1"), "the text is not UTF-8"],
    ["binary.nix", Buffer.from([123, 0, 125]), "not text (it contains a zero byte)"],
  ])("says what is wrong with %s", async (name, content, words) => {
    const { code, out, err } = await run([command, name], { cwd: workspace({ [name]: content }) });
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: `microvm-lens: ${name}: ${words}\n` });
  });

  test("takes a file that is half typed", async () => {
    const cwd = workspace({ "half.nix": "{ microvm.volumes = [ { image = " });
    expect((await run([command, "half.nix"], { cwd })).code).toBe(0);
  });

  test("takes a file that imports itself, and one that means nothing", async () => {
    const cwd = workspace({
      "self.nix": "import ./self.nix",
      "words.nix": "this not nix at all {{{",
      "empty.nix": "",
    });
    for (const file of ["self.nix", "words.nix", "empty.nix"])
      expect((await run([command, file], { cwd })).code).toBe(0);
  });

  test("says so when a file or folder may not be read", async () => {
    const cwd = workspace({ "secret.nix": "{ }" });
    chmodSync(join(cwd, "secret.nix"), 0);
    mkdirSync(join(cwd, "closed"), { mode: 0 });
    if (process.getuid?.() === 0) return;
    for (const path of ["secret.nix", "closed"]) {
      const { code, err } = await run([command, path], { cwd });
      expect({ code, err }).toEqual({ code: 2, err: `microvm-lens: ${path}: no permission to read it\n` });
    }
  });

  test("takes no device, no pipe and no link in a circle for a file", async () => {
    const cwd = workspace();
    execFileSync("mkfifo", [join(cwd, "pipe.nix")]);
    symlinkSync("circle.nix", join(cwd, "circle.nix"));
    for (const path of ["/dev/null", "pipe.nix", "circle.nix"]) {
      const { code, err } = await run([command, path], { cwd });
      expect(code).toBe(2);
      expect(err).toMatch(/: (is not a folder or a regular file|too many symbolic links)\n$/);
    }
  });
});

test("a file of nearly a MiB is read, a larger one is called too large", async () => {
  const text = (lines: number) => `{ x = [\n${"  { a = 1; }\n".repeat(lines)}]; }\n`;
  const cwd = workspace({ "large.nix": text(80_000), "larger.nix": text(90_000) });
  expect((await run(["check", "large.nix"], { cwd })).code).toBe(0);
  const { code, err } = await run(["check", "larger.nix"], { cwd });
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("larger.nix: too large (") });
});

test.each([
  ["a long flake", `{ outputs = _: { }; }\n${"# a line of words\n".repeat(60_000)}`],
  ["a long sum", `{ outputs = _: { nixosConfigurations.a = 1${" + 1".repeat(60_000)}; }; }`],
  ["many parentheses", `{ outputs = _: { nixosConfigurations.a = ${"(".repeat(5000)}1${")".repeat(5000)}; }; }`],
])("%s is too large, not wrong", async (_name, text) => {
  const { code, out, err } = await run(["check"], { cwd: workspace({ "flake.nix": text }) });
  expect({ code, words: out + err }).toEqual({ code: 0, words: expect.stringContaining("too large") });
  expect(out + err).not.toContain("syntax error");
});

test("a file that belongs to no project reads its neighbours, and looks through no folder", async () => {
  const guest = 'microvm.volumes = [ { image = "a.img"; mountPoint = "/a"; size = 5; } ];';
  const cwd = workspace({
    "vm.nix": `{ imports = [ ./more.nix ]; ${guest} }`,
    "more.nix": `{ ${guest.replace("a.img", "b.img")} }`,
    "other/flake.nix": `{ outputs = _: { nixosConfigurations.x.config = { ${guest} }; }; }`,
  });
  const { guests } = JSON.parse((await run(["inspect", "--json", "vm.nix"], { cwd })).out);
  expect(guests).toHaveLength(1);
  expect(guests[0].volumes.map((volume: { image: string }) => volume.image).sort()).toEqual(["a.img", "b.img"]);
  expect(guests[0].volumes.map((volume: { file: string }) => volume.file).sort()).toEqual(["more.nix", "vm.nix"]);
});

test("a name with control characters is shown escaped", async () => {
  const { err } = await run(["check", "a\u001b[2Jb"], { cwd: workspace() });
  expect(err).not.toContain("\u001b");
});

test("a snapshot that is none is refused in words", async () => {
  const cwd = workspace({ "flake.nix": "{ outputs = _: { }; }", "a.json": "{", "b.json": "{}" });
  const words = async (file: string) => (await run(["check", "--snapshot", file], { cwd })).err;
  expect(await words("a.json")).toBe(
    "microvm-lens: a.json: is not a snapshot of `microvm-lens scan --json`: it is not JSON\n",
  );
  expect(await words("b.json")).toContain("microvm-lens: b.json: is not a snapshot of `microvm-lens scan --json`: ");
  expect(await words("c.json")).toBe("microvm-lens: c.json: no such file or directory\n");
});
