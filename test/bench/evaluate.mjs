// What evaluation costs over parsing and lowering alone of the same files, and a one-character edit over a full pass.
//   node test/bench/evaluate.mjs [FOLDER] [--file FILE --after TEXT] [--guests 500] [--rounds 5]
// FOLDER: a flake of yours; else one is generated. The character is typed after the first TEXT in FILE (below FOLDER).
// Each round is a process of its own, as memory and cold code are part of the question; times are those of the processor.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { textFiles } from "../../scripts/lib/text-files.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: "string", default: "flake.nix" },
    after: { type: "string", default: "size = 25" },
    guests: { type: "string", default: "500" },
    rounds: { type: "string", default: "5" },
    child: { type: "string" },
  },
});

if (values.child) await child(values.child, positionals[0]);
else await main();

async function main() {
  const scratch = mkdtempSync(join(tmpdir(), "lens-bench-"));
  try {
    const folder = positionals[0] ? resolve(positionals[0]) : scratch;
    if (!positionals[0]) writeFileSync(join(scratch, "flake.nix"), flakeOf(Number(values.guests)));
    const bundle = join(scratch, "workspace.mjs");
    await bundleTo(bundle);
    const rounds = Array.from({ length: Number(values.rounds) }, () => {
      const argv = [fileURLToPath(import.meta.url), folder, "--child", bundle];
      const given = ["--file", values.file, "--after", values.after];
      return JSON.parse(execFileSync(process.execPath, [...argv, ...given], { encoding: "utf8" }));
    });
    report(rounds);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function report(rounds) {
  const best = (name) => Math.min(...rounds.map((round) => round[name]));
  const [{ guests, files }] = rounds;
  const memory = rounds.map(({ peak, start }) => peak / start).sort((a, b) => a - b);
  console.log(`${guests} guests in ${files} files, ${rounds.length} rounds`);
  console.log(`parse and lower:    ${best("parse").toFixed(0)} ms at best`);
  console.log(
    `full pass, cold:    ${(best("cold") / best("parse")).toFixed(1)} × that (${best("cold").toFixed(0)} ms)`,
  );
  console.log(
    `one character:      a full pass is ${(best("cold") / best("edit")).toFixed(0)} × (${best("edit").toFixed(1)} ms)`,
  );
  console.log(`peak of memory:     ${memory[memory.length >> 1].toFixed(1)} × that before the pass`);
}

/** Measures in this process: parse all files, then the full pass with trees of its own, then typing. */
async function child(bundle, folder) {
  const { Workspace, loadParser } = await import(pathToFileURL(bundle).href);
  const parser = await loadParser(join(root, "dist"));
  const start = process.memoryUsage().rss;
  const workspace = new Workspace({ parser, roots: [folder] });
  const [cold, { guests }] = timed(() => workspace.declarations());
  const peak = process.resourceUsage().maxRSS * 1024;
  const paths = workspace.filesRead();
  const texts = paths.map((path) => [path, readFileSync(path, "utf8")]);
  const [parse] = timed(() => texts.map(([path, text]) => parser.parse(path, text)));
  const path = join(folder, values.file);
  const text = readFileSync(path, "utf8");
  const at = text.indexOf(values.after) + values.after.length;
  if (at < values.after.length) throw new Error(`${path} has no "${values.after}"`);
  workspace.setDocument(path, text);
  workspace.declarations();
  const edits = Array.from({ length: 10 }, (_, i) => {
    workspace.setDocument(path, i % 2 === 0 ? `${text.slice(0, at)}7${text.slice(at)}` : text);
    return timed(() => workspace.declarations())[0];
  });
  const found = { parse, cold, edit: Math.min(...edits), start, peak, guests: guests.length, files: paths.length };
  console.log(JSON.stringify(found));
}

/** Milliseconds of processor time: others on the same machine do not count. */
function timed(work) {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1000, result];
}

async function bundleTo(outfile) {
  const source = (file) => JSON.stringify(join(root, "server/src", file));
  const contents = `export { Workspace } from ${source("engine/workspace.ts")};
    export { loadParser } from ${source("grammar-files.ts")};`;
  const banner = { js: 'import{createRequire as r}from"node:module";const require=r(import.meta.url);' };
  const options = {
    bundle: true,
    loader: textFiles,
    platform: "node",
    format: "esm",
    outfile,
    banner,
    logLevel: "error",
  };
  await build({ stdin: { contents, resolveDir: root, loader: "ts" }, ...options });
}

function flakeOf(guests) {
  const guest = (i) => `    nixosConfigurations.vm${i} = nixpkgs.lib.nixosSystem {
      modules = [ microvm.nixosModules.microvm ({ config, ... }: {
        networking.hostName = "vm${i}";
        microvm = {
          hypervisor = "qemu";
          mem = 512 + ${i};
          volumes = [
            { image = "\${config.networking.hostName}.img"; mountPoint = "/var"; size = 256; }
            { image = "home.img"; mountPoint = "/home"; size = 1024; }
          ];
        };
      }) ];
    };
`;
  return `{
  outputs = { self, nixpkgs, microvm }: {
${Array.from({ length: guests }, (_, i) => guest(i)).join("")}  };
}
`;
}
