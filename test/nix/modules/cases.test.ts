import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { encodeValue, evaluateWithLib } from "./with-lib.ts";

/**
 * Expressions over `lib.evalModules` with the values that real Nix gives. With NIXPKGS_LIB=<folder that holds lib/> real Nix
 * is asked again, and with UPDATE=1 as well its answers are written down.
 */
const file = fileURLToPath(new URL("./cases.txt", import.meta.url));
const { NIXPKGS_LIB: library, UPDATE } = process.env;

interface Case {
  readonly name: string;
  readonly expression: string;
  readonly expected: string | null;
}

const cases: Case[] = readFileSync(file, "utf8")
  .split(/^== /m)
  .slice(1)
  .map((block) => {
    const [name = "", ...lines] = block.trimEnd().split("\n");
    const answer = lines.findIndex((line) => line.startsWith("-> "));
    const expression = lines.slice(0, answer < 0 ? undefined : answer).join("\n");
    return { name, expression, expected: answer < 0 ? null : (lines[answer] as string).slice(3) };
  });

/** What every expression may use. */
const prelude = `
  inherit (lib) mkOption types;
  list = lib.mkOption { type = lib.types.listOf lib.types.anything; default = [ ]; };
  e = modules: (lib.evalModules { inherit modules; }).config;
`;

describe("lib.evalModules", () => {
  for (const { name, expression, expected } of cases) {
    test(name, async () => {
      const value = await evaluateWithLib(`lib: let ${prelude} in ${expression}`);
      expect(encodeValue(value)).toEqual(expected);
    });
  }
  test("there are cases", () => expect(cases.length).toBeGreaterThan(80));
});

describe.runIf(library)("real Nix", () => {
  test("gives the values written down", { timeout: 300_000 }, () => {
    const answers = cases.map(({ expression }) => realNix(expression));
    if (UPDATE) {
      const blocks = cases.map(({ name, expression }, i) => `== ${name}\n${expression}\n-> ${answers[i]}\n`);
      writeFileSync(file, blocks.join(""));
      return;
    }
    expect(Object.fromEntries(cases.map((c, i) => [c.name, answers[i]]))).toEqual(
      Object.fromEntries(cases.map((c) => [c.name, c.expected])),
    );
  });
});

function realNix(expression: string): string {
  const text = `let lib = import ${library}/lib; ${prelude} in ${expression}`;
  try {
    const out = execFileSync("nix-instantiate", ["--eval", "--strict", "--json", "-E", text], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, NIX_PATH: "" },
    });
    return JSON.stringify(JSON.parse(out));
  } catch {
    return "fails";
  }
}
