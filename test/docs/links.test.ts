import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { linksOf, ownFile } from "../../scripts/package/extension.mjs";

const root = join(import.meta.dirname, "../..");

/** Every page that people read. */
function pages(): string[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  const found = [...readdirSync(root), ...below("docs"), ...below("examples"), ...below("media"), ...below(".github")];
  return found.filter((name) => name.endsWith(".md") && statSync(join(root, name)).isFile());
}

/** GitHub's names of the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} +(.+?) *$/gm)];
  const plain = headings.map(([, heading = ""]) => heading.replace(/[`*]|\]\([^)]*\)|\[/g, ""));
  const name = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N}\- _]/gu, "");
  return new Set(plain.map((heading) => name(heading).replaceAll(" ", "-")));
}

it("every picture is shown on some page", () => {
  const shown = pages().flatMap((page) =>
    linksOf(readFileSync(join(root, page), "utf8")).map((link) => join(dirname(page), link)),
  );
  const pictures = readdirSync(join(root, "docs/images")).map((name) => join("docs/images", name));
  expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
});

it("no link of a page leads nowhere", () => {
  const dead: string[] = [];
  let seen = 0;
  for (const page of pages()) {
    for (const link of linksOf(readFileSync(join(root, page), "utf8"))) {
      seen++;
      const own = ownFile(link);
      if (own === null && /^[a-z]+:/i.test(link)) continue;
      const [path = "", anchor] = (own ?? link).split("#");
      const target = own !== null ? path : path === "" ? page : join(dirname(page), decodeURIComponent(path));
      const file = join(root, target);
      if (!existsSync(file)) dead.push(`${page}: ${link}`);
      else if (anchor !== undefined && target.endsWith(".md") && !anchorsOf(readFileSync(file, "utf8")).has(anchor))
        dead.push(`${page}: ${link}: ${relative(root, file)} has no such heading`);
    }
  }
  expect(seen).toBeGreaterThan(60);
  expect(dead).toEqual([]);
});
