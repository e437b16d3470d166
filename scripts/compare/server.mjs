// The server's code, bundled on the fly, for scripts that run it without building the project.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { textFiles } from "../lib/text-files.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);
let loaded = null;

/** What the scripts use of the server, and a parser. */
export async function loadServer() {
  loaded ??= load();
  return loaded;
}

async function load() {
  const folder = mkdtempSync(join(root, "node_modules/.compare-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "server.mjs");
  const source = (path) => JSON.stringify(join(root, "server/src", path));
  await build({
    stdin: {
      contents: `export { readDeclarations } from ${source("microvm/index.ts")};
        export { DiskFiles } from ${source("nix/files-disk.ts")};
        export { createParser } from ${source("nix/syntax/parser.ts")};
        export { placeSpan, ready } from ${source("nix/eval/value.ts")};
        export { rootCause } from ${source("nix/eval/make.ts")};
        export { applyFunction } from ${source("nix/eval/ops.ts")};
        export { World } from ${source("nix/flakes/world.ts")};
        export { Engine } from ${source("engine/engine.ts")};
        export { LocalMachine } from ${source("disk/local/local-machine.ts")};
        export { observeMachine } from ${source("disk/observe.ts")};
        export { applyEdits } from ${source("base/edit.ts")};
        export { render } from ${source("base/text.ts")};
        export { unifiedDiff } from ${source("cli/formats/diff.ts")};
        export { style } from ${source("cli/formats/style.ts")};`,
      resolveDir: root,
    },
    bundle: true,
    loader: textFiles,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
    external: ["web-tree-sitter"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const server = await import(pathToFileURL(outfile).href);
  const parser = await server.createParser({
    runtime: readFileSync(join(dirname(require.resolve("web-tree-sitter")), "web-tree-sitter.wasm")),
    grammar: readFileSync(join(root, "server/grammar/tree-sitter-nix.wasm")),
  });
  return { ...server, parser };
}
