import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type ReadOptions, readDeclarations } from "../../server/src/microvm/index.ts";
import type { Declarations, Field, Guest } from "../../server/src/microvm/model.ts";
import { DiskFiles } from "../../server/src/nix/files-disk.ts";
import { createParser, type NixParser } from "../../server/src/nix/syntax/parser.ts";

const require = createRequire(import.meta.url);
let parser: Promise<NixParser> | null = null;

/** The real parser, loaded once per test file. */
export function testParser(): Promise<NixParser> {
  parser ??= createParser({
    runtime: readFileSync(join(dirname(require.resolve("web-tree-sitter")), "web-tree-sitter.wasm")),
    grammar: readFileSync(fileURLToPath(new URL("../../server/grammar/tree-sitter-nix.wasm", import.meta.url))),
  });
  return parser;
}

/** A folder with these files, removed when the test ends. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "microvm-lens-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Reads the declarations of a workspace of these files. */
export async function declared(
  files: Readonly<Record<string, string>>,
  options: Partial<ReadOptions> & { readonly open?: readonly string[] } = {},
): Promise<Declarations & { readonly folder: string }> {
  const folder = folderOf(files);
  const nix = await testParser();
  const disk = new DiskFiles(nix, [folder]);
  const openFiles = (options.open ?? []).map((name) => join(folder, name));
  const read = readDeclarations({
    files: disk,
    parser: nix,
    roots: [folder],
    openFiles,
    allow: (root) => disk.allow(root),
    ...options,
  });
  return { ...read, folder };
}

/** A field as a test writes it: the value, "<missing>" or "<unknown>". */
export function shown<T>(field: Field<T>): T | string {
  return field.state === "set" || field.state === "default" ? field.value : `<${field.state}>`;
}

/** What matters of a guest's volumes. */
export function volumesOf(guest: Guest | undefined) {
  return guest?.volumes.map((v) => ({
    image: shown(v.image),
    size: shown(v.sizeMiB),
    mountPoint: shown(v.mountPoint),
    fsType: shown(v.fsType),
  }));
}

/** The guest of this name. */
export function guestOf(declarations: Declarations, name: string): Guest {
  const guest = declarations.guests.find((g) => g.name === name);
  if (!guest)
    throw new Error(
      `no guest ${name} among ${declarations.guests.map((g) => g.name).join(", ") || "none"}; ${JSON.stringify(declarations.problems)}`,
    );
  return guest;
}
