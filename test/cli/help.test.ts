import { describe, expect, test } from "vitest";
import { commands } from "../../server/src/cli/commands.ts";
import { helpInChinese } from "../../server/src/cli/frame/help-zh.ts";
import { wrapped } from "../../server/src/cli/frame/wrap.ts";
import { run } from "./run.ts";

const chinese = { env: { LANG: "zh_CN.UTF-8" } };
const optionsIn = (text: string) => [...new Set(text.match(/--[a-zA-Z][\w-]*/g))].sort();
/** Words that a user types or gets as they are; they are the same in every language. */
const typedIn = (text: string) => [...new Set(text.match(/\b[A-Z]{2,}(?:=[A-Z]+)?\b/g))].sort();

describe("help", () => {
  test("exists for every command in Chinese, and for nothing else", () => {
    expect(Object.keys(helpInChinese).sort()).toEqual(commands.map(({ name }) => name).sort());
  });

  for (const { name, options } of commands) {
    test(`${name}: names every option, the same ones in both languages`, async () => {
      const english = (await run([name, "--help"])).out;
      const other = (await run([name, "--help"], chinese)).out;
      expect(other).toMatch(/^用法：microvm-lens /);
      expect(optionsIn(english)).toEqual(expect.arrayContaining(Object.keys(options).map((each) => `--${each}`)));
      expect(optionsIn(other)).toEqual(optionsIn(english));
      // Names of things (JSON, HTML …) may stand in either; placeholders must be the same.
      const placeholders = typedIn(english).filter((word) =>
        new RegExp(`(?:--[\\w-]+|^ *\\w+) ${word}\\b`, "m").test(english),
      );
      expect(typedIn(other)).toEqual(expect.arrayContaining(placeholders));
    });
  }

  test("fills its lines, however they are broken in the source", () => {
    const source = "One two three\nfour five.\n\n  --option      what it does,\n                and more\n";
    expect(wrapped(source, 100)).toBe("One two three four five.\n\n  --option      what it does, and more\n");
    expect(wrapped("一二三，\n四五。\n", 100)).toBe("一二三，四五。\n");
  });

  test("speaks the language of the environment, or of --locale", async () => {
    expect((await run(["--help"], chinese)).out).toMatch(/^MicroVM Lens .*：.*\n\n用法：/);
    expect((await run(["help", "check"], chinese)).out).toMatch(/^用法：microvm-lens check/);
    expect((await run(["help", "check", "--locale", "zh-cn"])).out).toMatch(/^用法：microvm-lens check/);
    expect((await run(["check", "--help", "--locale", "zh-cn"])).out).toMatch(/^用法：/);
    expect((await run(["check", "--help", "--locale", "en"], chinese)).out).toMatch(/^Usage: /);
    expect((await run([], chinese)).err).toContain("用法：");
    for (const { name } of commands) expect((await run(["--help"], chinese)).out).toContain(`  ${name} `);
  });
});
