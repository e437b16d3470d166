import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

it("gives names to sizes and directives, and to nothing else, on top of another extension's grammar", async () => {
  const tester = join(root, "node_modules/vscode-tmgrammar-test/dist/unit.js");
  // The grammars of package.json, and a small one in place of the extension that colours Nix.
  const argv = [
    "--config",
    "package.json",
    "-g",
    "test/syntaxes/nix.tmLanguage.json",
    "test/syntaxes/injection.test.nix",
  ];
  const problems = await run(process.execPath, [tester, ...argv], { cwd: root }).then(
    () => "",
    (problem: { stdout: string }) => problem.stdout,
  );
  expect(problems).toBe("");
});

it("every grammar is in package.json, and is added to Nix, never put in its place", () => {
  const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    contributes: { grammars: { path: string; scopeName: string; language?: string; injectTo: string[] }[] };
  };
  const files = contributes.grammars.map(({ path }) => path.replace("./syntaxes/", ""));
  expect(files.sort()).toEqual(readdirSync(join(root, "syntaxes")).sort());
  for (const { injectTo, language, path, scopeName } of contributes.grammars) {
    expect([injectTo, language]).toEqual([["source.nix"], undefined]);
    expect(JSON.parse(readFileSync(join(root, path), "utf8"))).toMatchObject({ scopeName });
  }
});
