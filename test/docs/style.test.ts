import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { englishIn, filesBelow } from "./texts.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What docs/style-guide.md has in its left column, and the words that stand for it elsewhere. */
const unwanted: readonly (readonly [what: RegExp, instead: string])[] = [
  [/\bis no (?:regular|known|such|old|image|directory|name)\b/, "is not a …"],
  [/\bno such (?:filesystem|folder)\b/, "name what is missing"],
  [/\b(?:made|set|written|begun) anew\b/, "recreated, reset, rewritten"],
  [/\bthere is no (?:guest|folder|option|rule|room)\b/, "unknown …, … does not exist, not enough space"],
  [/\bany more\b/, "no longer"],
  [/\bwithout a word\b/, "silently, without a message"],
  [/\bpart with\b/, "delete"],
  [/\bsomebody (?:holds|made|took a lock)\b/, "another process, another program"],
  [/\bleads nowhere\b/, "dangling link"],
];

test("user texts keep to the style guide", () => {
  const found = filesBelow(join(root, "server/src"))
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      englishIn(readFileSync(file, "utf8")).flatMap((text) =>
        unwanted
          .filter(([what]) => what.test(text))
          .map(([, instead]) => `${file.slice(root.length)}: ${text} (${instead})`),
      ),
    );
  expect(found).toEqual([]);
});

test("there are texts to look at", () => {
  expect(englishIn('x: { en: "a {b} c", "zh-cn": "…" }, y: { en: \'d\' }')).toEqual(["a {b} c", "d"]);
});
