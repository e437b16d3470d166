import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { places, proposedAt } from "./completing.ts";

/** What real Nix says of the first of these texts that it does not parse; null where it parses all. */
function problemOf(texts: readonly string[]): string | null {
  const folder = mkdtempSync(join(tmpdir(), "lens-parse-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = texts.map((_, index) => join(folder, `${index}.nix`));
  for (const [index, file] of files.entries()) writeFileSync(file, texts[index] as string);
  try {
    execFileSync("nix-instantiate", ["--parse", ...files], { stdio: ["ignore", "ignore", "pipe"] });
    return null;
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
}

it.each(Object.entries(places))("whatever is accepted in %s leaves text that Nix parses", async (_, marked) => {
  const texts = [true, false].map(async (snippets) => (await proposedAt(marked, snippets)).map(({ after }) => after));
  expect(problemOf((await Promise.all(texts)).flat())).toBeNull();
});
