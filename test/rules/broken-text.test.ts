import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { render } from "../../server/src/base/text.ts";
import { ruleById, rules } from "../../server/src/rules/frame/registry.ts";
import type { Finding } from "../../server/src/rules/frame/rule.ts";
import { parseFixture } from "../harness/fixture.ts";
import { openWorkspace } from "../harness/workspace.ts";

const root = fileURLToPath(new URL("../fixtures", import.meta.url));
const insertions = ["{", '"', "''", "(", "[", "= ", "let ", "if "];
/** Breaks of each fixture; the same ones in every run. */
const breaks = 8;

const shown = (finding: Finding) => `${finding.rule} (${finding.guests}): ${render(finding.message)}`;

/** The text with one word taken out, with something put in before one, or cut off there. */
function broken(text: string, random: (below: number) => number): string {
  const words = [...text.matchAll(/"|''|\$\{|[A-Za-z_][\w.-]*|\d+|[{}()[\];=+]+/g)];
  const word = words[random(words.length)];
  if (!word) return `${text}{`;
  const end = word.index + word[0].length;
  if (random(3) === 0) return text.slice(0, word.index);
  if (random(2) === 0) return text.slice(0, word.index) + text.slice(end);
  return text.slice(0, word.index) + insertions[random(insertions.length)] + text.slice(word.index);
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

/** Claims of absence that a broken text makes and the whole one does not. */
async function newClaims(file: string): Promise<{ readonly tried: number; readonly claims: readonly string[] }> {
  const { files, disk, settings } = parseFixture(readFileSync(file, "utf8"));
  const workspace = await openWorkspace(files, { disk, settings });
  const random = randomFrom(file.length - root.length);
  const claims: string[] = [];
  let tried = 0;
  try {
    const before = new Set((await workspace.snapshot()).findings.map(shown));
    const modules = [...files].filter(([name]) => name.endsWith(".nix"));
    for (let n = 0; n < breaks; n++) {
      const [name, text] = modules[n % modules.length] as [string, string];
      const next = broken(text, random);
      workspace.engine.setDocument(workspace.path(name), next);
      const snapshot = await workspace.snapshot();
      const hasErrors = (snapshot.tree(workspace.path(name))?.errors.length ?? 0) > 0;
      workspace.engine.setDocument(workspace.path(name), text);
      if (!hasErrors) continue;
      tried++;
      const absent = snapshot.findings.filter(({ rule }) => ruleById(rule)?.claims === "absence");
      const surplus = absent.map(shown).filter((each) => !before.has(each));
      claims.push(...surplus.map((each) => `${each}\nin\n${next}`));
    }
  } finally {
    workspace.dispose();
  }
  return { tried, claims };
}

describe("no claim of absence beside a syntax error", () => {
  test("there are rules that claim absence", () => {
    expect(rules.filter(({ claims }) => claims === "absence").length).toBeGreaterThan(4);
  });

  for (const folder of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    test(folder.name, async () => {
      let tried = 0;
      for (const name of readdirSync(join(root, folder.name)).filter((each) => each.endsWith(".nix"))) {
        const result = await newClaims(join(root, folder.name, name));
        expect(result.claims, name).toEqual([]);
        tried += result.tried;
      }
      expect(tried).toBeGreaterThan(0);
    });
  }
});
