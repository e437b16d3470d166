import type { Definition } from "../../server/src/nix/eval/builtins/definition.ts";
import { builtinDefinitions } from "../../server/src/nix/eval/builtins/index.ts";
import { libraryFunctions } from "../../server/src/nix/eval/builtins/lib/index.ts";

/**
 * Values that make work explode, as Nix, each cheap by itself. The types are those of signatures; lengths are such that one
 * visit of each element is within what an evaluation may take, and one visit of each pair is far beyond.
 */
export const values = (count: number) => `
  numbers = builtins.genList (i: i) ${count};
  ones = builtins.genList (i: 1) ${count};
  words = builtins.genList (i: "w" + toString i) ${count};
  letters = builtins.genList (i: "a") ${count};
  lists = builtins.genList (i: builtins.genList (j: j) 150) 150;
  sets = builtins.genList (i: { name = "n" + toString i; value = i; key = i; }) ${count};
  wide = builtins.listToAttrs sets;
  wideSets = builtins.mapAttrs (name: value: { a = value; b = { c = value; }; }) wide;
  wideLists = builtins.mapAttrs (name: value: lib.take 150 numbers) (builtins.listToAttrs (lib.take 150 sets));
  deep = builtins.foldl' (below: i: { a = below; b = below; }) { } lib-range;
  deepList = builtins.foldl' (below: i: [ below below ]) [ ] lib-range;
  lib-range = builtins.genList (i: i) 60;
  long = builtins.concatStringsSep "" (builtins.genList (i: "abcdefghij") ${count});
  longer = builtins.concatStringsSep "" (builtins.genList (i: long) 20);
  lines = builtins.concatStringsSep "\\n" words;
  same = builtins.concatStringsSep "" letters;
  nested = builtins.concatStringsSep "" (builtins.genList (i: "[") ${count});
  huge = 9000000000000000000;
  big = 3000000;
  yes = _: true;
  twice = x: [ x x ];
  more = x: lib.take 150 numbers;
  keep = x: x;
  second = _: x: x;
  both = a: b: [ a b ];
  joined = a: b: a + b;
  less = a: b: a < b;
  never = _: false;
  grow = i: [ { key = i.key + 1; } { key = i.key + 2; } ];
`;

/** Arguments by what a signature says of a parameter. */
const byType: readonly (readonly [RegExp, readonly string[]])[] = [
  [/->/, ["keep", "second", "twice", "more", "yes", "never", "joined", "less"]],
  [/^\[ *\[/, ["lists", "deepList"]],
  [/^\[string/, ["words", "letters"]],
  [/^\[int/, ["numbers"]],
  [/^\[\{/, ["sets"]],
  [/^\[/, ["numbers", "words", "lists", "sets", "deepList", "ones"]],
  [/^\{.*\[/, ["wideLists"]],
  [/^\{/, ["wide", "wideSets", "deep"]],
  [/^(int|number)/, ["huge", "big"]],
  [/^string/, ["long", "lines", "same", "nested", '"(a*)*b"', '""']],
  [/^path/, ["long", "/."]],
  [/^bool/, ["true"]],
];
const anything = ["numbers", "deep", "deepList", "long", "wideSets", "big", "keep", "sets", "lists"];

/** The parts of `(a -> b) -> [a] -> [b]`: what stands between arrows outside of all brackets. */
function partsOf(signature: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (let i = 0; i < signature.length; i++) {
    const c = signature[i] as string;
    if ("([{".includes(c)) depth++;
    if (")]}".includes(c)) depth--;
    if (depth === 0 && signature.startsWith("->", i)) {
      parts.push(part.trim());
      part = "";
      i++;
    } else part += c;
  }
  return [...parts, part.trim()];
}

function candidates(type: string | undefined): readonly string[] {
  if (type === undefined) return anything;
  const bare = type.startsWith("(") && type.endsWith(")") ? type.slice(1, -1) : type;
  return byType.find(([what]) => what.test(bare))?.[1] ?? anything;
}

/** Calls of one function: each argument as explosive as its type allows, the others likewise in turn. */
export function callsOf(definition: Definition, most = Number.POSITIVE_INFINITY): readonly string[] {
  const { name, parameters, signature } = definition;
  if (parameters.length === 0) return [];
  const lists = parameters.map((_, at) => candidates(partsOf(signature)[at]));
  const turns = Math.max(...lists.map((list) => list.length));
  const calls = new Set<string>();
  const f = name.startsWith("lib.") ? name : `builtins.${name}`;
  for (let turn = 0; turn < turns; turn++) {
    for (let shift = 0; shift < 2; shift++) {
      const args = lists.map((list, at) => list[(turn + at * shift) % list.length] as string);
      calls.add(`${f} ${args.join(" ")}`);
    }
  }
  for (const one of anything) calls.add(`${f} ${parameters.map(() => one).join(" ")}`);
  return [...calls].slice(0, most);
}

export const definitions: readonly Definition[] = [...builtinDefinitions, ...libraryFunctions];
