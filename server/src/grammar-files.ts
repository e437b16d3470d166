import { beginModules } from "./grammar-modules.ts";
import { createParser, type NixParser } from "./nix/syntax/parser.ts";

/**
 * The parser, with its modules read from the disk: beside the bundle, else from the repository.
 *
 * @throws when they are not there: the package is damaged.
 */
export async function loadParser(folder: string, modules = beginModules(folder)): Promise<NixParser> {
  return createParser(modules);
}
