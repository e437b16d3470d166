import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { editorSession } from "./session.ts";
import { snippet } from "./snippets.ts";

const version = /^NVIM v(\d+)\.(\d+)/m.exec(spawnSync("nvim", ["--version"], { encoding: "utf8" }).stdout ?? "");
/** 0.11 has `vim.lsp.config`; what is documented for earlier ones is gone from later ones. */
const isNew = version !== null && (Number(version[1]) > 0 || Number(version[2]) >= 11);

editorSession({
  name: `Neovim ${isNew ? "0.11 or later" : "before 0.11"}`,
  present: version !== null,
  configuration: {
    text: snippet("Neovim", isNew ? "vim.lsp.config" : "vim.lsp.start_client"),
    file: "init.lua",
  },
  command: ["nvim", "--headless", "-u", "NONE", "-n", "-c", `luafile ${join(import.meta.dirname, "neovim.lua")}`],
});

/** The entry for nvim-lspconfig, as `vim.lsp.enable` of 0.11 would take it; earlier ones are given what they need of it. */
const entry = join(import.meta.dirname, "../../examples/neighbours/nvim-lspconfig/lsp/microvm_lens.lua");

editorSession({
  name: "Neovim with the entry for nvim-lspconfig",
  present: version !== null,
  configuration: {
    text: isNew
      ? `vim.lsp.config("microvm_lens", dofile("${entry}"))\nvim.lsp.enable("microvm_lens")\n`
      : `local entry = dofile("${entry}")
vim.api.nvim_create_autocmd("FileType", {
  pattern = entry.filetypes[1],
  callback = function(event)
    local marker = vim.fn.findfile(entry.root_markers[1], vim.fn.fnamemodify(event.file, ":p:h") .. ";")
    local client = vim.lsp.start_client({
      name = "microvm-lens",
      cmd = entry.cmd,
      init_options = entry.init_options,
      root_dir = vim.fn.fnamemodify(marker, ":p:h"),
    })
    vim.lsp.buf_attach_client(event.buf, client)
  end,
})
`,
    file: "init.lua",
  },
  command: ["nvim", "--headless", "-u", "NONE", "-n", "-c", `luafile ${join(import.meta.dirname, "neovim.lua")}`],
});
