import type { Generator } from "./generate.ts";
import type { Names, Type } from "./generate-types.ts";

type ListType = "ints" | "strings" | "sets";
const elementOf: Readonly<Record<ListType, Type>> = { ints: "int", strings: "string", sets: "set" };

export function listProductions(g: Generator, type: ListType, depth: number, names: Names): string {
  const element = elementOf[type];
  const a = (t: Type) => g.atom(t, depth, names);
  const e = (t: Type) => g.expression(t, depth, names);
  const each = (t: Type, from: Type) => g.expression(t, depth, new Map(names).set("it", from));
  const source = g.pick(["ints", "strings", "sets"] as const);
  switch (g.below(17)) {
    case 0:
      return `[ ${a(element)} ${a(element)} ]`;
    case 1:
      return `${a(type)} ++ ${a(type)}`;
    case 2:
      return `map (it: ${each(element, elementOf[source])}) ${a(source)}`;
    case 3:
      return `builtins.filter (it: ${each("bool", element)}) ${a(type)}`;
    case 4:
      return `builtins.genList (it: ${each(element, "int")}) ${g.below(4)}`;
    case 5:
      return `builtins.tail ([ ${a(element)} ] ++ ${a(type)})`;
    case 6:
      return `builtins.concatLists [ ${a(type)} ${a(type)} ]`;
    case 7:
      return `builtins.concatMap (it: ${each(type, elementOf[source])}) ${a(source)}`;
    case 8:
      return `(builtins.partition (it: ${each("bool", element)}) ${a(type)}).${g.pick(["right", "wrong"])}`;
    case 9:
      return `builtins.attrValues { a = ${e(element)}; b = ${e(element)}; }`;
    case 10:
      return `builtins.catAttrs "v" [ { v = ${e(element)}; } ${a("set")} ]`;
    case 11:
      if (type === "ints") return `builtins.sort ${g.pick(["builtins.lessThan", "(p: q: p > q)"])} ${a("ints")}`;
      if (type === "strings") return `builtins.sort (p: q: p < q) ${a("strings")}`;
      return `builtins.sort (p: q: builtins.length (builtins.attrNames p) < builtins.length (builtins.attrNames q)) ${a("sets")}`;
    case 12:
      if (type === "strings") return `builtins.attrNames ${a("set")}`;
      return `if ${e("bool")} then ${e(type)} else [ ]`;
    case 13:
      if (type === "strings") return `builtins.splitVersion ${a("string")}`;
      if (type === "ints") return `builtins.fromJSON "[1, 2, -3]"`;
      return `map (n: { name = n; value = ${e("int")}; }) ${a("strings")}`;
    case 14:
      if (type === "strings") return `builtins.filter builtins.isString (builtins.split "[-/ ]" ${a("string")})`;
      return `builtins.foldl' (acc: it: [ it ] ++ acc) [ ] ${a(type)}`;
    case 15:
      if (type === "ints") {
        return `map (s: s.key) (builtins.genericClosure { startSet = [ { key = ${e("int")}; } ]; operator = s: if s.key > 3 || s.key < 0 then [ ] else [ { key = s.key + 1; } ]; })`;
      }
      return `builtins.fromJSON (builtins.toJSON ${g.withoutFloats(depth, names, type)})`;
    default:
      return `with { l = ${e(type)}; }; l`;
  }
}

export function setProductions(g: Generator, depth: number, names: Names): string {
  const a = (t: Type) => g.atom(t, depth, names);
  const e = (t: Type) => g.expression(t, depth, names);
  const any = () => g.any(depth, names);
  const name = () => g.pick(["a", "b", "c", "d"]);
  const open = "$" + "{";
  switch (g.below(18)) {
    case 0:
      return `{ a = ${any()}; b = ${any()}; }`;
    case 1:
      return `${a("set")} // ${a("set")}`;
    case 2:
      return `{ a.b = ${any()}; a.c.d = ${any()}; ${g.chance(2) ? `a.e = ${any()};` : ""} }`;
    case 3:
      return `{ a = { x = ${any()}; }; a.y = ${any()}; }`;
    case 4: {
      const inner = new Map(names).set("p", "int");
      return `rec { p = ${e("int")}; q = ${g.expression("int", depth, inner)}; }`;
    }
    case 5:
      return `builtins.mapAttrs (k: v: ${g.any(depth, new Map(names).set("k", "string"))}) ${a("set")}`;
    case 6:
      return `builtins.listToAttrs (map (n: { name = n; value = ${g.any(depth, new Map(names).set("n", "string"))}; }) ${a("strings")})`;
    case 7:
      return `builtins.removeAttrs ${a("set")} [ "${name()}" "${name()}" ]`;
    case 8:
      return `builtins.intersectAttrs ${a("set")} ${a("set")}`;
    case 9:
      return `{ ${open}${e("string")}} = ${any()}; }`;
    case 10:
      return `{ ${open}if ${e("bool")} then "k" else null} = ${any()}; l = ${any()}; }`;
    case 11:
      return `builtins.groupBy (it: toString it) ${a("ints")}`;
    case 12:
      return `builtins.zipAttrsWith (k: vs: ${g.chance(2) ? "vs" : "k"}) ${a("sets")}`;
    case 13:
      return `builtins.fromJSON (builtins.toJSON { a = ${g.withoutFloats(depth, names, "int")}; b = ${g.withoutFloats(depth, names, "strings")}; })`;
    case 14:
      return `builtins.functionArgs ({ a, b ? ${e("int")}, ... }: a)`;
    case 15: {
      const known = [...names.keys()].filter((n) => /^[a-z][\w'-]*$/.test(n));
      return known.length > 0 ? `{ inherit ${g.pick(known)}; z = ${any()}; }` : `{ inherit ({ q = ${any()}; }) q; }`;
    }
    case 16:
      return `builtins.partition (it: ${g.expression("bool", depth, new Map(names).set("it", "int"))}) ${a("ints")}`;
    default:
      return `builtins.tryEval ${a(g.pick(["int", "set", "string"]))}`;
  }
}
