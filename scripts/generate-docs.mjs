// Writes docs/rules/*.md, the rule settings in package.json and their descriptions in package.nls*.json from the rules.
// With --check nothing is written: says what is stale and ends with 1.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { root } from "./lib/run.mjs";

const check = process.argv.includes("--check");
const { rules, indexPage, rulePage, ruleSetting, descriptionKey, description } = await loadRules();
const stale = [];

const folder = join(root, "docs/rules");
mkdirSync(folder, { recursive: true });
put("docs/rules/README.md", indexPage(rules));
for (const rule of rules) put(`docs/rules/${rule.id}.md`, rulePage(rule));
const pages = new Set(["README.md", ...rules.map((rule) => `${rule.id}.md`)]);
for (const name of readdirSync(folder)) {
  if (pages.has(name)) continue;
  stale.push(`docs/rules/${name}`);
  if (!check) rmSync(join(folder, name));
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const setting = manifest.contributes.configuration
  .flatMap((group) => Object.entries(group.properties))
  .find(([name]) => name === "microvmLens.rules")[1];
setting.properties = Object.fromEntries(rules.map((rule) => [rule.id, ruleSetting(rule)]));
// A name that no rule has is a slip: editors underline it.
setting.additionalProperties = false;
put("package.json", `${JSON.stringify(manifest, null, 2)}\n`);

for (const [file, locale] of [
  ["package.nls.json", "en"],
  ["package.nls.zh-cn.json", "zh-cn"],
]) {
  const words = JSON.parse(readFileSync(join(root, file), "utf8"));
  for (const key of Object.keys(words)) if (key.startsWith("rule.")) delete words[key];
  for (const rule of rules) words[descriptionKey(rule)] = description(rule, locale);
  put(file, `${JSON.stringify(words, null, 2)}\n`);
}

if (check && stale.length > 0) {
  console.error(`stale, run node scripts/generate-docs.mjs:\n${stale.map((name) => `  ${name}`).join("\n")}`);
  process.exitCode = 1;
}

function put(name, content) {
  const path = join(root, name);
  const before = existsSync(path) ? readFileSync(path, "utf8") : null;
  if (before === content) return;
  stale.push(name);
  if (!check) writeFileSync(path, content);
}

/** The rules are TypeScript: bundled into a temporary file and loaded from there. */
async function loadRules() {
  const temporary = mkdtempSync(join(tmpdir(), "lens-docs-"));
  try {
    const outfile = join(temporary, "rules.mjs");
    await esbuild.build({
      stdin: {
        contents:
          'export * from "./server/src/rules/registry.ts"; export * from "./server/src/rules/documentation.ts";',
        resolveDir: root,
        loader: "ts",
      },
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
