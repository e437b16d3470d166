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
