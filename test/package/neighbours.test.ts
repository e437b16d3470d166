import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { snippet } from "../clients/snippets.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, "../../examples/neighbours", name), "utf8");

test("the entry for nvim-lspconfig starts what the documentation starts", () => {
  const documented = snippet("Neovim", "vim.lsp.config").replaceAll('"', "'");
  const entry = read("nvim-lspconfig/lsp/microvm_lens.lua");
  for (const field of ["cmd", "filetypes", "root_markers"]) {
    const value = new RegExp(`${field} = (\\{.*?\\})`).exec(documented)?.[1];
    expect(value, field).toBeDefined();
    expect(entry).toContain(`${field} = ${value}`);
  }
});

test("the entry for Helix starts what the documentation starts", () => {
  const documented = snippet("Helix", "language-server.microvm-lens");
  const entry = read("helix/languages.toml");
  for (const field of ["command", "args", "config"]) {
    const value = new RegExp(`^${field} = (.*)$`, "m").exec(documented)?.[1];
    expect(value, field).toBeDefined();
    expect(entry).toContain(`${field} = ${value}`);
  }
});
