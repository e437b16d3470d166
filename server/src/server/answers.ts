/**
 * Everything that is needed only after `initialize` has been answered: a bundle of its own (scripts/build.mjs), so that
 * starting the server does not read it.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { WasmModules } from "../base/wasm.ts";
import type { EngineSettings } from "../engine/engine.ts";
import { Engine, type EngineAttendant } from "../engine/engine.ts";
import { loadParser, shellLoader } from "../grammar/files.ts";
import { bugReporter } from "../rules/frame/bugs.ts";

export { codeActions, resolveCodeAction } from "../features/code-actions.ts";
export { codeLenses } from "../features/code-lens.ts";
export { completion } from "../features/completion.ts";
export { definition, references } from "../features/definition.ts";
export { diagnostics, diagnosticsOf } from "../features/diagnostics.ts";
export { documentLinks } from "../features/document-links.ts";
export { hover } from "../features/hover.ts";
export { inlayHints } from "../features/inlay-hints.ts";
export { overview, overviewPage } from "../features/overview.ts";
export { removal } from "../features/removal.ts";
export { prepareRename, renameImage } from "../features/rename.ts";
export { secondOpinion } from "../features/second-opinion.ts";
export { semanticTokens } from "../features/semantic-tokens.ts";
export { documentSymbols, workspaceSymbols } from "../features/symbols.ts";

/** The real engine, with the parser's modules, if need be read from beside this bundle. `tell` hears of rules that fail. */
export async function loadEngine(
  roots: readonly string[],
  settings: EngineSettings,
  {
    tell,
    modules,
    attendant,
  }: {
    readonly tell?: (words: string) => void;
    readonly modules?: WasmModules;
    readonly attendant?: EngineAttendant;
  } = {},
): Promise<Engine> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const parser = await loadParser(folder, modules);
  return new Engine({
    parser,
    loadShell: shellLoader(folder, modules),
    roots,
    settings,
    ...(attendant ? { attendant } : {}),
    ...(tell ? { onBug: bugReporter(tell) } : {}),
  });
}
