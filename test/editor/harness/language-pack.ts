import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EditorOptions, installExtension } from "./code-server.ts";
import { packFolder } from "./package.ts";

const publisher = "microvm-lens-test";
const name = "vscode-language-pack-zh-empty";
const version = "1.93.0";

/**
 * Makes the editor start in Chinese. The real language pack lies on a marketplace that may be out of reach; this one is
 * empty, so the editor's own words stay English, and those of extensions are looked up in their Chinese bundles.
 */
export async function installChinese(options: EditorOptions): Promise<void> {
  const folder = join(options.home, name);
  mkdirSync(join(folder, "translations"), { recursive: true });
  const path = "./translations/main.i18n.json";
  const localization = { languageId: "zh-cn", languageName: "Chinese", localizedLanguageName: "中文(简体)" };
  const manifest = {
    name,
    publisher,
    version,
    license: "MIT",
    engines: { vscode: "^1.93.0" },
    contributes: { localizations: [{ ...localization, translations: [{ id: "vscode", path }] }] },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "README.md"), "An empty language pack for tests.\n");
  writeFileSync(join(folder, "translations/main.i18n.json"), '{ "version": "1.0.0", "contents": {} }');
  await installExtension(options, await packFolder(folder, join(options.home, `${name}.vsix`)));
  const installed = join(options.home, "extensions", `${publisher}.${name}-${version}`);
  const packs = {
    "zh-cn": {
      hash: "empty",
      label: "中文(简体)",
      extensions: [{ extensionIdentifier: { id: `${publisher}.${name}` }, version }],
      translations: { vscode: join(installed, path) },
    },
  };
  // What the editor would write itself when a pack comes from the marketplace.
  writeFileSync(join(options.home, "data/languagepacks.json"), JSON.stringify(packs));
}
