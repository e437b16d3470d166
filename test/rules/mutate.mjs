// Breaks each rule in turn and counts the breaks that no test notices: `node test/rules/mutate.mjs [RULE…]`.
//
// A mutation changes one condition in the code of a rule's check: a comparison turned round, `&&` and `||` swapped, a
// negation dropped. The rule's own fixtures and examples run against it. A survivor is printed with its place; the exit
// code is 1 when there is any. A line that ends with `// no mutant: <reason>` is left alone: the change has no effect.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { textFiles } from "../../scripts/lib/text-files.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rulesFolder = join(root, "server/src/rules");
const frame = new Set(["rule", "registry", "run", "bugs", "memory", "held", "merge", "suppress", "documentation"]);
const operators = [
  [/ === /g, " !== ", "equal becomes unequal"],
  [/ !== /g, " === ", "unequal becomes equal"],
  [/ == (?=null)/g, " != ", "null becomes not null"],
  [/ != (?=null)/g, " == ", "not null becomes null"],
  [/ && /g, " || ", "and becomes or"],
  [/ \|\| /g, " && ", "or becomes and"],
  [/ < (?=[\w(])/g, " >= ", "less becomes not less"],
  [/ > (?=[\w(])/g, " <= ", "greater becomes not greater"],
  [/ <= /g, " > ", "at most becomes greater"],
  [/ >= /g, " < ", "at least becomes less"],
  [/(?<=[( ])!(?=[a-zA-Z(])/g, "", "not is dropped"],
];

// A mutant that throws is noticed: rules/run.ts passes errors on under tests.
process.env.VITEST = "true";
process.setMaxListeners(0);

const [mode, ...rest] = process.argv.slice(2);
if (mode === "--one") await mutateRule(rest[0]);
else runAll(process.argv.slice(2));

/** Each rule in a process of its own: a mutant may loop, and every one loads the parser anew. */
function runAll(wanted) {
  const ids = readdirSync(rulesFolder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => basename(name, ".ts"))
    .filter((id) => !frame.has(id) && (wanted.length === 0 || wanted.includes(id)));
  let tried = 0;
  const survivors = [];
  for (const id of ids) {
    const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--one", id], {
      encoding: "utf8",
      timeout: 600_000,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const last = result.stdout.trim().split("\n").at(-1) ?? "";
    const answer = last.startsWith("{") ? JSON.parse(last) : { tried: 0, survivors: [`${id}: did not run`] };
    tried += answer.tried;
    survivors.push(...answer.survivors);
    console.log(`${id}: ${answer.tried} mutations, ${answer.survivors.length} survivors`);
    for (const each of answer.survivors) console.log(`  ${each}`);
  }
  console.log(`${tried} mutations of ${ids.length} rules, ${survivors.length} survivors`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

async function mutateRule(id) {
  const folder = mkdtempSync(join(tmpdir(), "lens-mutate-"));
  try {
    mkdirSync(join(folder, "test/harness"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    symlinkSync(join(root, "server"), join(folder, "server"));
    const path = join(rulesFolder, `${id}.ts`);
    const source = readFileSync(path, "utf8");
    if (!(await passes(id, path, source, folder, 0))) throw new Error(`${id} fails without any mutation`);
    const survivors = [];
    let tried = 0;
    for (const { text, line, what } of mutations(source)) {
      tried++;
      if (await passes(id, path, text, folder, tried)) survivors.push(`${id}.ts:${line}: ${what}`);
    }
    console.log(JSON.stringify({ tried, survivors }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the fixtures and examples of the rule hold with this text in place of its file. */
async function passes(id, path, text, folder, number) {
  const outfile = join(folder, "test/harness", `mutant-${number}.mjs`);
  await esbuild.build({
    stdin: {
      contents: `export { checkFixture } from "./test/harness/check.ts"; export { faces } from "./test/rules/faces.ts"; export { openWorkspace } from "./test/harness/workspace.ts"; export { ruleById } from "./server/src/rules/frame/registry.ts";`,
      resolveDir: root,
      loader: "ts",
    },
    outfile,
    bundle: true,
    loader: textFiles,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    plugins: [mutant(path, text)],
    logLevel: "silent",
  });
  const { checkFixture, faces, openWorkspace, ruleById } = await import(pathToFileURL(outfile).href);
  try {
    const fixtures = join(root, "test/fixtures", id);
    for (const name of existsSync(fixtures) ? readdirSync(fixtures) : []) {
      if (name.endsWith(".nix")) await checkFixture(join(fixtures, name), faces);
    }
    for (const [which, expected] of [
      ["bad", true],
      ["good", false],
    ]) {
      const { files, disk } = ruleById(id).docs[which];
      const workspace = await openWorkspace(Object.entries(files), { disk: disk ?? null });
      try {
        const { findings } = await workspace.snapshot();
        if (findings.some((finding) => finding.rule === id) !== expected) return false;
      } finally {
        workspace.dispose();
      }
    }
    return true;
  } catch (error) {
    if (process.env.WHY) console.error(`killed by ${String(error.message).slice(0, 300)}`);
    return false;
  }
}

/** The changed file, and assertions that need no test runner. */
function mutant(path, text) {
  const assertions = `
    import assert from "node:assert/strict";
    const same = (a, b) => { try { assert.deepEqual(a, b); return true; } catch { return false; } };
    const checks = (value, positive) => {
      const judge = (holds) => { if (holds !== positive) throw new Error("does not hold"); };
      return {
        toBe: (other) => judge(Object.is(value, other)),
        toEqual: (other) => judge(same(value, other)),
        toMatch: (pattern) => judge(pattern.test(value)),
        toBeLessThanOrEqual: (limit) => judge(value <= limit),
        toBeGreaterThan: (limit) => judge(value > limit),
      };
    };
    export const expect = (value) => ({ ...checks(value, true), not: checks(value, false) });
    expect.fail = (message) => { throw new Error(message); };`;
  return {
    name: "mutant",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, (file) => (file.path === path ? { contents: text, loader: "ts" } : null));
      // The parser's runtime can be started once in a process: all mutants share it.
      build.onLoad({ filter: /memory-files\.ts$/ }, (file) => ({
        contents: readFileSync(file.path, "utf8").replace("parser ??=", "parser = globalThis.sharedParser ??="),
        loader: "ts",
      }));
      build.onResolve({ filter: /^vitest$/ }, () => ({ path: "assertions", namespace: "mutant" }));
      build.onLoad({ filter: /.*/, namespace: "mutant" }, () => ({ contents: assertions, loader: "js" }));
    },
  };
}

/** One changed text for each condition from `function* check` on, fixes left out: those have their own goldens. */
function* mutations(source) {
  const from = source.search(/^function\* check\(/m);
  if (from < 0) return;
  const after = source.search(/^function\* fixes\(/m);
  const until = after > from ? after : source.length;
  for (const [pattern, replacement, what] of operators) {
    for (const match of source.slice(from, until).matchAll(pattern)) {
      const start = from + match.index;
      const lineStart = source.lastIndexOf("\n", start) + 1;
      const line = source.slice(lineStart, source.indexOf("\n", start));
      if (
        /^\s*(\/\/|\*|\/\*\*|import|readonly)|\/\/ no mutant: |^\s*for \(/.test(line) ||
        isText(line, start - lineStart)
      )
        continue;
      yield {
        text: source.slice(0, start) + replacement + source.slice(start + match[0].length),
        line: source.slice(0, start).split("\n").length,
        what: `${what}: ${line.trim()}`,
      };
    }
  }
}

/** Inside of a string literal. */
function isText(line, at) {
  const before = line.slice(0, at).replace(/\\./g, "");
  return ['"', "`"].some((quote) => (before.split(quote).length - 1) % 2 === 1);
}
