// Writes what the code says of itself: docs/rules and docs/settings.md in each language, what the engine offers on the bad examples,
// the settings of the rules in package.json and their descriptions in package.nls*.json.
// With --check nothing is written: says what is stale and ends with 1.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { root } from "./lib/run.mjs";
import { settingsPage } from "./lib/settings-page.mjs";
import { textFiles } from "./lib/text-files.mjs";

const check = process.argv.includes("--check");
const stale = [];

// First what the engine offers on the examples, because the pages tell of it.
const { remedies } = await bundled('export * from "./test/harness/remedies.ts";');
put("server/src/rules/support/remedies.generated.json", `${JSON.stringify(await remedies(), null, 1)}\n`);
const { rules, indexPage, rulePage, ruleSetting, descriptionKey, description } = await bundled(
  'export * from "./server/src/rules/frame/registry.ts"; export * from "./server/src/rules/frame/documentation.ts";',
);

for (const [locale, name] of [
  ["en", "docs/rules"],
  ["zh-cn", "docs/rules/zh-cn"],
]) {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  put(`${name}/README.md`, indexPage(rules, locale));
  for (const rule of rules) put(`${name}/${rule.id}.md`, rulePage(rule, locale));
  const pages = new Set(["README.md", "zh-cn", ...rules.map((rule) => `${rule.id}.md`)]);
  for (const each of readdirSync(folder)) {
    if (pages.has(each)) continue;
    stale.push(`${name}/${each}`);
    if (!check) rmSync(join(folder, each));
  }
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const setting = manifest.contributes.configuration
  .flatMap((group) => Object.entries(group.properties))
  .find(([name]) => name === "microvmLens.rules")[1];
setting.properties = Object.fromEntries(rules.map((rule) => [rule.id, ruleSetting(rule)]));
// A name that no rule has is a slip: editors underline it.
setting.additionalProperties = false;
put("package.json", `${JSON.stringify(manifest, null, 2)}\n`);

for (const [file, locale, settings] of [
  ["package.nls.json", "en", "docs/settings.md"],
  ["package.nls.zh-cn.json", "zh-cn", "docs/zh-cn/settings.md"],
]) {
  const words = JSON.parse(readFileSync(join(root, file), "utf8"));
  for (const key of Object.keys(words)) if (key.startsWith("rule.")) delete words[key];
  for (const rule of rules) words[descriptionKey(rule)] = description(rule, locale);
  put(file, `${JSON.stringify(words, null, 2)}\n`);
  mkdirSync(dirname(join(root, settings)), { recursive: true });
  put(settings, settingsPage(manifest, words, locale));
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

/** What is TypeScript is bundled into a temporary file and loaded from there. */
async function bundled(contents) {
  const temporary = mkdtempSync(join(tmpdir(), "lens-docs-"));
  try {
    const outfile = join(temporary, "bundle.mjs");
    await esbuild.build({
      stdin: { contents, resolveDir: root, loader: "ts" },
      outfile,
      bundle: true,
      loader: textFiles,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "warning",
      // Modules of WebAssembly lie where the tests look for them, and packages of CommonJS ask for others.
      define: { "import.meta.url": JSON.stringify(pathToFileURL(join(root, "test/harness/bundle.mjs")).href) },
      banner: {
        js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(join(root, "package.json"))});`,
      },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
