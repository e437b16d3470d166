// Our own reading of a folder, in the form that compare-with-nix.mjs compares. The server's code is bundled on the fly.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);
let loaded = null;

async function load() {
  const folder = mkdtempSync(join(root, "node_modules/.compare-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "reader.mjs");
  const source = (path) => JSON.stringify(join(root, "server/src", path));
  await build({
    stdin: {
      contents: `export { readDeclarations } from ${source("microvm/index.ts")};
        export { DiskFiles } from ${source("nix/files-disk.ts")};
        export { createParser } from ${source("nix/syntax/parser.ts")};
        export { placeSpan } from ${source("nix/eval/value.ts")};`,
      resolveDir: root,
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
    external: ["web-tree-sitter"],
  });
  const reader = await import(pathToFileURL(outfile).href);
  const parser = await reader.createParser({
    runtime: readFileSync(join(dirname(require.resolve("web-tree-sitter")), "web-tree-sitter.wasm")),
    grammar: readFileSync(join(root, "server/grammar/tree-sitter-nix.wasm")),
  });
  return { ...reader, parser };
}

/** Guests with `{ known, value, why, missing }` for each field. */
export async function readWorkspace(folder) {
  loaded ??= await load();
  const { readDeclarations, DiskFiles, parser, placeSpan } = loaded;
  const files = new DiskFiles(parser, [folder]);
  const started = performance.now();
  const declarations = readDeclarations({ files, parser, roots: [folder], openFiles: [] });
  const milliseconds = performance.now() - started;
  const why = (unknown, depth = 0) => {
    const w = unknown.why;
    const span = placeSpan(unknown.at);
    const at = span ? `@${span.file.replace(`${folder}/`, "")}:${span.start}` : "";
    if (w.reason === "input") return `${w.via}${at} <- ${depth > 20 ? "…" : why(w.of, depth + 1)}`;
    if (w.reason === "undecided") return `undecided(${depth > 20 ? "…" : why(w.condition, depth + 1)})`;
    return `${JSON.stringify(w)}${at}`;
  };
  const field = (f) =>
    f.state === "unknown"
      ? { known: false, why: why(f.unknown) }
      : f.state === "missing"
        ? { known: true, missing: true, value: undefined }
        : { known: true, value: f.value };
  const guests = declarations.guests.map((g) => ({
    name: g.name,
    host: g.host,
    inRoot: placeSpan(g.at)?.file === `${folder}/flake.nix`,
    hostName: field(g.hostName),
    hypervisor: field(g.hypervisor),
    writableStoreOverlay: field(g.writableStoreOverlay),
    storeOnDisk: field(g.storeOnDisk),
    open: g.volumesOpen ? why(g.volumesOpen) : null,
    volumes: g.volumes.map((v) => ({
      position: v.position,
      conditional: v.conditional ? why(v.conditional) : null,
      image: field(v.image),
      size: field(v.sizeMiB),
      mountPoint: field(v.mountPoint),
      fsType: field(v.fsType),
      label: field(v.label),
      autoCreate: field(v.autoCreate),
      readOnly: field(v.readOnly),
      serial: field(v.serial),
      imageType: field(v.imageType),
      mkfsExtraArgs: field(v.mkfsExtraArgs),
    })),
  }));
  return { guests, milliseconds, problems: declarations.problems.map((p) => `${p.what}: ${why(p.unknown)}`) };
}
