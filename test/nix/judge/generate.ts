import fc from "fast-check";
import { listProductions, setProductions } from "./generate-collections.ts";
import { booleanProductions, floatProductions, integerProductions, stringProductions } from "./generate-scalars.ts";
import { type Names, type Type, types } from "./generate-types.ts";

/** Produces one expression; `depth` counts down, at 0 only leaves are produced. */
export class Generator {
  readonly #nat: (below: number) => number;
  #fresh = 0;
  #floats = true;

  constructor(nat: (below: number) => number) {
    this.#nat = nat;
  }

  below(n: number): number {
    return this.#nat(n);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#nat(from.length)] as T;
  }

  chance(oneIn: number): boolean {
    return this.#nat(oneIn) === 0;
  }

  name(): string {
    return `${this.pick(["a", "b", "c", "x", "y", "size", "n'", "d-e"])}${this.chance(2) ? "" : this.#fresh++}`;
  }

  any(depth: number, names: Names): string {
    return this.expression(this.pick(this.#floats ? types : types.filter((type) => type !== "float")), depth, names);
  }

  /** An argument for `toJSON`: versions of Nix differ in how they write floats, so it has none. */
  withoutFloats(depth: number, names: Names, type?: Type): string {
    const before = this.#floats;
    this.#floats = false;
    const safe = new Map([...names].filter(([, t]) => t !== "float" && t !== "set" && t !== "sets"));
    const text = this.atom(
      type ?? this.pick(["int", "bool", "string", "null", "ints", "strings", "sets", "set"]),
      depth,
      safe,
    );
    this.#floats = before;
    return text;
  }

  /** An expression in parentheses where it needs them as an operand or argument. */
  atom(type: Type, depth: number, names: Names): string {
    const text = this.expression(type, depth, names);
    return /^([a-z][\w'-]*|[0-9]+|"[a-z ]*")$/.test(text) ? text : `(${text})`;
  }

  expression(type: Type, depth: number, names: Names): string {
    if (depth <= 0 || this.chance(8)) return this.leaf(type, names);
    if (this.chance(70)) return this.#wrong(depth, names);
    return this.chance(3) ? this.#shaped(type, depth - 1, names) : this.#production(type, depth - 1, names);
  }

  leaf(type: Type, names: Names): string {
    const known = [...names].filter(([, t]) => t === type).map(([name]) => name);
    if (known.length > 0 && !this.chance(3)) return this.pick(known);
    switch (type) {
      case "int":
        return this.pick(["0", "1", "2", "7", "42", "1024", "(-3)", "(-1)", "65536"]);
      case "float":
        return this.pick(["0.5", "1.0", "2.25", "(-1.5)", "1.0e3", "0.001"]);
      case "bool":
        return this.pick(["true", "false"]);
      case "string":
        return this.pick([
          '""',
          '"a"',
          '"b c"',
          '"data.img"',
          '"x\\ny"',
          '"é中"',
          '"/var/lib"',
          "''q''",
          '"1.2.3-pre"',
          '"a-b"',
        ]);
      case "null":
        return "null";
      case "ints":
        return this.pick(["[ ]", "[ 1 ]", "[ 3 1 2 ]", "[ 5 5 ]"]);
      case "strings":
        return this.pick(["[ ]", '[ "a" ]', '[ "b" "a" ]', '[ "" "x y" ]']);
      case "sets":
        return this.pick(["[ ]", "[ { a = 1; } ]", '[ { name = "k"; value = 1; } { name = "l"; value = 2; } ]']);
      case "set":
        return this.pick(["{ }", "{ a = 1; }", '{ b = "x"; a = 2; }', "{ a.b = 1; }", "{ c = null; }"]);
    }
  }

  /** What can give any type: bindings, branches, calls, selections. */
  #shaped(type: Type, depth: number, names: Names): string {
    const e = (t: Type) => this.expression(t, depth, names);
    const a = (t: Type) => this.atom(t, depth, names);
    switch (this.below(16)) {
      case 0:
        return `if ${e("bool")} then ${e(type)} else ${e(type)}`;
      case 1:
        return this.#let(type, depth, names);
      case 2: {
        const name = this.name();
        const t = this.pick(types);
        return `(${name}: ${this.expression(type, depth, new Map(names).set(name, t))}) ${a(t)}`;
      }
      case 3:
        return this.#formals(type, depth, names);
      case 4: {
        const name = this.name();
        return `{ ${name} = ${e(type)}; ${this.chance(2) ? `other = ${this.any(depth, names)};` : ""} }.${name}`;
      }
      case 5:
        return `{ a.b = ${e(type)}; a.c = ${this.any(depth, names)}; }.a.b`;
      case 6:
        return `(${e("set")}).missing or ${a(type)}`;
      case 7: {
        const name = this.name();
        // `with` comes last: a name that is bound otherwise keeps its binding.
        const inner = names.has(name) ? names : new Map(names).set(name, type);
        return `with { ${name} = ${e(type)}; }; ${this.expression(type, depth, inner)}`;
      }
      case 8:
        return `assert ${this.chance(8) ? e("bool") : `${a("bool")} || true`}; ${e(type)}`;
      case 9:
        return `builtins.seq ${a(this.pick(types))} ${a(type)}`;
      case 10:
        return `builtins.elemAt [ ${a(type)} ${a(type)} ] ${this.pick(["0", "1"])}`;
      case 11: {
        const name = this.name();
        return `rec { ${name} = ${e(type)}; result = ${this.expression(type, depth, new Map(names).set(name, type))}; }.result`;
      }
      case 12:
        return `(builtins.tryEval ${a(type)}).value`;
      case 13:
        return `{ __functor = self: x: ${this.expression(type, depth, new Map(names).set("x", "int"))}; } ${a("int")}`;
      case 14:
        return `{ ${"$"}{${e("string")}} = ${e(type)}; "z z" = ${e(type)}; }."z z"`;
      default:
        return `(${e("set")} // { v = ${e(type)}; }).v`;
    }
  }

  #let(type: Type, depth: number, names: Names): string {
    const inner = new Map(names);
    const bindings: string[] = [];
    for (let i = 0; i <= this.below(3); i++) {
      let name = this.name();
      while (inner.has(name) && !names.has(name)) name += "1";
      if (names.has(name)) name = `${name}${this.#fresh++}`;
      const t = this.pick(types);
      bindings.push(
        this.chance(5)
          ? `inherit ({ ${name} = ${this.expression(t, depth, inner)}; }) ${name};`
          : `${name} = ${this.expression(t, depth, inner)};`,
      );
      inner.set(name, t);
    }
    // The order of bindings means nothing.
    if (this.chance(2)) bindings.reverse();
    return `let ${bindings.join(" ")} in ${this.expression(type, depth, inner)}`;
  }

  #formals(type: Type, depth: number, names: Names): string {
    const [t, u] = [this.pick(types), this.pick(types)];
    const [p, q] = ["p", "q"];
    const inner = new Map(names).set(p, t).set(q, u);
    const fallback = this.expression(u, depth, new Map(names).set(p, t));
    const given = this.chance(2) ? ` q = ${this.expression(u, depth, names)};` : "";
    const more = this.chance(3);
    const pattern = `{ p, q ? ${fallback}${more ? ", ..." : ""} }${this.chance(3) ? "@args" : ""}`;
    const extra = more && this.chance(2) ? " r = 1;" : "";
    return `(${pattern}: ${this.expression(type, depth, inner)}) { p = ${this.expression(t, depth, names)};${given}${extra} }`;
  }

  /** Now and then something that fails, or has another type. */
  #wrong(depth: number, names: Names): string {
    switch (this.below(4)) {
      case 0:
        return `throw ${this.atom("string", depth - 1, names)}`;
      case 1:
        return `assert ${this.expression("bool", depth - 1, names)}; ${this.any(depth - 1, names)}`;
      case 2:
        return this.any(depth - 1, names);
      default:
        return 'throw "t"';
    }
  }

  #production(type: Type, depth: number, names: Names): string {
    switch (type) {
      case "int":
        return integerProductions(this, depth, names);
      case "float":
        return floatProductions(this, depth, names);
      case "bool":
        return booleanProductions(this, depth, names);
      case "string":
        return stringProductions(this, depth, names);
      case "null":
        return this.pick(["null", 'builtins.match "a" "b"', "(x: null) 1"]);
      case "set":
        return setProductions(this, depth, names);
      default:
        return listProductions(this, type, depth, names);
    }
  }
}

/** Closed expressions of Nix, most of which evaluate without an error. */
export const closedExpression: fc.Arbitrary<string> = fc.gen().map((draw) => {
  const generator = new Generator((below) => draw(fc.nat, { max: below - 1 }));
  return generator.any(2 + generator.below(5), new Map());
});
