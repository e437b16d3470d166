import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { debianPackage } from "./debian.ts";
import { editorSession } from "./session.ts";
import { snippet } from "./snippets.ts";

const eglot = libraries("eglot", ["elpa-eglot"]);
const lspMode = libraries("lsp-mode", [
  "elpa-lsp-mode",
  "elpa-dash",
  "elpa-f",
  "elpa-s",
  "elpa-ht",
  "elpa-spinner",
  "elpa-markdown-mode",
  "elpa-lv",
]);

editorSession({
  name: "Emacs with eglot",
  present: eglot !== null,
  configuration: { text: snippet("Emacs", "eglot-server-programs"), file: "init.el" },
  command: emacs(eglot, "emacs.el"),
});

editorSession({
  name: "Emacs with lsp-mode",
  present: lspMode !== null,
  configuration: { text: snippet("Emacs", "lsp-register-client"), file: "init.el" },
  command: emacs(lspMode, "emacs-lsp-mode.el"),
});

function emacs(folders: readonly string[] | null, script: string): [string, ...string[]] {
  return ["emacs", "-Q", "--batch", ...loadPath(folders ?? []), "-l", join(import.meta.dirname, script)];
}

function loadPath(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => ["-L", folder]);
}

/**
 * Where a library and what it needs lie: nothing, when Emacs brings it; else the folders of Debian's packages, installed
 * or unpacked into the cache of the tests. null: no Emacs, or no such library to be had.
 */
function libraries(feature: string, packages: readonly string[]): readonly string[] | null {
  if (spawnSync("emacs", ["--version"]).status !== 0) return null;
  const has = (folders: readonly string[]) =>
    spawnSync("emacs", ["-Q", "--batch", ...loadPath(folders), "--eval", `(require '${feature})`]).status === 0;
  if (has([])) return [];
  const folders = packages.flatMap((name) => {
    const folder = debianPackage(name, "usr/share/emacs/site-lisp/elpa-src");
    const library = name.replace("elpa-", "");
    const found = folder === null ? [] : readdirSync(folder).filter((entry) => entry.startsWith(`${library}-`));
    return found.map((entry) => join(folder as string, entry));
  });
  return has(folders) ? folders : null;
}
