import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packFolder } from "./package.ts";

/**
 * An extension that takes care of the language Nix, as Nix IDE does: a grammar, a language configuration. What it does is
 * odd on purpose, so that a test sees whose work it looks at: only `hypervisor` has a colour, and comments begin with ##.
 */
export async function packOtherNixExtension(scratch: string): Promise<string> {
  const folder = join(scratch, "other-nix");
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
  write("package.json", {
    name: "other-nix",
    publisher: "microvm-lens-test",
    version: "1.0.0",
    license: "MIT",
    engines: { vscode: "^1.93.0" },
    contributes: {
      languages: [{ id: "nix", extensions: [".nix"], aliases: ["Nix"], configuration: "./language.json" }],
      grammars: [{ language: "nix", scopeName: "source.nix", path: "./grammar.json" }],
    },
  });
  write("language.json", { comments: { lineComment: "##" } });
  write("grammar.json", {
    scopeName: "source.nix",
    patterns: [{ match: "\\bhypervisor\\b", name: "keyword.control.nix" }],
  });
  writeFileSync(join(folder, "README.md"), "For tests only.\n");
  return packFolder(folder, join(scratch, "other-nix.vsix"));
}
