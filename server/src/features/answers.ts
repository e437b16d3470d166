/**
 * Everything that is needed only after `initialize` has been answered: a bundle of its own (scripts/build.mjs), so that
 * starting the server does not read it.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { WasmModules } from "../base/wasm.ts";
import { Engine, type EngineSettings } from "../engine.ts";
import { loadParser, shellLoader } from "../grammar-files.ts";
import { bugReporter } from "../rules/bugs.ts";

export { codeActions, resolveCodeAction } from "./code-actions.ts";
export { codeLenses } from "./code-lens.ts";
export { completion } from "./completion.ts";
export { definition, references } from "./definition.ts";
export { diagnostics, diagnosticsOf } from "./diagnostics.ts";
export { documentLinks } from "./document-links.ts";
export { hover } from "./hover.ts";
export { inlayHints } from "./inlay-hints.ts";
export { overview, overviewPage } from "./overview.ts";
export { removal } from "./removal.ts";
export { prepareRename, renameImage } from "./rename.ts";
export { secondOpinion } from "./second-opinion.ts";
export { semanticTokens } from "./semantic-tokens.ts";
export { documentSymbols, workspaceSymbols } from "./symbols.ts";

/** The real engine, with the parser's modules, if need be read from beside this bundle. `tell` hears of rules that fail. */
export async function loadEngine(
  roots: readonly string[],
  settings: EngineSettings,
  tell?: (words: string) => void,
  modules?: WasmModules,
): Promise<Engine> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const parser = await loadParser(folder, modules);
  return new Engine({
    parser,
    loadShell: shellLoader(folder, modules),
    roots,
    settings,
    ...(tell ? { onBug: bugReporter(tell) } : {}),
  });
}
