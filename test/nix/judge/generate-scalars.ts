import type { Generator } from "./generate.ts";
import { type Names, type Type, types } from "./generate-types.ts";

export function integerProductions(g: Generator, depth: number, names: Names): string {
  const a = (t: Type) => g.atom(t, depth, names);
  const e = (t: Type) => g.expression(t, depth, names);
  switch (g.below(15)) {
    case 0:
      return `${a("int")} + ${a("int")}`;
    case 1:
      return `${a("int")} - ${a("int")}`;
    case 2:
      return `builtins.mul ${a("int")} ${g.pick(["2", "3", "(-1)"])}`;
    case 3:
      return `${a("int")} / ${g.chance(12) ? a("int") : g.pick(["2", "3", "(-4)"])}`;
    case 4:
      return `builtins.length ${a(g.pick(["ints", "strings", "sets"]))}`;
    case 5:
      return `builtins.stringLength ${a("string")}`;
    case 6:
      return `builtins.foldl' (acc: i: ${g.expression("int", depth, new Map(names).set("acc", "int").set("i", "int"))}) ${a("int")} ${a("ints")}`;
    case 7:
      return `builtins.${g.pick(["bitAnd", "bitOr", "bitXor", "add", "sub"])} ${a("int")} ${a("int")}`;
    case 8:
      return `builtins.${g.pick(["ceil", "floor"])} ${a("float")}`;
    case 9:
      return `builtins.compareVersions ${a("string")} ${a("string")}`;
    case 10:
      return `builtins.head (${e("ints")} ++ [ ${a("int")} ])`;
    case 11:
      return `-${a("int")}`;
    case 12:
      return `let f = n: if n <= 0 then ${e("int")} else n + f (n - 1); in f ${g.pick(["3", "0", "9"])}`;
    case 13:
      return `builtins.fromJSON (builtins.toJSON ${g.withoutFloats(depth, names, "int")})`;
    default:
      return `${a("int")} * ${g.pick(["2", "0", "5"])}`;
  }
}

export function floatProductions(g: Generator, depth: number, names: Names): string {
  const a = (t: Type) => g.atom(t, depth, names);
  switch (g.below(6)) {
    case 0:
      return `${a("float")} + ${a(g.pick(["int", "float"]))}`;
    case 1:
      return `${a(g.pick(["int", "float"]))} - ${a("float")}`;
    case 2:
      return `${a("float")} * ${g.pick(["2", "0.5", "3.25"])}`;
    case 3:
      return `${a(g.pick(["int", "float"]))} / ${g.pick(["2.0", "3.0", "0.7"])}`;
    case 4:
      return `builtins.fromJSON "${g.pick(["1.5", "2e3", "-0.25", "1E-2"])}"`;
    default:
      return `-${a("float")}`;
  }
}

export function booleanProductions(g: Generator, depth: number, names: Names): string {
  const a = (t: Type) => g.atom(t, depth, names);
  const e = (t: Type) => g.expression(t, depth, names);
  const t = g.pick(types);
  switch (g.below(16)) {
    case 0:
      return `${a("bool")} ${g.pick(["&&", "||", "->"])} ${a("bool")}`;
    case 1:
      return `!${a("bool")}`;
    case 2:
      return `${a(t)} ${g.pick(["==", "!="])} ${a(t)}`;
    case 3:
      return `${a(t)} == ${a(g.pick(types))}`;
    case 4: {
      const ordered = g.pick(["int", "float", "string", "ints", "strings"] as const);
      return `${a(ordered)} ${g.pick(["<", "<=", ">", ">="])} ${a(ordered)}`;
    }
    case 5:
      return `${a("int")} ${g.pick(["<", ">="])} ${a("float")}`;
    case 6:
      return `${a("set")} ? ${g.pick(["a", "b", "a.b", "c", '"b"', `${"$"}{${e("string")}}`])}`;
    case 7:
      return `builtins.hasAttr ${a("string")} ${a("set")}`;
    case 8:
      return `builtins.elem ${a("int")} ${a("ints")}`;
    case 9:
      return `builtins.${g.pick(["any", "all"])} (i: ${g.expression("bool", depth, new Map(names).set("i", "int"))}) ${a("ints")}`;
    case 10:
      return `builtins.${g.pick(["isInt", "isFloat", "isString", "isBool", "isNull", "isList", "isAttrs", "isFunction", "isPath"])} ${a(t)}`;
    case 11:
      return `(builtins.tryEval ${a(t)}).success`;
    case 12:
      return `builtins.match "${g.pick(["[a-z]+", "(.*)-(.*)", "[^/]*", "a|b", "(a?)(.*)"])}" ${a("string")} == null`;
    case 13:
      return `builtins.lessThan ${a("int")} ${a("int")}`;
    case 14:
      return `builtins.deepSeq ${a(t)} ${a("bool")}`;
    default:
      return `builtins.typeOf ${a(t)} == "${g.pick(["int", "set", "string", "list"])}"`;
  }
}

export function stringProductions(g: Generator, depth: number, names: Names): string {
  const a = (t: Type) => g.atom(t, depth, names);
  const e = (t: Type) => g.expression(t, depth, names);
  const open = "$" + "{";
  switch (g.below(22)) {
    case 0:
      return `"${g.pick(["", "a ", "/"])}${open}${e("string")}}${g.pick(["", ".img", "\\t"])}"`;
    case 1:
      return `${a("string")} + ${a("string")}`;
    case 2:
      return `toString ${a(g.pick(["int", "float", "bool", "string", "null", "ints", "strings"]))}`;
    case 3:
      return `builtins.substring ${g.below(4)} ${g.pick(["0", "1", "2", "10", "(-1)"])} ${a("string")}`;
    case 4:
      return `builtins.concatStringsSep ${a("string")} ${a("strings")}`;
    case 5:
      // Newer versions of Nix evaluate a replacement only when it is used.
      return `let r = "${open}${e("string")}}"; in builtins.seq r (builtins.replaceStrings ${g.pick(['[ "a" ]', '[ "b" ]', '[ "" ]', '[ "/" ]'])} [ r ] ${g.atom("string", depth, new Map(names).set("r", "string"))})`;
    case 6:
      return `builtins.typeOf ${a(g.pick(types))}`;
    case 7:
      return `builtins.toJSON ${g.withoutFloats(depth, names)}`;
    case 8:
      return `baseNameOf ${a("string")}`;
    case 9:
      return `dirOf ${a("string")}`;
    case 10:
      return `builtins.hashString "${g.pick(["md5", "sha1", "sha256", "sha512"])}" ${a("string")}`;
    case 11:
      return `''\n  ${g.pick(["a", " b", "''${x}", "'''", ""])}\n    ${open}${e("string")}}\n${g.pick(["", "  ", " c\n"])}''`;
    case 12:
      return `"${open}toString ${a("int")}}-${open}${e("string")}}"`;
    case 13:
      return `(builtins.parseDrvName ${a("string")}).${g.pick(["name", "version"])}`;
    case 14:
      return `builtins.head (${e("strings")} ++ [ ${a("string")} ])`;
    case 15:
      return `"${open}{ outPath = ${e("string")}; }}"`;
    case 16:
      return `toString { __toString = self: ${e("string")}; }`;
    case 17:
      return `builtins.head (builtins.split "${g.pick([",", "(a)", "[b-z]+", "x*", "-|/"])}" ${a("string")})`;
    case 18:
      return `builtins.unsafeDiscardStringContext ${a("string")}`;
    case 19:
      return `builtins.concatStringsSep "," (builtins.attrNames ${a("set")})`;
    case 20:
      return `builtins.fromJSON (builtins.toJSON "${open}${e("string")}}")`;
    default:
      return `builtins.foldl' (acc: s: acc + s) ${a("string")} ${a("strings")}`;
  }
}
