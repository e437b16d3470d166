import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { debianPackage } from "./debian.ts";
import { editorSession } from "./session.ts";
import { snippet } from "./snippets.ts";

const loadPath = eglotPath();

editorSession({
  name: "Emacs with eglot",
  present: loadPath !== null,
  configuration: { text: snippet("Emacs", "eglot-server-programs"), file: "init.el" },
  command: [
    "emacs",
    "-Q",
    "--batch",
    ...(loadPath ? ["-L", loadPath] : []),
    "-l",
    join(import.meta.dirname, "emacs.el"),
  ],
});

/**
 * Where eglot lies: "" in Emacs 29 and later, which bring it; else the folder of Debian's package elpa-eglot, installed
 * or unpacked into the cache of the tests. null: no Emacs, or no eglot to be had.
 */
function eglotPath(): string | null {
  if (spawnSync("emacs", ["--version"]).status !== 0) return null;
  const has = (path: string) =>
    spawnSync("emacs", ["-Q", "--batch", ...(path === "" ? [] : ["-L", path]), "--eval", "(require 'eglot)"]).status ===
    0;
  if (has("")) return "";
  const folder = debianPackage("elpa-eglot", "usr/share/emacs/site-lisp/elpa-src");
  const name = folder === null ? undefined : readdirSync(folder).find((entry) => entry.startsWith("eglot-"));
  if (folder === null || name === undefined) return null;
  const path = join(folder, name);
  return has(path) ? path : null;
}
