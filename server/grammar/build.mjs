// Builds tree-sitter-nix.wasm from grammar.js and src/scanner.c, byte for byte the same everywhere.
//
//   npm run build:grammar             writes the .wasm, src/parser.c and manifest.json
//   npm run build:grammar -- --check  writes nothing; exit code 1 and a list when something committed is stale
//
// The parser is generated again when a tree-sitter CLI is found (environment variable TREE_SITTER, or PATH); it is
// committed because the CLI is not to be had everywhere. clang is the npm package @yowasp/clang: itself WebAssembly.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

const flags = [
  "--target=wasm32-wasip1",
  "-fPIC",
  "-O2",
  "-shared",
  "-nostdlib",
  "-fvisibility=hidden",
  "-Isrc",
  "-Wl,--no-entry",
  "-Wl,--export=tree_sitter_nix",
  "-Wl,--export=lens_flatten",
  "-Wl,--export=lens_records",
  "-Wl,--allow-undefined",
  "-Wl,--experimental-pic",
  "-Wl,--strip-all",
];
/** Written by hand; src/parser.c and src/tree_sitter/parser.h are generated. */
const handwritten = ["src/scanner.c", "src/flatten.c"];

/** Compares with what is committed; returns the names of what differs. Writes unless `write` is false. */
export async function build({ write }) {
  const committed = JSON.parse(read("manifest.json", "{}"));
  const generated = generate(committed);
  const wasm = await compile(generated.files);
  const outputs = { ...generated.files, "tree-sitter-nix.wasm": wasm };
  outputs["manifest.json"] = Buffer.from(`${JSON.stringify(manifest(generated, wasm), null, 2)}\n`);

  const stale = Object.keys(outputs).filter((name) => !outputs[name].equals(read(name)));
  if (write) for (const name of stale) writeFileSync(path.join(here, name), outputs[name]);
  return { stale, regenerated: generated.regenerated };
}

function manifest({ files, cli }, wasm) {
  const version = (name) => require(`${name}/package.json`).version;
  const inputs = {
    "grammar.js": read("grammar.js"),
    "tree-sitter-nix/grammar.js": readFileSync(require.resolve("tree-sitter-nix/grammar.js")),
    ...files,
    ...Object.fromEntries(handwritten.map((name) => [name, read(name)])),
  };
  return {
    "//": "Written by build.mjs. sha256 of what tree-sitter-nix.wasm is made from, and of itself.",
    treeSitterCli: cli,
    abi: Number(/#define LANGUAGE_VERSION (\d+)/.exec(files["src/parser.c"].toString())[1]),
    "tree-sitter-nix": version("tree-sitter-nix"),
    "@yowasp/clang": readFileSync(clangPackage(), "utf8").match(/"version": "([^"]+)"/)[1],
    "web-tree-sitter": JSON.parse(readFileSync(packageOf("web-tree-sitter"), "utf8")).version,
    flags: flags.join(" "),
    sha256: Object.fromEntries(
      [...Object.entries(inputs), ["tree-sitter-nix.wasm", wasm]].map(([k, v]) => [k, sha256(v)]),
    ),
  };
}

/** The C sources: new ones when a CLI is there, else the committed ones if they still fit the grammar. */
function generate(committed) {
  const cli = process.env.TREE_SITTER || "tree-sitter";
  const version = spawnSync(cli, ["--version"], { encoding: "utf8" });
  if (version.status === 0) {
    const scratch = mkdtempSync(path.join(tmpdir(), "grammar-"));
    try {
      const run = spawnSync(cli, ["generate", "grammar.js", "-o", scratch], { cwd: here, encoding: "utf8" });
      if (run.status !== 0) throw new Error(`tree-sitter generate failed:\n${run.stderr}`);
      const made = (name) => readFileSync(path.join(scratch, name));
      return {
        regenerated: true,
        cli: version.stdout.trim().replace(/^tree-sitter (\S+).*$/s, "$1"),
        files: {
          "src/parser.c": made("parser.c"),
          "src/tree_sitter/parser.h": made("tree_sitter/parser.h"),
        },
      };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  if (committed.sha256?.["grammar.js"] !== sha256(read("grammar.js"))) {
    throw new Error("grammar.js has changed since src/parser.c was generated: set TREE_SITTER to a tree-sitter CLI");
  }
  return {
    regenerated: false,
    cli: committed.treeSitterCli,
    files: {
      "src/parser.c": read("src/parser.c"),
      "src/tree_sitter/parser.h": read("src/tree_sitter/parser.h"),
    },
  };
}

async function compile(files) {
  const { commands, runLLVM } = await import("@yowasp/clang");
  // Loads the tool-chain; clang itself would report its progress on stdout.
  await runLLVM(null, {}, { fetchProgress() {} });
  const tree = {
    src: {
      "parser.c": files["src/parser.c"].toString(),
      ...Object.fromEntries(handwritten.map((name) => [path.basename(name), read(name).toString()])),
      tree_sitter: { "parser.h": files["src/tree_sitter/parser.h"].toString() },
    },
  };
  const said = [];
  const listen = (bytes) => void (bytes && said.push(Buffer.from(bytes)));
  try {
    const made = await commands.clang([...flags, "-o", "out.wasm", "src/parser.c", ...handwritten], tree, {
      stdout: listen,
      stderr: listen,
    });
    return Buffer.from(made["out.wasm"]);
  } catch (error) {
    throw new Error(`clang failed: ${error.message}\n${Buffer.concat(said)}`);
  }
}

const clangPackage = () => packageOf("@yowasp/clang");

function packageOf(name) {
  for (const folder of require.resolve.paths(name)) {
    const file = path.join(folder, name, "package.json");
    try {
      readFileSync(file);
      return file;
    } catch {
      // Not in this node_modules: look in the next one up.
    }
  }
  throw new Error(`${name} is not installed: run npm ci`);
}

function read(name, otherwise = "") {
  try {
    return readFileSync(path.join(here, name));
  } catch {
    return Buffer.from(otherwise);
  }
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  const { stale, regenerated } = await build({ write: !check });
  const parser = regenerated ? "parser generated" : "parser as committed (no tree-sitter CLI found)";
  if (stale.length === 0) console.error(`grammar: up to date, ${parser}`);
  else console.error(`grammar: ${check ? "stale" : "written"}: ${stale.join(", ")}; ${parser}`);
  if (check && stale.length > 0) process.exitCode = 1;
}
