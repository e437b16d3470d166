import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, it } from "vitest";
import { loadParser } from "../../server/src/grammar/files.ts";
import { judge } from "./judge.ts";

const parser = await loadParser(fileURLToPath(new URL(".", import.meta.url)));

const words = [
  "a",
  "b",
  "or",
  "1",
  ".5",
  "1.",
  "x:y",
  "./p",
  "p/q",
  "/",
  "//",
  "~/h",
  "<n>",
  '"s"',
  '"${a}"',
  "''i''",
  "${a}",
];
const signs = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  "=",
  ";",
  ".",
  ":",
  "@",
  "?",
  "!",
  "-",
  "+",
  "*",
  "<",
  "==",
  "->",
  "++",
  "&&",
  ",",
  "...",
];
const keywords = ["if", "then", "else", "let", "in", "rec", "inherit", "with", "assert"];
const valid = [
  "{ a, b ? 1, ... } @ x : a",
  "let a = 1 ; in a",
  "{ inherit ( a ) b ; a . b = 1 ; }",
  "if a then b else a",
  "a . b or 1",
  "[ a b 1 ]",
  "rec { a = - 1 ; }",
  "a ? b . ${a}",
  "with a ; b",
  "assert a ; b",
  "! a == b",
  "a // b ++ a",
  "p/q / 1",
];
const token = fc.constantFrom(...words, ...signs, ...keywords);
const gap = fc.constantFrom(" ", " ", " ", "", "\n", "/**/");

/** Valid code with some tokens left out, put in or replaced: most likely to be nearly right. */
const nearly = fc
  .record({
    code: fc.constantFrom(...valid),
    edits: fc.array(fc.tuple(fc.nat(20), fc.nat(2), token), { maxLength: 2 }),
    gap,
  })
  .map(({ code, edits, gap: between }) => {
    const tokens = code.split(" ");
    for (const [at, what, other] of edits)
      tokens.splice(at % (tokens.length + 1), what === 0 ? 0 : 1, ...(what === 1 ? [] : [other]));
    return tokens.join(between === "" ? " " : between);
  });
const any = fc.array(fc.tuple(token, gap), { maxLength: 7 }).map((some) => some.flat().join(""));

/** The names are bound, so that Nix can only complain of syntax. */
const wrap = (code: string) => `let a = 1; b = 2; x = 3; in ${code}`;

it("what is Nix and what is not is the same as for real Nix, for code made up by chance", {
  timeout: 600_000,
}, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "fuzz-"));
  try {
    const runs = Number(process.env["RUNS"] ?? 150);
    const seed = process.env["SEED"] ? { seed: Number(process.env["SEED"]) } : {};
    const codes = [...new Set(fc.sample(fc.oneof(nearly, any), { numRuns: runs, ...seed }).map(wrap))];
    const files = codes.map((code, i) => {
      const file = path.join(folder, `${i}.nix`);
      writeFileSync(file, code);
      return file;
    });
    const verdicts = await judge(files);
    const differences = codes.flatMap((code, i) => {
      const found = verdicts.get(files[i] as string);
      if (found?.verdict === "duplicate" || found?.verdict === "pipe-operators") return [];
      const ours = parser.parse("/fuzz.nix", code).errors.length === 0;
      return ours === (found?.verdict !== "syntax")
        ? []
        : [`${JSON.stringify(code)}: we ${ours ? "accept" : "refuse"} it. ${found?.words}`];
    });
    expect(differences).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
