import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("docs/ci.md copies exactly the files that the command line is built of", () => {
  const line = /^cp (.*) \S+$/m.exec(read("docs/ci.md"))?.[1] ?? "";
  const copied = line.split(" ").flatMap((word) => {
    const [, names = "", suffix = ""] = /^dist\/\{(.*)\}(\.\w+)$/.exec(word) ?? [];
    return names.split(",").map((name) => name + suffix);
  });
  const build = read("scripts/build.mjs");
  const bundles = [...build.matchAll(/outfile: "([^"]+)"/g)].map(([, name]) => name as string);
  const assets = [...(/const assets = \[([^\]]*)\]/.exec(build)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(
    ([, path]) => path?.split("/").at(-1) as string,
  );
  // The extension, and the entry by which it starts the server, are VS Code's.
  const editor = new Set(["extension.cjs", "server.cjs"]);
  expect(copied.sort()).toEqual([...bundles.filter((name) => !editor.has(name)), ...assets].sort());
});

test("docs/ci.md has no place holders", () => {
  expect(read("docs/ci.md")).not.toMatch(/\b(OWNER|USER|YOUR|TODO|FIXME)\b|example\.com|<[A-Z]/);
});
