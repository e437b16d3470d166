import { describe, expect, it } from "vitest";
import { libraryFunctions } from "../../../server/src/nix/eval/builtins/lib/index.ts";
import type { Value } from "../../../server/src/nix/eval/value.ts";
import { evaluateWithLib, reasonOf } from "./support.ts";

/** What differs between releases of nixpkgs or depends on the machine is defined as unknown. */
const external = new Set(
  [
    "release",
    "version",
    "versionSuffix",
    "codeName",
    "nixpkgsVersion",
    "oldestSupportedRelease",
    "inNixShell",
    "inPureEvalMode",
  ].map((name) => `lib.trivial.${name}`),
);

describe("the definitions of lib", () => {
  it("have names of their own, a signature and a source", () => {
    const names = libraryFunctions.map((definition) => definition.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    for (const { name, signature, source, parameters } of libraryFunctions) {
      expect(name).toMatch(/^lib(\.[A-Za-z_]\w*'?)+$/);
      expect(signature, name).not.toBe("");
      expect(source, name).toMatch(/^lib(\/|$)/);
      expect(new Set(parameters).size, name).toBe(parameters.length);
    }
  });

  it("are all there, also those that are written in Nix, whose text parses", () => {
    const unknown: string[] = [];
    for (const { name } of libraryFunctions) {
      const value = evaluateWithLib(name);
      if (external.has(name)) expect(value.type, name).toBe("unknown");
      else if (value.type === "unknown") unknown.push(`${name}: ${reasonOf(value)}`);
    }
    expect(unknown).toEqual([]);
  });

  it("give unknown, never an error of ours, whatever they are given", () => {
    const problems: string[] = [];
    const arguments_ = [
      "mystery",
      "null",
      "[ 1 mystery ]",
      "{ a = mystery; }",
      "(x: x)",
      '"text"',
      "(-1)",
      "./absent",
      "(mystery // { a = 1; })",
    ];
    for (const { name, parameters } of libraryFunctions) {
      const calls = arguments_.map((argument) => `(${name} ${parameters.map(() => argument).join(" ")})`);
      const results = evaluateWithLib(`[ ${calls.join(" ")} ]`);
      if (results.type !== "list") throw new Error(name);
      for (const [i, { thunk }] of results.items.entries()) {
        const reason = innerReason(thunk.force(), 0);
        if (reason?.startsWith("unsupported: internal")) problems.push(`${calls[i]}: ${reason}`);
      }
    }
    expect(problems).toEqual([]);
  });
});

/** The first bug of ours that a value shows, at a small depth. */
function innerReason(value: Value, depth: number): string | null {
  if (value.type === "unknown") return reasonOf(value);
  if (depth > 2) return null;
  const parts = value.type === "list" ? value.items : value.type === "attrs" ? [...value.entries.values()] : [];
  for (const { thunk } of parts.slice(0, 8)) {
    const reason = innerReason(thunk.force(), depth + 1);
    if (reason?.startsWith("unsupported: internal")) return reason;
  }
  return null;
}
