import * as vscode from "vscode";

/**
 * Comment toggling and brackets for people without another Nix extension. Beside one, nothing: a second configuration of
 * the same language would replace parts of theirs.
 */
export function configureLanguage(context: vscode.ExtensionContext): void {
  let ours: vscode.Disposable | null = null;
  const update = () => {
    const wanted = !colouredElsewhere();
    if (wanted && !ours) ours = vscode.languages.setLanguageConfiguration("nix", configuration);
    if (!wanted && ours) {
      ours.dispose();
      ours = null;
    }
  };
  update();
  context.subscriptions.push(vscode.extensions.onDidChange(update), { dispose: () => ours?.dispose() });
}

/** True when another extension takes care of the language Nix: its colours, comments and brackets. */
export function colouredElsewhere(): boolean {
  return vscode.extensions.all.some((extension) => {
    if (extension.id.toLowerCase() === ourId) return false;
    const { contributes } = extension.packageJSON as Manifest;
    return (
      contributes?.grammars?.some((grammar) => grammar.language === "nix" || grammar.scopeName === "source.nix") ===
      true
    );
  });
}

const ourId = "microvm-lens.microvm-lens";

interface Manifest {
  readonly contributes?: { readonly grammars?: readonly { readonly language?: string; readonly scopeName?: string }[] };
}

const configuration: vscode.LanguageConfiguration = {
  comments: { lineComment: "#", blockComment: ["/*", "*/"] },
  brackets: [
    ["{", "}"],
    ["[", "]"],
    ["(", ")"],
  ],
  autoClosingPairs: [
    { open: "{", close: "}" },
    { open: "[", close: "]" },
    { open: "(", close: ")" },
    { open: '"', close: '"', notIn: [vscode.SyntaxTokenType.String, vscode.SyntaxTokenType.Comment] },
  ],
};
