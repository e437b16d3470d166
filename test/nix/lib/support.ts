import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadParser } from "../../../server/src/grammar/files.ts";
import { createLib } from "../../../server/src/nix/eval/builtins/lib/index.ts";
import { createEvaluator } from "../../../server/src/nix/eval/interpreter.ts";
import { rootCause } from "../../../server/src/nix/eval/make.ts";
import { delayed, type Thunk, type Unknown, type Value } from "../../../server/src/nix/eval/value.ts";
import { DiskFiles } from "../../../server/src/nix/files-disk.ts";
import { typePartsFor } from "../../../server/src/nix/modules/type-parts.ts";

export const here = fileURLToPath(new URL(".", import.meta.url));
const parser = await loadParser(here);

/** One expression over `lib` and what real Nix says: JSON text, or null where it fails. */
export interface Case {
  readonly expression: string;
  readonly expected: string | null;
  /** We are known not to know it. */
  readonly beyondUs: boolean;
}

/**
 * Reads a table: an expression (of any number of lines), then `=> JSON` or `=> !` on one line. Comments begin with `#`; `#?`
 * stands before a case that we leave unknown.
 */
export function readCases(group: string): Case[] {
  const cases: Case[] = [];
  let lines: string[] = [];
  let beyondUs = false;
  for (const line of readFileSync(`${here}cases/${group}.txt`, "utf8").split("\n")) {
    if (line.startsWith("#?")) beyondUs = true;
    if (line.startsWith("#") || (line.trim() === "" && lines.length === 0)) continue;
    if (!line.startsWith("=>")) lines.push(line);
    else {
      const expected = line.slice(2).trim();
      cases.push({ expression: lines.join("\n"), expected: expected === "!" ? null : expected, beyondUs });
      lines = [];
      beyondUs = false;
    }
  }
  if (lines.length > 0) throw new Error(`${group}: no expectation after ${lines.join("\n")}`);
  return cases;
}

/** Our value as canonical JSON, or why it is not known. */
export type Ours = { readonly json: string } | { readonly unknown: string };

/** A fresh evaluation of the expression with `lib` and, for what is not known, `mystery` in scope. */
export function evaluateWithLib(expression: string): Value {
  const files = new DiskFiles(parser, [here]);
  const scope = new Map<string, Thunk>();
  const evaluator = createEvaluator({
    files,
    lib: (self) => createLib(self, { parse: (file, text) => parser.parse(file, text), typeParts: typePartsFor(self) }),
    extraScope: scope,
  });
  scope.set("lib", evaluator.lib);
  scope.set(
    "mystery",
    delayed(null, () => ({ type: "unknown", at: null, why: { reason: "external", what: "mystery" } })),
  );
  // The scope was taken when the evaluator was made, so the names are bound by a function as well.
  const f = evaluator.evaluate(parser.parse(`${here}expression.nix`, `{ lib, mystery }: ${expression}`).root, null);
  if (f.type !== "function") return f;
  const entries = new Map([...scope].map(([name, thunk]) => [name, { thunk, at: null }]));
  const origin = { at: null, step: "argument", from: [] } as const;
  return f.apply(
    delayed(null, () => ({ type: "attrs", entries, rest: null, origin })),
    null,
  );
}

export function evaluateOurs(expression: string): Ours {
  const found: Unknown[] = [];
  const json = plain(evaluateWithLib(expression), found, 0);
  const [first] = found;
  return first ? { unknown: reasonOf(first) } : { json: canonical(json) };
}

export function reasonOf(of: Unknown): string {
  const { why } = rootCause(of);
  switch (why.reason) {
    case "throws":
      return `${why.by}: ${why.message}`;
    case "unsupported":
    case "external":
      return `${why.reason}: ${why.what}`;
    case "wrong-type":
      return `wrong-type: expected ${why.expected}, found ${why.found}`;
    default:
      return JSON.stringify(why, (key, value) =>
        key === "of" || key === "candidates" || key === "condition" ? undefined : value,
      );
  }
}

/** As `builtins.toJSON` has it; unknown parts are collected. */
function plain(value: Value, unknowns: Unknown[], depth: number): unknown {
  if (depth > 60) throw new Error("endless value");
  switch (value.type) {
    case "unknown":
      unknowns.push(value);
      return null;
    case "integer":
      return Number(value.value);
    case "null":
      return null;
    case "list":
      if (value.rest) unknowns.push(value.rest);
      return value.items.map((item) => {
        if (item.conditional) unknowns.push(item.conditional);
        return plain(item.thunk.force(), unknowns, depth + 1);
      });
    case "attrs": {
      if (value.rest) unknowns.push(value.rest);
      const output = value.entries.get("outPath");
      if (output) return plain(output.thunk.force(), unknowns, depth + 1);
      const result: Record<string, unknown> = {};
      for (const [name, entry] of value.entries) {
        if (entry.conditional) unknowns.push(entry.conditional);
        result[name] = plain(entry.thunk.force(), unknowns, depth + 1);
      }
      return result;
    }
    case "function":
      unknowns.push({ type: "unknown", at: null, why: { reason: "unsupported", what: "a function is no JSON" } });
      return null;
    default:
      return value.value;
  }
}

/** JSON with sorted names, so that equal values have equal texts. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical((value as Record<string, unknown>)[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** What real Nix makes of the expressions, with the lib of a nixpkgs at `folder`; null where it fails. */
export function evaluateReally(expressions: readonly string[], folder: string): (string | null)[] {
  // Errors that can be caught are, so that one expression in a thousand does not make all the others wait for a bisection.
  const bindings = expressions.map((expression, i) => `"${i}" = attempt (${expression}\n);`).join("\n");
  const attempt = "x: let r = builtins.tryEval (builtins.deepSeq x x); in if r.success then [ r.value ] else null";
  const text = `let lib = ${importOfLib(folder)}; mystery = throw "mystery"; attempt = ${attempt}; in { ${bindings} }`;
  try {
    const out = execFileSync("nix-instantiate", ["--eval", "--strict", "--json", "--read-write-mode", "-"], {
      input: text,
      cwd: here,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const values = JSON.parse(out) as Record<string, [unknown] | null>;
    return expressions.map((_, i) => {
      const value = values[String(i)];
      return value ? canonical(value[0]) : null;
    });
  } catch {
    if (expressions.length === 1) return [null];
    const middle = expressions.length >> 1;
    return [
      ...evaluateReally(expressions.slice(0, middle), folder),
      ...evaluateReally(expressions.slice(middle), folder),
    ];
  }
}

/** Nix 2.8 lacks a builtin that newer libs ask for. */
function importOfLib(folder: string): string {
  const readFileType =
    'path: if toString path == "/" then "directory" else (builtins.readDir (dirOf path)).${baseNameOf path}';
  const scope = `{ builtins = builtins // { readFileType = ${readFileType}; }; import = builtins.scopedImport scope; }`;
  return `if builtins ? readFileType then import ${folder} else let scope = ${scope}; in builtins.scopedImport scope ${folder}`;
}
