import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { debianPackage } from "./debian.ts";
import { editorSession } from "./session.ts";
import { snippet } from "./snippets.ts";

const ale = alePath();
const script = join(import.meta.dirname, "vim.vim");

editorSession({
  name: "Vim with ALE",
  present: ale !== null,
  configuration: { text: snippet("Vim", "ale#linter#Define"), file: "vimrc" },
  job: { ale },
  command: ["vim", "--not-a-term", "-T", "dumb", "-u", "NONE", "-i", "NONE", "-n", "-N", "-S", script],
});

/** Where ALE lies; null: no Vim that can start programs, or no ALE to be had. */
function alePath(): string | null {
  const vim = spawnSync("vim", ["--version"], { encoding: "utf8" });
  if (vim.status !== 0 || !/\+job\b/.test(vim.stdout)) return null;
  const folder = debianPackage("vim-ale", "usr/share/vim-ale");
  return folder !== null && existsSync(join(folder, "plugin/ale.vim")) ? folder : null;
}
