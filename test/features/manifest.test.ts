import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as lsp from "vscode-languageserver";
import { protocol } from "../../client/src/protocol.ts";
import { summaries } from "../../server/src/features/options/summaries.ts";
import * as constants from "../../server/src/features/session/constants.ts";
import { ownMessages } from "../../server/src/features/session/protocol.ts";
import { choices, defaultSettings } from "../../server/src/features/session/settings.ts";
import { allOptions } from "../../server/src/microvm/options/table.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const json = (path: string) => JSON.parse(read(path)) as Record<string, string>;

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly scope: string;
}
const manifest = JSON.parse(read("package.json")) as {
  readonly contributes: {
    readonly commands: readonly { command: string }[];
    readonly configuration: readonly { properties: Record<string, Setting> }[];
    readonly walkthroughs: readonly {
      steps: readonly { media: { image?: Record<string, string>; markdown?: string } }[];
    }[];
    readonly menus: Record<string, readonly { command: string }[]>;
  };
  readonly capabilities: { untrustedWorkspaces: { restrictedConfigurations: readonly string[] } };
};
const settings = Object.assign({}, ...manifest.contributes.configuration.map(({ properties }) => properties)) as Record<
  string,
  Setting
>;
const clientText = readdirSync(join(root, "client/src"))
  .map((file) => read(`client/src/${file}`))
  .join("\n");

describe("package.json", () => {
  it("has every word in both languages, and no word too many", () => {
    const used = [
      ...new Set([...read("package.json").matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] as string)),
    ].sort();
    expect(Object.keys(json("package.nls.json")).sort()).toEqual(used);
    expect(Object.keys(json("package.nls.zh-cn.json")).sort()).toEqual(used);
  });

  it("offers the values that the server takes", () => {
    for (const [name, values] of Object.entries(choices)) expect(settings[`microvmLens.${name}`]?.enum).toEqual(values);
    const known = Object.keys(defaultSettings).map((name) => `microvmLens.${name}`);
    expect(Object.keys(settings).filter((name) => !known.includes(name))).toEqual(["microvmLens.trace.server"]);
  });

  it("lets no workspace run programs or name hosts before it is trusted", () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    expect([...restricted].sort()).toEqual(["microvmLens.history", "microvmLens.hosts", "microvmLens.nix.evaluate"]);
    for (const name of restricted) expect(settings[name]?.scope).toBe("machine-overridable");
  });

  it("lets each folder of a workspace decide about everything but the log", () => {
    for (const [name, { scope }] of Object.entries(settings)) {
      const expected = name === "microvmLens.trace.server" ? ["window"] : ["resource", "machine-overridable"];
      expect(expected, name).toContain(scope);
    }
  });

  it("names only commands that the extension registers", () => {
    const menus = Object.values(manifest.contributes.menus).flat();
    for (const { command } of [...manifest.contributes.commands, ...menus]) {
      expect(clientText).toContain(`register("${command.replace("microvm-lens.", "")}"`);
    }
  });

  it("starts with the first Nix file: the editor derives that only for languages with a configuration", () => {
    const { activationEvents, contributes } = JSON.parse(read("package.json"));
    expect(contributes.languages.every((language: object) => !("configuration" in language))).toBe(true);
    expect(activationEvents).toContain("onLanguage:nix");
  });

  it("names only pictures that are there", () => {
    const media = manifest.contributes.walkthroughs.flatMap(({ steps }) => steps.map((step) => step.media));
    const missing = media
      .flatMap(({ image, markdown }) => (image ? Object.values(image) : (markdown ?? "")))
      .filter((file) => !existsSync(join(root, file)));
    expect(missing).toEqual([]);
  });
});

describe("the extension", () => {
  it("has every message in both languages, and none too many", () => {
    const used = [
      ...new Set([...clientText.matchAll(/l10n\.t\(\s*"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] as string)),
    ].sort();
    expect(Object.keys(json("l10n/bundle.l10n.json")).sort()).toEqual(used);
    expect(Object.keys(json("l10n/bundle.l10n.zh-cn.json")).sort()).toEqual(used);
    for (const [english, chinese] of Object.entries(json("l10n/bundle.l10n.zh-cn.json"))) {
      expect(chinese.match(/\{\d\}/g)?.sort()).toEqual(english.match(/\{\d\}/g)?.sort());
    }
  });

  it("uses the server's names for our own messages", () => {
    expect(protocol).toEqual(ownMessages);
  });
});

describe("constants of the protocol", () => {
  it("are those of the protocol's package", () => {
    expect(Object.values(constants.diagnosticSeverity)).toEqual([
      lsp.DiagnosticSeverity.Error,
      lsp.DiagnosticSeverity.Warning,
      lsp.DiagnosticSeverity.Information,
      lsp.DiagnosticSeverity.Hint,
    ]);
    expect(Object.values(constants.diagnosticTag)).toEqual([
      lsp.DiagnosticTag.Unnecessary,
      lsp.DiagnosticTag.Deprecated,
    ]);
    expect(Object.values(constants.symbolKind)).toEqual([
      lsp.SymbolKind.File,
      lsp.SymbolKind.Module,
      lsp.SymbolKind.Namespace,
    ]);
    const kinds = lsp.CompletionItemKind;
    expect(Object.values(constants.completionItemKind)).toEqual([
      kinds.Module,
      kinds.Property,
      kinds.Value,
      kinds.Snippet,
    ]);
    expect(constants.insertTextFormat.snippet).toBe(lsp.InsertTextFormat.Snippet);
    expect(constants.textDocumentSyncKind.incremental).toBe(lsp.TextDocumentSyncKind.Incremental);
    expect(constants.codeActionKind.quickFix).toBe(lsp.CodeActionKind.QuickFix);
    expect(constants.codeActionKind.sourceFixAll).toBe(lsp.CodeActionKind.SourceFixAll);
  });
});

describe("options of microvm.nix", () => {
  it("are described only where they exist", () => {
    const names = new Set(allOptions.map((option) => option.name.replace(/^microvm\./, "")));
    expect(Object.keys(summaries).filter((name) => !names.has(name))).toEqual([]);
  });

  it("are all described where they belong to volumes", () => {
    const volumes = allOptions.filter((option) => option.name.startsWith("microvm.volumes"));
    expect(volumes).toHaveLength(12);
    expect(volumes.filter((option) => !summaries[option.name.replace(/^microvm\./, "")])).toEqual([]);
  });
});
