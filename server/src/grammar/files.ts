import { createParser, type NixParser } from "../nix/syntax/parser.ts";
import { loadShellParser, type ShellParser } from "../shell/syntax/parser.ts";
import { beginModules, shellGrammar } from "./modules.ts";

/** What reads the parser of scripts, once, when the first script is met. */
export function shellLoader(folder: string, modules = beginModules(folder)): () => Promise<ShellParser> {
  let parser: Promise<ShellParser> | undefined;
  return () => {
    parser ??= loadShellParser({ runtime: modules.runtime, grammar: shellGrammar(folder) });
    return parser;
  };
}

/**
 * The parser, with its modules read from the disk: beside the bundle, else from the repository.
 *
 * @throws when they are not there: the package is damaged.
 */
export async function loadParser(folder: string, modules = beginModules(folder)): Promise<NixParser> {
  return createParser(modules);
}
