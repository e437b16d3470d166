import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import nspell from "nspell";
import { expect, test } from "vitest";
import { englishIn, filesBelow } from "./texts.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Terms, names and what a dictionary of American English does not have; sorted, one a line. */
const own = join(import.meta.dirname, "words.txt");

test("user texts and documentation are spelt as a dictionary has it", () => {
  const folder = dirname(createRequire(import.meta.url).resolve("dictionary-en"));
  const [aff, dic] = ["index.aff", "index.dic"].map((name) => readFileSync(join(folder, name)));
  const spell = nspell({ aff: aff as Buffer, dic: dic as Buffer });
  const words = existsSync(own) ? readFileSync(own, "utf8").split("\n").filter(Boolean) : [];
  for (const word of words) spell.add(word);
  const unknown = new Map<string, string>();
  const seen = new Set<string>();
  for (const [place, text] of texts()) {
    for (const word of wordsIn(text)) {
      seen.add(word);
      const isKnown = spell.correct(word) || spell.correct(word.toLowerCase());
      if (!isKnown && !unknown.has(word)) unknown.set(word, place);
    }
  }
  // Another spelling in test/docs/words.txt, or in the text.
  expect([...unknown].map(([word, place]) => `${word} (${place})`)).toEqual([]);
  expect(words).toEqual([...words].sort());
  expect(seen.size).toBeGreaterThan(1500);
});

test("words are taken out of what people read only", () => {
  expect(wordsIn("Grow `data.img` to {size}: see [the page](x.md#grow), or x-y <b>now</b>\n```\ncode\n```\n")).toEqual([
    "Grow",
    "see",
    "the",
    "page",
    "now",
  ]);
});

function texts(): readonly (readonly [place: string, text: string])[] {
  const sources = ["server/src", "client/src"].flatMap((folder) => filesBelow(join(root, folder)));
  const said = sources
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => englishIn(readFileSync(file, "utf8")).map((text) => [file.slice(root.length), text] as const));
  const named = Object.values(
    JSON.parse(readFileSync(join(root, "package.nls.json"), "utf8")) as Record<string, string>,
  );
  const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map((name) => join(root, name));
  const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const all = [...pages, ...docs.map((name) => join(root, "docs", name))];
  return [
    ...said,
    ...named.map((text) => ["package.nls.json", text] as const),
    ...all.map((file) => [file.slice(root.length), readFileSync(file, "utf8")] as const),
  ];
}

/** Words of three letters and more, without code, addresses, placeholders, names with capitals inside and abbreviations. */
function wordsIn(text: string): readonly string[] {
  const plain = text
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, " ")
    .replace(/<!--[\s\S]*?-->|<[^>\n]*>|`[^`]*`|\{[^}]*\}|\]\([^)]*\)|https?:\S+/g, " ");
  return [
    ...plain.matchAll(
      /(?<![\p{L}\p{N}_./$@#%&=*~+-])[A-Za-z][a-z]{2,}(?:['\u2019](?:t|re|ll|ve))?(?![\p{L}\p{N}_/=@*+-]|\.[a-z])/gu,
    ),
  ].map(([word]) => word.replace("\u2019", "'"));
}
