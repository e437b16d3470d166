import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commands } from "../../server/src/cli/commands.ts";
import { rules } from "../../server/src/rules/frame/registry.ts";
import { run } from "./run.ts";

describe("help", () => {
  test("lists every command", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const { name, summary } of commands)
      expect(out).toMatch(new RegExp(`^ {2}${name} +${literally(summary)}$`, "m"));
  });

  test.each(commands.map(({ name }) => name))(
    "of %s names each of its options, and so does docs/cli.md",
    async (name) => {
      const command = commands.find((each) => each.name === name);
      const { code, out } = await run([name, "--help"]);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: microvm-lens ${command?.usage}`);
      const document = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
      const section = document.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? "";
      const shared = document.split(/^## check$/m)[0] as string;
      for (const option of Object.keys(command?.options ?? {})) {
        expect(out).toContain(`--${option}`);
        expect(`${shared}${section}`).toContain(`--${option}`);
      }
      expect(await run(["help", name])).toEqual({ code: 0, out, err: "" });
    },
  );

  test("without a command is a usage error with the overview", async () => {
    const { code, out, err } = await run([]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("Usage: microvm-lens COMMAND");
  });

  test.each([["--version"], ["-V"], ["check", "--version"], ["image", "-V"]])(
    "%s prints the version",
    async (...argv) => {
      const { code, out } = await run(argv);
      expect(code).toBe(0);
      expect(out).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    },
  );
});

describe("wrong arguments", () => {
  test.each([
    [["frobnicate"], 'unknown command "frobnicate"; the commands are check, '],
    [["chekc"], 'unknown command "chekc"; did you mean check?'],
    [["check", "--frobnicate"], "unknown option '--frobnicate'\n"],
    [["check", "--formt", "json"], "unknown option '--formt'; did you mean --format?"],
    [["check", "--set", "label-invalit=off"], 'unknown rule "label-invalit"; did you mean label-invalid?'],
    [["image", "grwo", "a.img"], "did you mean grow?"],
    [["completions", "tcsh"], "completions takes one of bash, zsh, fish"],
    [["check", "--format", "xml"], '--format is one of pretty, json, sarif, github, not "xml"'],
    [["check", "--fail-on", "fatal"], "--fail-on is one of"],
    [["check", "--set", "size-differs-from-image=loud"], "--set takes RULE="],
    [["check", "--locale", "fr"], "--locale is one of en, zh-cn"],
    [["check", "--host", "-oProxyCommand=x"], "--host"],
    [["lsp", "somewhere"], "lsp takes no path"],
    [["explain", "a", "b"], "explain takes one rule"],
  ])("%j is refused with exit code 2", async (argv, words) => {
    const { code, out, err } = await run(argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(words);
    expect(err).not.toContain("bug");
  });
});

describe("explain", () => {
  test("lists all rules", async () => {
    const { code, out } = await run(["explain"]);
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(rules.length);
  });

  test.each(rules.map(({ id }) => id))("knows %s, in both languages", async (id) => {
    const [english, chinese] = await Promise.all([run(["explain", id]), run(["explain", id, "--locale", "zh-cn"])]);
    for (const { code, out, err } of [english, chinese]) {
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out.startsWith(id)).toBe(true);
      expect(out).not.toMatch(/\{\w+\}(?!\})\s*$/);
    }
    expect(chinese.out).not.toBe(english.out);
    expect(chinese.out).toMatch(/\p{Script=Han}/u);
  });

  test("suggests the rule that was meant", async () => {
    const { code, err } = await run(["explain", "size-differ-from-image"]);
    expect(code).toBe(2);
    expect(err).toContain("did you mean size-differs-from-image?");
    expect((await run(["explain", "xyzzy"])).err).not.toContain("did you mean");
  });
});

test("the language of the environment is used", async () => {
  const chinese = await run(["explain"], { env: { LANG: "zh_CN.UTF-8" } });
  expect(chinese.out).toMatch(/\p{Script=Han}/u);
  expect((await run(["explain"], { env: { LANG: "zh_CN.UTF-8", LC_ALL: "C" } })).out).not.toMatch(/\p{Script=Han}/u);
  expect((await run(["explain"], { env: { LANG: "zh_TW.UTF-8" } })).out).not.toMatch(/\p{Script=Han}/u);
});

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
