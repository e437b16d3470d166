import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Definition } from "../../../server/src/nix/eval/builtins/definition.ts";
import { builtinDefinitions } from "../../../server/src/nix/eval/builtins/index.ts";
import { libraryFunctions } from "../../../server/src/nix/eval/builtins/lib/index.ts";

const page = fileURLToPath(new URL("../../../docs/evaluation.md", import.meta.url));
const start = "<!-- generated from the code: UPDATE=1 npx vitest run test/nix/eval/documented.test.ts -->";
const end = "<!-- end -->";

it("docs/evaluation.md lists every function that is modelled", () => {
  const text = readFileSync(page, "utf8");
  const before = text.slice(0, text.indexOf(start) + start.length);
  const after = text.slice(text.indexOf(end));
  const wanted = `${before}\n\n${lists()}\n${after}`;
  if (process.env["UPDATE"]) writeFileSync(page, wanted);
  expect(readFileSync(page, "utf8")).toBe(wanted);
});

function lists(): string {
  const modelled = builtinDefinitions.filter((one) => one.unknown === undefined);
  const named = builtinDefinitions.filter((one) => one.unknown !== undefined);
  const files = [...new Set(libraryFunctions.map((one) => one.source))].sort();
  return [
    `## Builtins that are modelled (${modelled.length})`,
    table(modelled),
    `## Builtins that are always unknown (${named.length})`,
    `| name | depends on |\n|---|---|\n${sorted(named)
      .map((one) => `| \`${one.name}\` | ${one.unknown} |`)
      .join("\n")}`,
    `## Functions of nixpkgs' lib that are modelled (${libraryFunctions.length})`,
    ...files.map((file) => `### ${file}\n\n${table(libraryFunctions.filter((one) => one.source === file))}`),
  ]
    .join("\n\n")
    .concat("\n");
}

function table(definitions: readonly Definition[]): string {
  const rows = sorted(definitions).map((one) => `| \`${one.name}\` | \`${one.signature.replaceAll("|", "\\|")}\` |`);
  return `| name | type |\n|---|---|\n${rows.join("\n")}`;
}

function sorted(definitions: readonly Definition[]): readonly Definition[] {
  return [...definitions].sort((a, b) => (a.name < b.name ? -1 : 1));
}
