import type { InitializeParams } from "vscode-languageserver";
import type { Locale } from "../../base/text.ts";

/** What the client at the other end can do, in the words that the features ask for. */
export interface ClientFeatures {
  readonly locale: Locale;
  /** Asks for diagnostics itself: then nothing is pushed. */
  readonly pullsDiagnostics: boolean;
  readonly refreshesDiagnostics: boolean;
  readonly refreshesInlayHints: boolean;
  readonly refreshesCodeLens: boolean;
  readonly relatedInformation: boolean;
  readonly codeDescription: boolean;
  readonly diagnosticTags: boolean;
  readonly hoverMarkdown: boolean;
  readonly completionMarkdown: boolean;
  readonly completionSnippets: boolean;
  /** `CodeAction` objects; without them only commands could be returned, and we return none. */
  readonly codeActionLiterals: boolean;
  readonly resolvesEdits: boolean;
  readonly documentChanges: boolean;
  /** Shows the user an edit that needs confirmation before it is applied. */
  readonly changeAnnotations: boolean;
  readonly hierarchicalSymbols: boolean;
  readonly linkDefinitions: boolean;
  readonly linkTooltips: boolean;
  readonly resolvesHintTooltips: boolean;
  readonly preparesRename: boolean;
  readonly configuration: boolean;
  readonly configurationEvents: boolean;
  readonly semanticTokens: boolean;
  readonly watchesFiles: boolean;
  readonly workspaceFolderEvents: boolean;
  /** Commands that only our own VS Code extension has; null for every other client. */
  readonly extension: ExtensionOptions | null;
}

/** What our own extension sends along in `initializationOptions`. */
export interface ExtensionOptions {
  /** The workspace is trusted: programs may be run and hosts asked. */
  readonly trusted: boolean;
  /** Another extension colours Nix already. */
  readonly colouredElsewhere: boolean;
}

/** Reads the capabilities once; a missing one means "cannot". */
export function clientFeatures(params: InitializeParams): ClientFeatures {
  const workspace = params.capabilities.workspace ?? {};
  const document = params.capabilities.textDocument ?? {};
  const action = document.codeAction;
  const annotations = workspace.workspaceEdit?.changeAnnotationSupport !== undefined;
  return {
    locale: (params.locale ?? "").toLowerCase().startsWith("zh") ? "zh-cn" : "en",
    pullsDiagnostics: document.diagnostic !== undefined,
    refreshesDiagnostics: workspace.diagnostics?.refreshSupport === true,
    refreshesInlayHints: workspace.inlayHint?.refreshSupport === true,
    refreshesCodeLens: workspace.codeLens?.refreshSupport === true,
    relatedInformation: (document.diagnostic ?? document.publishDiagnostics)?.relatedInformation === true,
    codeDescription: (document.diagnostic ?? document.publishDiagnostics)?.codeDescriptionSupport === true,
    diagnosticTags: (document.diagnostic ?? document.publishDiagnostics)?.tagSupport !== undefined,
    hoverMarkdown: document.hover?.contentFormat?.includes("markdown") === true,
    completionMarkdown: document.completion?.completionItem?.documentationFormat?.includes("markdown") === true,
    completionSnippets: document.completion?.completionItem?.snippetSupport === true,
    codeActionLiterals: action?.codeActionLiteralSupport !== undefined,
    resolvesEdits: action?.resolveSupport?.properties.includes("edit") === true && action.dataSupport === true,
    documentChanges: workspace.workspaceEdit?.documentChanges === true,
    changeAnnotations: annotations && action?.honorsChangeAnnotations === true,
    hierarchicalSymbols: document.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    linkDefinitions: document.definition?.linkSupport === true,
    linkTooltips: document.documentLink?.tooltipSupport === true,
    resolvesHintTooltips: document.inlayHint?.resolveSupport?.properties.includes("tooltip") === true,
    preparesRename: document.rename?.prepareSupport === true,
    configuration: workspace.configuration === true,
    configurationEvents: workspace.didChangeConfiguration?.dynamicRegistration === true,
    semanticTokens: document.semanticTokens !== undefined,
    watchesFiles: workspace.didChangeWatchedFiles?.dynamicRegistration === true,
    workspaceFolderEvents: workspace.workspaceFolders === true,
    extension: extensionOptions(params.initializationOptions),
  };
}

function extensionOptions(options: unknown): ExtensionOptions | null {
  if (typeof options !== "object" || options === null || !("extension" in options)) return null;
  const given = options.extension;
  if (typeof given !== "object" || given === null) return null;
  const { trusted, colouredElsewhere } = given as Record<string, unknown>;
  return { trusted: trusted === true, colouredElsewhere: colouredElsewhere === true };
}
