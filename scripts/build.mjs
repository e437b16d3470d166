// Bundles the extension, the language server and the command line into dist/. `--watch` rebuilds at every change.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import * as esbuild from "esbuild";
import { root } from "./lib/run.mjs";
import { textFiles } from "./lib/text-files.mjs";

const builtin = createRequire(import.meta.url);
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const bundles = [
  { entry: "client/src/extension.ts", outfile: "extension.cjs" },
  { entry: "server/src/start/server-entry.ts", outfile: "server.cjs" },
  { entry: "server/src/server/server.ts", outfile: "language-server.cjs" },
  { entry: "server/src/server/answers.ts", outfile: "answers.cjs" },
  { entry: "server/src/cli/program.ts", outfile: "microvm-lens.cjs" },
  { entry: "server/src/cli/main.ts", outfile: "cli.cjs" },
];

/** Files that the bundles read when they run; they lie beside them. */
const assets = [
  "server/grammar/tree-sitter-nix.wasm",
  "node_modules/tree-sitter-bash/tree-sitter-bash.wasm",
  "node_modules/web-tree-sitter/web-tree-sitter.wasm",
];

/**
 * Bundles that other bundles load when they need them: the command line and the editor start the same server file, and
 * what a server needs only after its start is a file of its own, so that the start does not read it.
 */
const loaded = {
  "server/src/server/server.ts": "language-server.cjs",
  "server/src/server/answers.ts": "answers.cjs",
  "server/src/cli/main.ts": "cli.cjs",
};
const filesOfTheirOwn = {
  name: "files-of-their-own",
  setup(build) {
    build.onResolve({ filter: /\/(server|answers|main)\.ts$/ }, ({ path, resolveDir, kind }) => {
      const bundle = kind === "entry-point" ? undefined : loaded[relative(root, join(resolveDir, path))];
      return bundle ? { path: bundle, namespace: "loaded" } : null;
    });
    build.onLoad({ filter: /./, namespace: "loaded" }, ({ path }) => ({
      contents: `module.exports = require("./server/src/start/load.ts").loadBeside(${JSON.stringify(path)});`,
      resolveDir: root,
    }));
  },
};

/**
 * Packages and parts of Node that a start does not use, although modules that it uses name them: they are loaded when
 * something in them is called for.
 */
const late = {
  name: "late",
  setup(build) {
    build.onResolve({ filter: /^(node:)?(child_process|crypto|zlib|dgram)$|^execa$/ }, ({ path, namespace }) =>
      namespace === "late" ? null : { path: path.replace("node:", ""), namespace: "late" },
    );
    build.onLoad({ filter: /./, namespace: "late" }, ({ path }) => {
      const target = JSON.stringify(path === "execa" ? path : `node:${path}`);
      const names = path === "execa" ? ["execa"] : Object.keys(builtin(path));
      const contents = `for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, {
        enumerable: true, get: () => require(${target})[name] });`;
      return { contents, resolveDir: root };
    });
  },
};

/** What our own loader loads is a function, so that it need not make one of a megabyte of text. */
const isLoaded = (outfile) => Object.values(loaded).includes(outfile);
const before = (outfile) =>
  isLoaded(outfile)
    ? "(function(exports,require,module,__filename,__dirname){"
    : outfile === "microvm-lens.cjs"
      ? "#!/usr/bin/env node\n"
      : "";

/** @returns {esbuild.BuildOptions} */
function options({ entry, outfile }) {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(dist, outfile),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    loader: textFiles,
    external: ["vscode"],
    // Node loads CommonJS twice as fast when it is required as when it is imported, and a script of its own cannot import.
    ...(outfile === "extension.cjs" ? {} : { supported: { "dynamic-import": false } }),
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    // The licences of what is bundled are in THIRD-PARTY-NOTICES.txt (scripts/generate-notices.mjs).
    legalComments: "none",
    metafile: true,
    // Its other form asks for Node's `require` in a way that works in modules only.
    alias: { "web-tree-sitter": join(root, "node_modules/web-tree-sitter/web-tree-sitter.cjs") },
    // CommonJS has no import.meta; what it is used for (finding files beside the bundle) works all the same.
    define: { "import.meta.url": "__bundleUrl", __microvmLensVersion: JSON.stringify(version) },
    banner: { js: `${before(outfile)}const __bundleUrl=require("node:url").pathToFileURL(__filename).href;` },
    ...(isLoaded(outfile) ? { footer: { js: "})" } } : {}),
    plugins: [filesOfTheirOwn, ...(outfile === "extension.cjs" ? [] : [late])],
    logLevel: "warning",
  };
}

// What is there is replaced file by file: an editor or a test may be running it.
await mkdir(dist, { recursive: true });
const there = bundles.filter(({ entry }) => existsSync(join(root, entry)) || missing(entry));
for (const asset of assets) {
  if (existsSync(join(root, asset))) await copyFile(join(root, asset), join(dist, asset.split("/").at(-1)));
  else missing(asset);
}

if (process.argv.includes("--watch")) {
  for (const bundle of there) await (await esbuild.context(options(bundle))).watch();
  console.error("watching …");
} else {
  // esbuild has said what is wrong, with the place; its stack would only hide that.
  const results = await Promise.allSettled(there.map((bundle) => esbuild.build(options(bundle))));
  if (results.some(({ status }) => status === "rejected")) process.exit(1);
  await writeFile(join(dist, "contents.json"), `${JSON.stringify(contents(results), null, 2)}\n`);
  for (const outfile of Object.values(loaded)) if (existsSync(join(dist, outfile))) await identify(join(dist, outfile));
  if (existsSync(join(dist, "microvm-lens.cjs"))) await chmod(join(dist, "microvm-lens.cjs"), 0o755);
}

/** The packages whose code is in each bundle, for notices and the bill of materials: names of folders in node_modules. */
function contents(results) {
  const bundles = results.map(({ value }) => {
    const [outfile] = Object.keys(value.metafile.outputs).filter((file) => !file.endsWith(".map"));
    const packages = Object.keys(value.metafile.inputs).flatMap((file) => packageOf(file) ?? []);
    return [outfile.split("/").at(-1), [...new Set(packages)].sort()];
  });
  const grammars = assets.map((asset) => [asset.split("/").at(-1), [packageOf(asset) ?? "tree-sitter-nix"]]);
  return Object.fromEntries([...bundles, ...grammars]);
}

/** `node_modules/a/node_modules/@b/c/x.js` → `a/node_modules/@b/c`; null for our own files. */
function packageOf(file) {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)*)\//.exec(file)?.[1] ?? null;
}

/** Says at the end of a bundle which text it is: what was compiled from another one is then never taken for it. */
async function identify(path) {
  const text = await readFile(path, "utf8");
  if (/[^\0-\x7f]/.test(text)) throw new Error(`${path} is not ASCII, and is read as such`);
  await writeFile(`${path}.new`, `${text}//# code=${createHash("sha256").update(text).digest("hex").slice(0, 16)}\n`);
  await rename(`${path}.new`, path);
}

function missing(path) {
  console.error(`build: ${path} is missing`);
  process.exitCode = 1;
  return false;
}
