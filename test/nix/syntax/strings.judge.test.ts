import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StringLiteral } from "../../../server/src/nix/syntax/ast.ts";
import { stringText } from "../../../server/src/nix/syntax/views.ts";
import { parse } from "./support.ts";

/** Evaluates the expressions with real Nix, all in one process. */
function evaluate(expressions: readonly string[]): unknown[] {
  const code = `let x = "X"; y = "\n  Y\n"; in [\n${expressions.map((e) => `(${e})`).join("\n")}\n]`;
  const out = execFileSync("nix-instantiate", ["--eval", "--strict", "--json", "-"], {
    input: code,
    maxBuffer: 1 << 28,
  });
  return JSON.parse(out.toString()) as unknown[];
}

/** What our tree says of a string in which only `x` and `y` are interpolated. */
function ours(code: string): string {
  const { root, errors } = parse(code);
  expect(errors, code).toEqual([]);
  expect(root.body.kind).toBe("string");
  return (root.body as StringLiteral).parts
    .map((part) => {
      if (part.kind === "text") return part.value;
      return part.body.kind === "variable" && part.body.name === "x" ? "X" : "\n  Y\n";
    })
    .join("");
}

function agree(expressions: readonly string[]): void {
  expect(expressions.map(ours)).toEqual(evaluate(expressions));
}

const quoted = [
  '""',
  '"a"',
  '"\\n\\r\\t\\a\\"\\\\\\$"',
  '"\\${x}"',
  '"$${x}"',
  '"$$${x}"',
  '"$$$${x}"',
  '"$"',
  '"$$"',
  '"$\\n"',
  '"$\\${x}"',
  '"a$"',
  '"${x}$"',
  '"${x}${y}"',
  '" ${x} "',
  '"a\nb"',
  '"a\r\nb"',
  '"a\rb"',
  '"a\\\nb"',
  '"a\\\r\nb"',
  '"# no comment /* */"',
  "\"''\"",
  '"é\u{1F600}中文"',
];

const indented = [
  "''''",
  "'' ''",
  "''a''",
  "'' a ''",
  "''\n''",
  "''\n\n''",
  "''  \n  a''",
  "''\n  a\n  b\n''",
  "''\n  a\n    b\n  ''",
  "''\n    a\n  b\n    ''",
  "''\n\ta\n\tb\n''",
  "''\n  a\n\n  b\n''",
  "''\n  a\n   \n  b\n''",
  "''\n   \n  a''",
  "''x\n  a\n  b''",
  "''\n  a\n b''",
  "''\n  a  \n  ''",
  "''\n  ${x}\n  a\n''",
  "''\n    ${x}\n  a\n''",
  "''${x}\n  a\n''",
  "''\n  ${x}${y}\n''",
  "''\n  a ${x}\n    b ${y} c\n  ''",
  "''\n  ${x}\n  ''",
  "''\n  a${x}''",
  "''\n  ${x} ''",
  "''\n  a\n  ${x}\n''",
  "''\n  '''\n  a\n''",
  "''\n  a ''' b\n''",
  "''\n  ''${x}\n  a\n''",
  "''\n    ''$\n  a\n''",
  "''\n  ''\\n  a\n''",
  "''\n  a ''\\n  b\n  c\n''",
  "''\n  a''\\t''\\r''\\x''\\\\\n''",
  "''\n  a ''\\\n  b\n''",
  "''\n  ''\\  a\n   b\n''",
  "''$''",
  "''$$''",
  "''$${x}''",
  "''$$${x}''",
  "''$$$${x}''",
  "''''$${x}''",
  "''a$'b''",
  "''a'b''",
  "''a'$b''",
  "''a'${x}''",
  "''a'$${x}''",
  "''\n  'a\n  $'b\n''",
  "''\n    $'a\n  b\n''",
  "'' ' ''",
  "''\r\n  a\r\n  b\r\n''",
  "''\n  a\r\n  b\r\n  ''",
  "''\r  a''",
  "''\n  # a\n  /* b */\n''",
  "''\n  \"a\"\n''",
  "''\n  \\n\\${x}\n''",
  "''\n  é\u{1F600}\n   中文\n''",
  "''\n  \u00a0a\n  b\n''",
  "''\n  a\n  ${y}b\n  c\n''",
];

describe("strings say what they say for real Nix", () => {
  it("quoted", () => agree(quoted));
  it("indented", () => agree(indented));

  it("of any pieces", () => {
    const pieces = [
      "a",
      " ",
      "  ",
      "\n",
      "\n  ",
      "\t",
      "\r\n",
      "$",
      "$$",
      "''$",
      "'''",
      "''\\n",
      "''\\ ",
      "'x",
      "${x}",
      "${y}",
      "\\n",
      '"',
      "}",
      "{",
    ];
    const codes = fc
      .sample(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), { numRuns: 3000, seed: 1 })
      .map((some) => `''${some.join("")}''`)
      // Two pieces may make an escape of the end: such a string is not closed, or closes early.
      .filter((code) => parse(`[ ${code} ]`).errors.length === 0 && parse(code).root.body.kind === "string");
    expect(codes.length).toBeGreaterThan(1000);
    agree(codes);
  });

  it("of any pieces in quotes", () => {
    const pieces = [
      "a",
      " ",
      "\n",
      "\r",
      "\r\n",
      "$",
      "$$",
      "\\$",
      "\\n",
      "\\\\",
      '\\"',
      "${x}",
      "${y}",
      "'",
      "''",
      "}",
      "{",
    ];
    const codes = fc
      .sample(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), { numRuns: 3000, seed: 1 })
      .map((some) => `"${some.join("")}"`)
      .filter((code) => parse(`[ ${code} ]`).errors.length === 0 && parse(code).root.body.kind === "string");
    expect(codes.length).toBeGreaterThan(1000);
    agree(codes);
  });

  it("as we write them", () => {
    const values = fc.sample(fc.string({ unit: "grapheme", maxLength: 8 }), { numRuns: 500, seed: 1 });
    values.push('"', "\\", "${x}", "$${x}", "$", "\n\r\n\t", "''${");
    const some = values.filter((value) => !value.includes("\0"));
    expect(evaluate(some.map(stringText))).toEqual(some);
  });
});
