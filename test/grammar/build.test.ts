import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
// @ts-expect-error: a script without types.
import { build } from "../../server/grammar/build.mjs";

const folder = new URL("../../server/grammar/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8")) as {
  readonly sha256: Readonly<Record<string, string>>;
};
const packages = createRequire(import.meta.url);

/** Where the inputs and outputs of the build lie: one comes from a package. */
function read(name: string): Buffer {
  if (name.startsWith("tree-sitter-nix/")) return readFileSync(packages.resolve(name));
  return readFileSync(fileURLToPath(new URL(name, folder)));
}

describe("the compiled grammar", () => {
  it.each(Object.keys(manifest.sha256))("was made with this %s", (name) => {
    const hash = createHash("sha256").update(read(name)).digest("hex");
    expect(hash, `${name} has changed: run npm run build:grammar`).toBe(manifest.sha256[name]);
  });

  it("covers every file of its folder", () => {
    const names = Object.keys(manifest.sha256);
    for (const name of ["grammar.js", "src/parser.c", "src/scanner.c", "src/flatten.c", "tree-sitter-nix.wasm"]) {
      expect(names).toContain(name);
    }
  });

  it("is made again byte for byte", { timeout: 120_000 }, async () => {
    const { stale } = (await build({ write: false })) as { stale: string[] };
    expect(stale, "run npm run build:grammar").toEqual([]);
  });
});
