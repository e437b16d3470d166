import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../server/src/cli/commands.ts";
import { operations } from "../../server/src/cli/image/image-operations.ts";

const root = join(import.meta.dirname, "../..");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

/** What people read, with every command in it: between backticks, and the lines of blocks of a shell. */
function commandsIn(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = [...text.matchAll(/^ *```(?:sh|console|bash|yaml)\n([\s\S]*?)^ *```/gm)].map(
    ([, block = ""]) => block,
  );
  const lines = blocks.flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));
  const prompts = [...text.matchAll(/^ {4}\$ (.*)$/gm)].map(([, line = ""]) => line);
  const spans = [...text.replace(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) =>
    span.replaceAll(/\s+/g, " "),
  );
  return [...lines, ...prompts, ...spans].map((line) => line.replace(/ # .*$/, "").trim());
}

const pages = [
  "README.md",
  "README.zh-CN.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** What stands behind the program's name; null where another program is called. */
function ourWords(line: string): string[] | null {
  const found = /(?:^|[\s;|&(]|run: )(?:microvm-lens|node \S*microvm-lens\.cjs|nix run \S+ --)(?: (.*))?$/.exec(line);
  if (!found) return null;
  // What a shell does with the rest, and what stands in brackets because it may be left out.
  const words = (found[1] ?? "").split(/ (?:>|\||&&|;) /)[0] ?? "";
  return words
    .replaceAll(/[[\]…<()]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "");
}

test("every command in the documentation is one that there is, with options that it takes", () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const page of pages) {
    for (const line of commandsIn(page)) {
      const script = /^npm run ([\w:-]+)/.exec(line)?.[1];
      if (script !== undefined && scripts[script] === undefined) wrong.push(`${page}: ${line}: no such script`);
      const words = ourWords(line);
      const [name, ...rest] = words ?? [];
      if (name === undefined || name === "help" || name.startsWith("-") || !/^[a-z-]+$/.test(name)) continue;
      seen++;
      const command = commands.find((each) => each.name === name);
      if (!command) wrong.push(`${page}: ${line}: no such command`);
      const operation = rest.find((word) => /^[a-z-]+$/.test(word) && !word.startsWith("-"));
      if (name === "image" && operation !== undefined && !operations.some((each) => each === operation))
        wrong.push(`${page}: ${line}: no such operation`);
      for (const option of rest.filter((word) => word.startsWith("--"))) {
        const [plain = ""] = option.slice(2).split("=");
        const general = ["help", "version", "locale", "color", "no-color"];
        if (command && command.options[plain] === undefined && !general.includes(plain))
          wrong.push(`${page}: ${line}: --${plain} is no option of ${name}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(60);
});
