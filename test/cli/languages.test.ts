import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { locales, type Text } from "../../server/src/base/text.ts";
import { problems } from "../../server/src/cli/frame/problems.ts";
import { words } from "../../server/src/cli/frame/words.ts";
import { run } from "./run.ts";
import { workspace } from "./workspace.ts";

const tables: Readonly<Record<string, Readonly<Record<string, (args?: Text["args"]) => Text>>>> = { problems, words };

describe.each(Object.keys(tables))("the table of %s", (name) => {
  it.each(Object.entries(tables[name] ?? {}))("%s is there in every language", (key, make) => {
    const { template } = make();
    const gaps = locales.map((locale) => [...template[locale].matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort());
    for (const each of gaps) expect(each).toEqual(gaps[0]);
    const own = template.en.replace(/\{\w+\}|[^a-z]/gi, "");
    // "{list} in {guests}" is a mark of punctuation in Chinese.
    if (own.length > 2) expect(template["zh-cn"], key).toMatch(/\p{Script=Han}/u);
  });

  it("has no message that nobody says", () => {
    const folder = join(import.meta.dirname, "../../server/src/cli");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const code = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
    // Some are named by what they are about: words[`${what}One`].
    const said = (key: string) => code.includes(`${name}.${key}`) || /(?:One|Many)$/.test(key) || planned.has(key);
    expect(Object.keys(tables[name] ?? {}).filter((key) => !said(key))).toEqual([]);
  });
});

/** Named by the outcome of a plan. */
const planned = new Set([
  "create",
  "reuse",
  "recreate",
  "failToCreate",
  "blank",
  "notMount",
  "shift",
  "share",
  "unknown",
]);

const chinese = { LANG: "zh_CN.UTF-8" };

describe("why it cannot be done is said in the language of the environment", () => {
  it.each([
    [["check", "nowhere"], "microvm-lens: nowhere：没有这样的文件或文件夹\n"],
    [["chekc"], "microvm-lens: 没有“chekc”这个命令；是否指 check？"],
    [
      ["check", "--frmat", "json"],
      "microvm-lens: check：未知选项“--frmat”；是否指 --format？\n参见 `microvm-lens --help`。\n",
    ],
    [["check", "--format"], "microvm-lens: check：选项“--format <value>”需要一个值\n"],
    [["check", "--json=yes"], "microvm-lens: check：选项“--json”不接受值\n"],
    [["check", "--format", "xml"], "microvm-lens: --format 只能是 pretty, json, sarif, github 之一，而不是“xml”\n"],
    [["check", "--set", "nothing"], "microvm-lens: --set 需要 RULE=off|"],
    [["check", "--host=-x"], "microvm-lens: --host 需要一个名称，而不是“-x”\n"],
    [["explain", "size-differs-from-imag"], "（是否指 size-differs-from-image？）"],
    [["fix", "--rule", "nothing"], "microvm-lens: 没有“nothing”这条规则；"],
    [["report"], "microvm-lens: report 需要 --html FILE\n"],
    [["image", "grow"], "microvm-lens: image grow 只接受一个镜像\n"],
    [["plan", "--against", ""], "microvm-lens: --against 需要一个 git 版本，而不是“”\n"],
  ])("%j", async (argv, expected) => {
    const cwd = workspace({ "flake.nix": "{ outputs = _: { }; }\n" });
    const { code, out, err } = await run(argv, { cwd, env: chinese });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(expected);
  });

  it("--locale wins over the environment, even where the arguments cannot be read", async () => {
    const argv = (locale: string) => ["check", "--frmat", "--locale", locale];
    expect((await run(argv("en"), { env: chinese })).err).toContain("unknown option '--frmat'");
    expect((await run(argv("zh-cn"), { env: {} })).err).toContain("未知选项");
  });

  it("a file with a wrong content", async () => {
    const cwd = workspace({ "binary.nix": Buffer.from([123, 0, 125]), "empty.json": "[]" });
    expect((await run(["check", "binary.nix"], { cwd, env: chinese })).err).toContain("不是文本");
    expect((await run(["check", "--snapshot", "empty.json"], { cwd, env: chinese })).err).toContain("的快照");
  });
});
