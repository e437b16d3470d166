import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { locales, render, type Text } from "../../server/src/base/text.ts";
import { ruleById, rules } from "../../server/src/rules/frame/registry.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "server/src/rules");
/** Files beside the rules that are none. */
const frame = new Set(["rule", "registry", "run", "bugs", "memory", "held", "merge", "suppress", "documentation"]);
const ids = rules.map((rule) => rule.id).sort();

describe("one id, everywhere", () => {
  it("ids are unique, plain words joined by dashes", () => {
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(ruleById("size-differs-from-image")?.id).toBe("size-differs-from-image");
  });

  it("every file is a rule in the registry, and the other way round", () => {
    const files = readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => name.slice(0, -3));
    expect(files.filter((name) => !frame.has(name)).sort()).toEqual(ids);
  });

  it("every rule has a folder of fixtures, with at least one hit and one silence", () => {
    for (const id of ids) {
      const fixtures = join(root, "test/fixtures", id);
      expect(existsSync(fixtures), `test/fixtures/${id}`).toBe(true);
      const texts = readdirSync(fixtures).map((name) => readFileSync(join(fixtures, name), "utf8"));
      expect(
        texts.some((text) => text.includes(`[${id}]`)),
        `${id}: no fixture with a hit`,
      ).toBe(true);
      expect(
        texts.some((text) => !text.includes(`[${id}]`)),
        `${id}: no fixture without`,
      ).toBe(true);
    }
  });

  it("every folder of fixtures is a rule's or listed here", () => {
    const folders = readdirSync(join(root, "test/fixtures"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const others = new Set(["frame", "hover", "inlay-hints", "trace"]);
    expect(folders.map(({ name }) => name).filter((name) => !ids.includes(name) && !others.has(name))).toEqual([]);
  });

  it("documentation, settings and their descriptions are as scripts/generate-docs.mjs writes them", () => {
    const result = spawnSync(process.execPath, ["scripts/generate-docs.mjs", "--check"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
  });

  it("the source of microvm.nix that a rule relies on is named", () => {
    for (const rule of rules) {
      if (rule.id.endsWith("-suppression") || withoutSource.has(rule.id)) continue;
      expect(render(rule.docs.why), rule.id).toMatch(/(lib|nixos-modules|doc|pkgs)\/[\w./-]+|issues? #|pull request #/);
    }
  });
});

/** Rules about filesystems alone: no file of microvm.nix decides. */
const withoutSource = new Set([
  "filesystem-larger-than-image",
  "filesystem-smaller-than-image",
  "mounted-elsewhere",
  "volume-nearly-full",
]);

describe("both languages are complete", () => {
  for (const [module, table] of Object.entries(tables())) {
    it(module, async () => {
      const { text } = (await table()) as { text?: Record<string, () => Text> };
      if (!text) return;
      for (const [key, make] of Object.entries(text)) {
        const { template, id } = make();
        const gaps = locales.map((locale) => [...template[locale].matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort());
        for (const locale of locales) expect(template[locale].trim(), `${id} in ${locale}`).not.toBe("");
        for (const [index, locale] of locales.entries())
          expect(gaps[index], `${id}: gaps in ${locale}`).toEqual(gaps[0]);
        // A text without words of its own (only a gap or two) may be equal in both.
        const words = template.en.replace(/\{\w+\}|[^a-z]/gi, "");
        if (words.length > 0)
          expect(template["zh-cn"], `${module} ${key} is not translated`).toMatch(/\p{Script=Han}/u);
      }
    });
  }
});

/** Every module below rules/, by path. */
function tables(): Record<string, () => Promise<unknown>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return Object.fromEntries(names.map((name) => [name, () => import(join(folder, name))]));
}

describe("messages have one form", () => {
  for (const rule of rules) {
    it(rule.id, async () => {
      const { text } = (await import(join(folder, `${rule.id}.ts`))) as { text: Record<string, () => Text> };
      expect(text, "the rule exports its texts").toBeDefined();
      const summary = render(rule.docs.summary);
      expect(summary).toMatch(/^[A-Z`].*\.$/s);
      for (const [key, make] of Object.entries(text)) {
        if (["summary", "why", "manual", "byHand"].includes(key)) continue;
        const words = make().template.en;
        expect(words, `${key} has no full stop at the end`).not.toMatch(/(?<!\.)\.$/);
        expect(words, `${key} has two blanks`).not.toMatch(/ {2}/);
      }
    });
  }
});
