import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { judge, nixFiles } from "../../grammar/judge.ts";
import { constructs } from "./constructs.ts";
import { print } from "./print.ts";
import { here, parse, show } from "./support.ts";

/**
 * Our tree is printed with parentheses everywhere and given to real Nix: it must make the same of that as of the code
 * itself. `CORPUS=/folder` does this with every .nix file below a folder; `SAMPLE=n` with every n-th.
 */
const scratch = mkdtempSync(path.join(tmpdir(), "structure-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Nix's normal form of files, where paths are absolute and every name of an attribute is sorted. */
function normal(files: readonly string[], folder: string): string[] {
  const out = execFileSync("nix-instantiate", ["--parse", ...files], {
    maxBuffer: 1 << 29,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return out
    .toString()
    .replace(new RegExp(`${folder}(?![\\w.-])`, "g"), "/base")
    .trimEnd()
    .split("\n");
}

/** The differences; files are compared in batches, and halved where a batch differs. */
async function compare(codes: readonly string[]): Promise<string[]> {
  const original = path.join(scratch, "a", "x");
  const printed = path.join(scratch, "b", "x");
  for (const folder of [original, printed]) mkdirSync(folder, { recursive: true });
  const names = codes.map((_, i) => `${i}.nix`);
  for (const [i, code] of codes.entries()) writeFileSync(path.join(original, `${i}.nix`), code);
  const verdicts = await judge(names.map((name) => path.join(original, name)));
  const usable = names.filter((name) => verdicts.get(path.join(original, name))?.verdict === "accepted");
  for (const name of usable) {
    const code = codes[Number.parseInt(name, 10)] as string;
    writeFileSync(path.join(printed, name), print(parse(code).root, code));
  }
  const differences: string[] = [];
  const batches: string[][] = [];
  for (let i = 0; i < usable.length; i += 100) batches.push(usable.slice(i, i + 100));
  for (let batch = batches.pop(); batch; batch = batches.pop()) {
    const [a, b] = [original, printed].map((folder) => {
      const files = (batch as string[]).map((name) => path.join(folder, name));
      try {
        return normal(files, path.dirname(folder)).join("\n");
      } catch (error) {
        return String((error as { stderr?: unknown }).stderr ?? error);
      }
    });
    if (a === b) continue;
    if (batch.length === 1) {
      if (sorted(a as string) === sorted(b as string)) continue;
      differences.push(firstDifference(a as string, b as string));
    } else batches.push(batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1));
  }
  expect(usable.length).toBeGreaterThan(codes.length / 2);
  return differences;
}

/** Nix prints names in the order in which its parser happened to see them first: without that order. */
function sorted(normalForm: string): string {
  const { root, errors } = parse(normalForm);
  return errors.length > 0 ? normalForm : show(root, true);
}

function firstDifference(nix: string, ours: string): string {
  let at = 0;
  while (nix[at] === ours[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 200), at + 100);
  return `nix:  ${around(nix)}\nours: ${around(ours)}`;
}

describe("code means to us what it means to real Nix", () => {
  it("by its structure: the table", { timeout: 600_000 }, async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "x", "y", "z", "a-b'"];
    const codes = constructs.map(([code]) => `let ${names.map((name) => `${name} = 1; `).join("")} in\n${code}`);
    expect(await compare(codes)).toEqual([]);
  });

  it("by its structure: files", { timeout: 3_600_000 }, async () => {
    const every = Number(process.env["SAMPLE"] ?? 1);
    const corpus = process.env["CORPUS"];
    const folders = corpus ? [corpus] : [here, path.join(here, "../../../examples")];
    const files = folders.flatMap(nixFiles).filter((_, i) => i % every === 0);
    const codes = files.map((file) => readFileSync(file, "utf8")).filter((code) => parse(code).errors.length === 0);
    expect(await compare(codes)).toEqual([]);
  });
});
