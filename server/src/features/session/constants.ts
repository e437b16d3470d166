/**
 * Numbers and names of the protocol that answers use. Here and not from the protocol's package, because the answers are
 * a bundle of their own, which would bring the whole package a second time. A test compares them with the package's.
 */
export const diagnosticSeverity = { error: 1, warning: 2, information: 3, hint: 4 } as const;
export const diagnosticTag = { unnecessary: 1, deprecated: 2 } as const;
export const symbolKind = { file: 1, module: 2, namespace: 3 } as const;
export const completionItemKind = { module: 9, property: 10, value: 12, snippet: 15 } as const;
export const insertTextFormat = { snippet: 2 } as const;
export const codeActionKind = { quickFix: "quickfix", sourceFixAll: "source.fixAll" } as const;
export const textDocumentSyncKind = { incremental: 2 } as const;

/** Names of semantic tokens, in the order of our legend. */
export const tokenTypes = [
  "comment",
  "string",
  "number",
  "keyword",
  "property",
  "parameter",
  "variable",
  "function",
] as const;
