import { describe, expect, it } from "vitest";
import { show } from "../../harness/evaluate.ts";
import { evaluateWithLib } from "./support.ts";

/** `mystery` is a value of which nothing is known. What is left of a result is written as `show` has it. */
const cases: Record<string, string> = {
  // A condition that is not known makes parts conditional, nothing else.
  "lib.optional mystery 1": "[ ?1 ]",
  "lib.optionals mystery [ 1 2 ]": "[ ?1 ?2 ]",
  "lib.optionalAttrs mystery { a = 1; }": "{ ?a = 1; }",
  'lib.optionalString mystery "a"': '?("a" | "")',
  'lib.optionals mystery (throw "x")': "[ ]",
  "[ 1 ] ++ lib.optional mystery 2 ++ [ 3 ]": "[ 1 ?2 3 ]",
  "lib.map (x: x * 2) (lib.optional mystery 1)": "[ ?2 ]",
  "lib.filter (x: x == mystery) [ 1 2 ]": "[ ?1 ?2 ]",
  "lib.filter (x: x > 1) ([ 1 ] ++ lib.optional mystery 2 ++ [ 3 ])": "[ ?2 3 ]",
  "lib.flatten [ 1 (lib.optional mystery [ 2 ]) [ [ 3 ] ] ]": "[ 1 ?2 3 ]",
  "lib.concatMap (x: [ x x ]) (lib.optional mystery 1)": "[ ?1 ?1 ]",
  "lib.mapAttrs (n: v: v + 1) (lib.optionalAttrs mystery { a = 1; } // { b = 2; })": "{ ?a = 2; b = 3; }",
  "lib.mapAttrsToList (n: v: v) (lib.optionalAttrs mystery { a = 1; } // { b = 2; })": "[ ?1 2 ]",
  'lib.filterAttrs (n: v: n == "a" || v == mystery) { a = 1; b = 2; }': "{ a = 1; ?b = 2; }",
  'lib.genAttrs (lib.optional mystery "a" ++ [ "b" ]) (n: n)': '{ ?a = "a"; b = "b"; }',
  'lib.listToAttrs (lib.optional mystery { name = "a"; value = 1; })': "{ ?a = 1; }",
  "lib.mergeAttrsList [ { a = 1; } (lib.optionalAttrs mystery { a = 2; b = 3; }) ]": "{ a = ?(2 | 1); ?b = 3; }",
  "lib.mkIf mystery { a = 1; }": '{ _type = "if"; condition = ?external: mystery; content = { a = 1; }; }',
  "lib.unique (lib.optional mystery 1 ++ [ 1 ])": "[ ?1 ?1 ]",
  "lib.reverseList (lib.optional mystery 1 ++ [ 2 ])": "[ 2 ?1 ]",
  "lib.sort (a: b: a < b) ([ 3 ] ++ lib.optional mystery 2 ++ [ 1 ])": "[ 1 ?2 3 ]",
  "lib.subtractLists (lib.optional mystery 1) [ 1 2 ]": "[ ?1 2 ]",
  "lib.partition (x: x > 1) (lib.optional mystery 2 ++ [ 1 ])": "{ right = [ ?2 ]; wrong = [ 1 ]; }",
  "lib.foldr (x: acc: [ x ] ++ acc) [ ] (lib.optional mystery 1 ++ [ 2 ])": "[ ?1 2 ]",
  "lib.foldl' (acc: x: acc // x) { } [ { a = 1; } (lib.optionalAttrs mystery { b = 2; }) ]": "{ a = 1; ?b = 2; }",
  "lib.foldl' lib.recursiveUpdate { } ([ { a.b = 1; } ] ++ lib.optional mystery { a.c = 2; })":
    "{ a = { b = 1; ?c = 2; }; }",
  "lib.recursiveUpdate { a.b = 1; } (lib.optionalAttrs mystery { a.c = 2; })": "{ a = { b = 1; ?c = 2; }; }",

  // Open lists and sets stay open, with what is known in them.
  "lib.map (x: x) ([ 1 ] ++ mystery)": "[ 1 ... ]",
  "lib.filter (x: x > 0) ([ 1 0 ] ++ mystery)": "[ 1 ... ]",
  "lib.flatten [ 1 mystery 2 ]": "[ 1 2 ... ]",
  "lib.unique ([ 1 1 ] ++ mystery)": "[ ?1 ?1 ... ]",
  'lib.genAttrs ([ "a" ] ++ mystery) (n: n)': '{ a = "a"; ... }',
  "lib.genAttrs lib.systems.flakeExposed (s: s) ? x86_64-linux": "true",
  "lib.mapAttrs (n: v: v + 1) (mystery // { a = 1; })": "{ a = 2; ... }",
  "lib.mapAttrsToList (n: v: v) (mystery // { a = 1; })": "[ 1 ... ]",
  "lib.filterAttrs (n: v: v > 0) (mystery // { a = 1; b = 0; })": "{ a = 1; ... }",
  "lib.recursiveUpdate mystery { a.b = 1; }": "{ a = { b = 1; ... }; ... }",
  "(lib.recursiveUpdate mystery { a.b = 1; }).a.b": "1",
  "lib.recursiveUpdate { a = 1; } mystery": "{ a = ?(?external: mystery | 1); ... }",
  "lib.mergeAttrsList [ mystery { a = 1; } ]": "{ a = 1; ... }",
  "lib.zipAttrsWith (n: vs: lib.last vs) [ { a = 1; } { a = 2; } ]": "{ a = 2; }",
  'lib.attrByPath [ "a" "b" ] 3 (mystery // { a.b = 1; })': "1",
  "lib.any (x: x > 1) ([ 2 ] ++ mystery)": "true",
  "lib.all (x: x > 2) ([ 2 ] ++ mystery)": "false",
  "lib.elem 1 ([ 1 ] ++ mystery)": "true",
  "lib.mutuallyExclusive [ 1 ] ([ 1 ] ++ mystery)": "false",
  "lib.fileset.toList (lib.fileset.fileFilter (f: mystery) ./files/a.nix) == [ ]": "?external: mystery",

  // What depends on an uncertain position or number is not known; what does not, is.
  "lib.length (lib.optional mystery 1)": "?external: mystery",
  "lib.last (lib.optional mystery 1 ++ [ 2 ])": "2",
  "lib.head ([ 1 ] ++ lib.optional mystery 2)": "1",
  "lib.take 1 ([ 1 ] ++ lib.optional mystery 2)": "[ 1 ]",
  "lib.take 2 ([ 1 ] ++ lib.optional mystery 2)": "?external: mystery",
  "lib.drop 1 ([ 1 ] ++ lib.optional mystery 2)": "[ ?2 ]",
  "lib.init (lib.optional mystery 1 ++ [ 2 ])": "[ ?1 ]",
  "lib.imap1 (i: x: i) ([ 7 ] ++ lib.optional mystery 8 ++ [ 9 ])": "[ 1 ?2 ?external: mystery ]",
  "lib.findFirst (x: x == 2) null ([ 1 ] ++ lib.optional mystery 2)": "?external: mystery",
  "lib.count (x: x == 1) ([ 1 ] ++ lib.optional mystery 2)": "1",
  "lib.zipLists [ 1 ] ([ 2 ] ++ lib.optional mystery 3)": "[ { fst = 1; snd = 2; } ]",

  // Undecided values: every candidate is tried.
  'lib.toUpper (if mystery then "a" else "b")': '?("A" | "B")',
  'lib.hasPrefix "a" (if mystery then "ab" else "ac")': "true",
  'lib.toInt (if mystery then "1" else "1")': "1",
  "lib.max 1 (if mystery then 2 else 3)": "?(2 | 3)",
  "lib.range 1 (if mystery then 2 else 1)": "[ ?1 ?2 ?1 ]",
  'lib.hasSuffix ".img" "${mystery}/data.img"': "true",
  'lib.hasPrefix "/srv/" "/var/${mystery}"': "false",
  'lib.hasPrefix "/var/lib/" "/var/${mystery}"': "?external: mystery",
  "lib.id mystery": "?external: mystery",
  'lib.warnIf mystery "w" 5': "5",
  'lib.throwIf mystery "w" 5': "5",
  'lib.throwIfNot mystery "w" { a = 1; }': "{ a = 1; }",

  // Names that are not modelled, or not known to us at all.
  "lib.noSuchFunction 1": "?unsupported: a name of lib that is not modelled",
  "lib.noSuchFunction or 1": "?(?unsupported: a name of lib that is not modelled | 1)",
  "lib.licenses.mit": "?unsupported: a name of lib.licenses that is not modelled",
  "lib.version": "?external: the version of nixpkgs (lib.trivial.version)",
  'lib.elem "x86_64-linux" lib.platforms.linux': "true",
  'lib.elem "riscv64-linux" lib.platforms.linux': "?external: the systems of this nixpkgs",
  '(lib.systems.elaborate "x86_64-linux").system': '"x86_64-linux"',
  "lib ? mkIf": "true",
  "lib ? nothingOfTheSort": "?unsupported: a name of lib that is not modelled",
  "(lib.extend (final: prev: { mine = 1; })).mine": "1",
};

describe("lib on values that are not known", () => {
  for (const [expression, expected] of Object.entries(cases)) {
    it(expression, () => {
      expect(show(evaluateWithLib(expression))).toBe(expected);
    });
  }
});
